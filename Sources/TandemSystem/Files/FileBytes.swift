internal import CLinuxMemory
internal import Glibc
package import TandemCore

/// A copy's bytes outside of a replicator: locked for recovering it, or as they are for looking at it.
package final class FileBytes: CopyBytes {
    private enum Access {
        case locked(LockedFile)
        case readOnly(Int32)
    }

    private let path: String
    private let access: Access
    /// When it is locked and in memory.
    private var mapped: MappedBytes?

    /// - Parameter writable: takes the copy's lock, so that no replicator and no other promotion has it.
    /// - Throws: `.inUse` when somebody holds that lock.
    package init(path: String, writable: Bool) throws(TandemError) {
        try checkPath(path)
        self.path = path
        guard writable else {
            let descriptor = try Self.openReadOnly(path)
            access = .readOnly(descriptor)
            Self.forgetStale(descriptor)
            return
        }
        do throws(OpenFailure) {
            access = .locked(try LockedFile.open(path, rules: .copy(of: nil)))
        } catch {
            guard error.isLocked else { throw error.tandemError }
            throw TandemError(
                .inUse, path, "another process has it locked: a replicator, or a promotion",
                remedy: "Stop that process first")
        }
        Self.forgetStale(descriptor)
        mapIfBacked()
    }

    /// A file in memory that is locked. Reading a hole through a mapping would fill it, or end this process where there
    /// is no room.
    private func mapIfBacked() {
        guard case .locked(let file) = access, mapped == nil, !FileRoom.hasHoles(descriptor, file.status) else {
            return
        }
        mapped = MappedBytes(inMemory: descriptor, isForOnePass: true)
    }

    /// Storage behind every byte, before the first of them is changed.
    ///
    /// - Throws: `.noSpace` with what it takes and what there is. The contents are as they were, always.
    package func fillHoles() throws(TandemError) {
        guard case .locked(let file) = access else { return }
        do throws(KernelFailure) { try file.back() } catch { throw error.tandemError }
        mapIfBacked()
    }

    /// Makes it this long, with storage behind every byte.
    ///
    /// - Throws: `.noSpace` with what it takes and what there is. Length and contents are as they were then.
    package func extend(to count: Int) throws(TandemError) {
        guard case .locked(let file) = access, self.count < count else { return try fillHoles() }
        let before = file.status
        do throws(KernelFailure) {
            do throws(KernelFailure) {
                try file.reserve(count)
                try file.back()
            } catch {
                // What a file system has reserved before it was full goes back.
                try file.setByteCount(before.byteCount)
                throw error
            }
        } catch {
            let shortage = FileRoom.Shortage(
                needed: count - min(count, before.storedBytes), free: FileRoom.free(descriptor))
            let short = error.errno == EFBIG ? error.shortage : error.shortage.map { _ in shortage }
            throw KernelFailure(error.operation, path, errno: error.errno, shortage: short).tandemError
        }
        mapIfBacked()
    }

    private static func openReadOnly(_ path: String) throws(TandemError) -> Int32 {
        let status: FileStatus
        do throws(KernelFailure) { status = try FileStatus.named(path) } catch { throw error.tandemError }
        if let refusal = FileRules.copy(of: nil).refusal(of: status, at: path, onFUSE: true) { throw refusal }
        do throws(KernelFailure) { return try checked(file_open(path, 0), "open", path) } catch {
            throw error.tandemError
        }
    }

    /// A block device is read from the medium. Behind a replicator's writes past the page cache the kernel drops
    /// nothing of it there, so what somebody has read meanwhile stays as it was before them, for as long as anybody
    /// has the device open. What is dirty stays too, and is the newest.
    private static func forgetStale(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    deinit { if case .readOnly(let descriptor) = access { close(descriptor) } }

    private var descriptor: Int32 {
        switch access {
        case .locked(let file): file.descriptor
        case .readOnly(let descriptor): descriptor
        }
    }

    package var memory: UnsafeMutableRawBufferPointer? { mapped?.memory }

    /// Runs `body`, which reads or changes what is mapped; a file that is cut short meanwhile is an error.
    package func guarded<Value>(_ body: () throws(CopyFailure) -> Value) throws(CopyFailure) -> Value {
        guard let mapped else { return try body() }
        return try mapped.guarded(body)
    }

    package var count: Int { max(0, Int(lseek(descriptor, 0, SEEK_END))) }

    package func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        // Also of what is mapped: a first look through the mapping is a page fault, and one at a page that was reserved
        // and never written has the kernel clear it.
        var done = 0
        while done < destination.count {
            let count = pread(descriptor, destination.baseAddress! + done, destination.count - done, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CopyFailure(.inputOutput, errno: count < 0 ? errno : EIO) }
            done += count
        }
    }

    package func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard case .locked(let file) = access else { throw CopyFailure(.refused, errno: EBADF) }
        if let mapped { return try mapped.write(source, at: offset) }
        do throws(KernelFailure) { try file.write(source, at: offset) } catch { throw error.copyFailure }
    }

    /// Zeros from `offset` on, without writing them where they are or the file system can.
    package func zero(_ count: Int, at offset: Int) throws(CopyFailure) {
        guard case .locked(let file) = access else { throw CopyFailure(.refused, errno: EBADF) }
        if try isZero(count, at: offset) { return }
        let answer = file_zero(file.descriptor, Int64(offset), Int64(count))
        if answer == 0 { return }
        guard answer == -EOPNOTSUPP || answer == -ENOSYS else {
            throw KernelFailure("zero", path, errno: -answer).copyFailure
        }
        let zeros = [UInt8](repeating: 0, count: min(count, 1 << 20))
        for done in stride(from: 0, to: count, by: zeros.count) {
            try zeros.withBytes { raw throws(CopyFailure) in
                try write(UnsafeRawBufferPointer(rebasing: raw[..<min(raw.count, count - done)]), at: offset + done)
            }
        }
    }

    /// Whether there are only zeros, as in what was reserved and never written.
    package func isZero(_ count: Int, at offset: Int) throws(CopyFailure) -> Bool {
        // A look at what the file system knows; reading megabytes of zeros takes a promotion 15 ms.
        if file_is_hole(descriptor, Int64(offset), Int64(count)) == 1 { return true }
        var piece = [UInt64](repeating: 0, count: 1 << 17)
        for done in stride(from: 0, to: count, by: 1 << 20) {
            let bytes = min(1 << 20, count - done)
            let failure = piece.withUnsafeMutableBytes { raw -> CopyFailure? in
                do throws(CopyFailure) {
                    try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[..<bytes]), at: offset + done)
                    return nil
                } catch { return error }
            }
            if let failure { throw failure }
            guard piece.prefix((bytes + 7) / 8).reduce(0, |) == 0 else { return false }
        }
        return true
    }

    /// What was reserved and never written is passed over, where the file system tells. The kernel would clear it for
    /// whoever looks at it.
    package func written(in range: Range<Int>) -> Range<Int>? {
        guard !range.isEmpty else { return nil }
        var end: Int64 = 0
        let start = file_next_data(descriptor, Int64(range.lowerBound), &end)
        if start == -Int64(ENXIO) || start >= Int64(range.upperBound) { return nil }
        // It cannot tell, as of a device.
        guard start >= Int64(range.lowerBound), end > start else { return range }
        return Int(start) ..< min(Int(end), range.upperBound)
    }

    /// Everything written to stable storage. A failure is final.
    package func synchronize() throws(CopyFailure) {
        guard fsync(descriptor) == 0 else { throw CopyFailure(.inputOutput, errno: errno) }
    }

    /// Its name too, which a replicator that was killed at once may have given it: with the power it would go back to
    /// the file before.
    package func synchronizeName() throws(CopyFailure) {
        do throws(KernelFailure) { try Directory.synchronizeOwn(around: path) } catch {
            throw CopyFailure(.inputOutput, errno: error.errno)
        }
    }

    /// Written, and on stable storage.
    package func writeDurably(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try write(source, at: offset)
        try synchronize()
    }

    package static func exists(path: String) -> Bool { (try? FileStatus.named(path)) != nil }

    /// Whether a replicator or a promotion holds the copy's lock.
    package static func isLocked(path: String) -> Bool {
        guard let descriptor = try? openReadOnly(path) else { return false }
        defer { close(descriptor) }
        return file_is_locked(descriptor, 0, 0) == 1
    }
}
