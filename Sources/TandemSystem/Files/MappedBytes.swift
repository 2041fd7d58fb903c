internal import CLinuxMemory
internal import Glibc
package import TandemCore

/// The bytes of a copy that is in memory anyway, for recovering it: a matter of moving memory, not of a system call a
/// record.
///
/// Nil where the file is on anything that can fail: there a mapping would turn an error into a signal. The file is
/// locked by the caller, so nobody who keeps to the rules cuts it short meanwhile.
package final class MappedBytes: CopyBytes {
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter isForOnePass: it is read once, from its beginning to its end. Then the kernel does not note each
    ///   page as one in use when the mapping goes, which is two thirds of what that takes.
    init?(inMemory descriptor: Int32, isForOnePass: Bool = false) {
        let length = lseek(descriptor, 0, SEEK_END)
        var error: Int32 = 0
        guard length > 0, file_system_kind(descriptor) == 2, let base = memory_map(descriptor, length, 1, &error) else {
            return nil
        }
        bytes = UnsafeMutableRawBufferPointer(start: base, count: length)
        // Advice only.
        if isForOnePass { _ = memory_advise_sequential(base, length) }
    }

    deinit { _ = memory_unmap(bytes.baseAddress!, bytes.count) }

    package var count: Int { bytes.count }

    /// Has the pages of `range` present and writable. Not more: a page that was reserved and never written is cleared
    /// for it.
    func populate(_ range: Range<Int>) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return }
        _ = memory_populate(bytes.baseAddress! + range.lowerBound, range.count)
    }

    package var memory: UnsafeMutableRawBufferPointer? { bytes }

    /// Runs `body`, and throws when the file was cut short under it: then what `body` saw and did came to nothing, and
    /// the mapping with it. Without this a replicator, which is to survive its copy, would end by SIGBUS.
    package func guarded<Value>(_ body: () throws(CopyFailure) -> Value) throws(CopyFailure) -> Value {
        memory_guard_begin(bytes.baseAddress!, bytes.count)
        let outcome: Result<Value, CopyFailure>
        do throws(CopyFailure) { outcome = .success(try body()) } catch { outcome = .failure(error) }
        guard memory_guard_end() == 0 else { throw CopyFailure(.inputOutput, errno: EIO) }
        return try outcome.get()
    }

    package func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, destination.count <= bytes.count - offset else {
            throw CopyFailure(.inputOutput, errno: EIO)
        }
        destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset ..< offset + destination.count]))
    }

    package func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, source.count <= bytes.count - offset else { throw CopyFailure(.noSpace, errno: ENOSPC) }
        UnsafeMutableRawBufferPointer(rebasing: bytes[offset ..< offset + source.count]).copyMemory(from: source)
    }

    /// As `write`, by whoever does not guard it anyway. A system call, in which the kernel looks each page up, was a
    /// twelfth of the time of an engine whose copy is in memory.
    func writeGuarded(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try guarded { () throws(CopyFailure) in
            let end = min(offset + source.count, bytes.count)
            for start in stride(from: offset, to: end, by: PageTouch.broughtTogether) {
                PageTouch.read(bytes.baseAddress! + start)
            }
            try write(source, at: offset)
        }
    }
}
