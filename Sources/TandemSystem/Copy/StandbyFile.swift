internal import CLinuxMemory
internal import Glibc
package import TandemCore

/// A copy's file where its replicator is on another host: made and locked here, examined and laid out from there.
///
/// Threads: any number may read and write at the same time.
package final class StandbyFile: @unchecked Sendable {
    /// As the source has it; a block device may be longer.
    package let byteCount: Int
    private let file: LockedFile

    private init(_ file: LockedFile, byteCount: Int) {
        self.file = file
        self.byteCount = byteCount
    }

    /// Opens and locks the copy, or makes it: `byteCount` bytes, all with storage behind them.
    ///
    /// A file of another length is somebody's, unless nothing was ever written to it. What a file of the right length
    /// holds is for the replicator to judge; only a source is refused here.
    package static func open(_ path: String, byteCount: Int) throws(TandemError) -> StandbyFile {
        try checkPath(path)
        do throws(OpenFailure) {
            let found = try existing(path)
            let locked = if let found { found } else { try made(path, byteCount) }
            let file = StandbyFile(locked, byteCount: byteCount)
            try file.admit()
            return file
        } catch { throw error.tandemError }
    }

    private static func existing(_ path: String) throws(OpenFailure) -> LockedFile? {
        do throws(OpenFailure) { return try LockedFile.open(path, rules: .copy(of: nil)) } catch {
            if case .kernel(let failure) = error, failure.errno == ENOENT { return nil }
            throw error
        }
    }

    private static func made(_ path: String, _ byteCount: Int) throws(OpenFailure) -> LockedFile {
        let file = try LockedFile.create(path, rules: .copy(of: nil))
        try kernel { () throws(KernelFailure) in
            do throws(KernelFailure) {
                try file.reserve(byteCount)
                try Directory.synchronizeOwn(around: path)
            } catch {
                // So that the next try finds nothing rather than a part.
                if (try? FileStatus.named(path))?.identity == file.status.identity { unlink(path) }
                throw error
            }
        }
        return file
    }

    private func admit() throws(OpenFailure) {
        if file.status.kind == .blockDevice {
            guard file.byteCount >= byteCount else { throw .refused(misfit("device", "Use a larger device")) }
        } else if file.byteCount != byteCount {
            let isBlank = file.byteCount == 0 || file_is_hole(file.descriptor, 0, Int64(file.byteCount)) == 1
            guard isBlank else {
                throw .refused(misfit("file", "Give the path of this source's copy, or move the file away"))
            }
            try kernel { () throws(KernelFailure) in try resize() }
        }
        // Storage behind every byte, before the first is written: no later write finds the disk full.
        try kernel { () throws(KernelFailure) in try file.back() }
    }

    private func misfit(_ kind: String, _ remedy: String) -> TandemError {
        TandemError(
            .wrongLength, file.path, "the \(kind) has \(file.byteCount) bytes where the source's copy has \(byteCount)",
            remedy: remedy)
    }

    private func resize() throws(KernelFailure) {
        let before = file.byteCount
        do throws(KernelFailure) {
            if before > byteCount { try file.setByteCount(byteCount) }
            try file.reserve(byteCount)
        } catch {
            try? file.setByteCount(before)
            throw error
        }
    }

    /// All of its bytes, where they are in memory. Nobody else writes them while it is locked here.
    package var mapped: MappedBytes? { MappedBytes(inMemory: file.descriptor) }

    /// Nil where it cannot be looked at.
    package var mark: FileMark? { (try? FileStatus.of(file.descriptor, path: file.path)).map { FileMark($0) } }

    package var isStillNamed: Bool { file.isStillNamed }

    package func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(KernelFailure) {
        try file.read(into: destination, at: offset)
    }

    package func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(KernelFailure) {
        try file.write(source, at: offset)
    }

    /// Whether nothing was ever written there. A look at what the file system knows: 40 ms for 5 GB in memory.
    package func isHole(_ range: Range<Int>) -> Bool {
        file_is_hole(file.descriptor, Int64(range.lowerBound), Int64(range.count)) == 1
    }

    /// Zeros, with the storage behind them kept.
    package func zero(_ count: Int, at offset: Int) throws(KernelFailure) {
        let answer = file_zero(file.descriptor, Int64(offset), Int64(count))
        if answer == 0 { return }
        guard answer == -EOPNOTSUPP || answer == -ENOSYS else {
            throw KernelFailure("zero", file.path, errno: -answer)
        }
        try file.writeZeros(offset ..< offset + count)
    }

    /// What was written, to stable storage.
    package func flush() throws(KernelFailure) {
        guard fdatasync(file.descriptor) == 0 else { throw KernelFailure("sync", file.path, errno: errno) }
    }

    /// From here on what is read comes from the medium. A flush of an earlier session may have failed, and its answer
    /// been lost with the connection: then the cache shows what is nowhere else.
    package func forgetCache() throws(KernelFailure) {
        guard file_system_kind(file.descriptor) != FILE_SYSTEM_MEMORY else { return }
        try file.synchronize()
        try file.forgetCachedSurely(0 ..< byteCount)
    }
}

extension StandbyFile {
    /// Whether what stands at the path, or nothing, may become a standby's copy; it is opened, locked and let go again.
    package static func admit(_ path: String) throws(TandemError) {
        try checkPath(path)
        do throws(OpenFailure) {
            if try existing(path) == nil {
                try kernel { () throws(KernelFailure) in try Directory.admitsFile(at: path) }
            }
        } catch {
            guard error.isLocked else { throw error.tandemError }
            throw TandemError(
                .inUse, path, "another process has it locked: a replicator, a promotion, or another standby",
                remedy: "End that process first")
        }
    }
}
