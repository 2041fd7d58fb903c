import Glibc
import Synchronization
import TandemCore
import TandemSystem

/// What arrives at a copy in memory, and what is known of it since: how far its journal stands in its tables, which
/// pages are sound. A copy on a disk has none of it: there a power cut may keep what was applied, and lose the cut.
///
/// Threads: any; one at a time is at the tables, as an image and a cut may be of the same page.
final class StandbyArrivals: @unchecked Sendable {
    private struct Known {
        let memory: MappedBytes
        /// The file as it was when it was let go; nil while it is open. A file with other times has been written to by
        /// somebody else since.
        var mark: FileMark?
        var copy: ArrivingCopy<MappedBytes>
    }

    private let lock = SharedLock()
    /// Under the lock.
    private var known: Known?
    /// Who only looked has met with the end of the file where it had none: what is written to its memory goes nowhere.
    private let isCutShort = Atomic(false)

    /// A session is opened. What is known of the file stays known if nobody else has written to it meanwhile.
    func begin(_ file: StandbyFile) throws(CopyFailure) {
        try lock.alone { () throws(CopyFailure) in
            if isAsLeft(file.mark) {
                known!.mark = nil
                return
            }
            known = nil
            isCutShort.store(false, ordering: .relaxed)
            guard let memory = file.mapped else { return }
            let copy = try memory.guarded { () throws(CopyFailure) in
                try ArrivingCopy(memory, checksum: LinuxChecksum.crc32c)
            }
            known = Known(memory: memory, copy: copy)
        }
    }

    /// Those before the present session are fenced off, and it has sent nothing yet.
    func beginSession() {
        // A file that was cut short is found out by the first write.
        _ = try? change { copy throws(CopyFailure) in try copy.beginSession() }
    }

    /// The session has come to its end: nobody writes through here before the next one begins.
    func end(_ file: StandbyFile) { lock.alone { known?.mark = file.mark } }

    private func isAsLeft(_ mark: FileMark?) -> Bool {
        guard let known, let left = known.mark, left == mark else { return false }
        return (try? known.memory.guarded { () throws(CopyFailure) in try known.copy.isAsLeft() }) ?? false
    }

    /// False for a copy that is not in memory: nothing was done.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(RequestFailure) -> Bool {
        try change { copy throws(CopyFailure) in try copy.write(source, at: offset) }
    }

    /// The same, of zeros.
    func zero(_ count: Int, at offset: Int) throws(RequestFailure) -> Bool {
        let zeros = [UInt8](repeating: 0, count: min(count, 1 << 20))
        return try change { copy throws(CopyFailure) in
            for done in stride(from: 0, to: count, by: 1 << 20) {
                try zeros.withBytes { raw throws(CopyFailure) in
                    let piece = UnsafeRawBufferPointer(rebasing: raw[..<min(raw.count, count - done)])
                    try copy.write(piece, at: offset + done)
                }
            }
        }
    }

    /// How far the journal of a copy in memory stands in its tables, nowhere while those are no whole cut; nil where
    /// nothing is applied.
    var end: JournalEnd? {
        lock.shared { known.map { $0.copy.end ?? JournalEnd(position: 0, cut: 0) } }
    }

    /// Runs `body`, which reads tables, while nothing changes them. On a disk nothing is applied, and a slow read holds
    /// nobody up.
    func still<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        guard lock.shared({ known != nil }) else { return try body() }
        try lock.shared(body)
    }

    /// Shows `body` what lies at `range` of a copy in memory, while nothing changes its tables. It is shown where it
    /// lies: each page is brought to this process once, and a system call would bring it every time.
    ///
    /// - Returns: false for a copy that is not in memory, and for a range that is not in it: `body` has not run.
    func look(at range: Range<Int>, _ body: (UnsafeRawPointer) -> Void) throws(RequestFailure) -> Bool {
        try lock.shared { () throws(RequestFailure) in
            guard let memory = known?.memory, let bytes = memory.memory, range.upperBound <= bytes.count else {
                return false
            }
            do throws(CopyFailure) {
                try memory.guarded { () throws(CopyFailure) in body(bytes.baseAddress! + range.lowerBound) }
            } catch {
                // Under the lock, seen by the next one that writes, who is alone there.
                isCutShort.store(true, ordering: .relaxed)
                throw RequestFailure(error)
            }
            return true
        }
    }

    /// Looks once whether what writers of a source share is blank, as it is but for a source that was made a copy. Not
    /// under the lock, as it takes as long as that is large; what is written there meanwhile shows.
    func lookAtBlank(_ file: StandbyFile) {
        guard let bytes = lock.shared({ known?.copy.unknownBytes }) else { return }
        let areZeros = file.isHole(bytes)
        lock.alone { known?.copy.note(bytes, areZeros: areZeros) }
    }

    /// Looks at pages of which nothing is known yet; false when there are none.
    func lookAround() -> Bool {
        var goesOn = false
        // A file that was cut short is found out by whoever asks for the control page.
        _ = try? change { copy throws(CopyFailure) in goesOn = try copy.lookAround(1 << 20) }
        return goesOn
    }

    /// What is known of the file at `path`, which nobody may change now; nil where nothing is, or where somebody else
    /// has written to it.
    func arrival(at path: String) -> Arrival? {
        lock.shared { isAsLeft(FileMark(at: path)) ? known?.copy.arrival : nil }
    }

    private func change(
        _ body: (inout ArrivingCopy<MappedBytes>) throws(CopyFailure) -> Void
    ) throws(RequestFailure) -> Bool {
        try lock.alone { () throws(RequestFailure) in
            guard known != nil else { return false }
            do throws(CopyFailure) {
                if isCutShort.load(ordering: .relaxed) { throw CopyFailure(.inputOutput, errno: EIO) }
                try known!.memory.guarded { () throws(CopyFailure) in try body(&known!.copy) }
            } catch {
                // What was done of it nobody knows.
                known = nil
                throw RequestFailure(error)
            }
            return true
        }
    }
}
