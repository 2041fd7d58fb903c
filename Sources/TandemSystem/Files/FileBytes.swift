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
            access = .readOnly(try Self.openReadOnly(path))
            return
        }
        do throws(OpenFailure) {
            access = .locked(try LockedFile.open(path, rules: .copy(of: nil)))
        } catch {
            switch error {
            case .refused(let refusal): throw refusal
            case .kernel(let failure) where failure.errno == EAGAIN:
                throw TandemError(
                    .inUse, path, "another process has it locked: a replicator, or a promotion",
                    remedy: "Stop that process first")
            case .kernel(let failure): throw failure.tandemError
            }
        }
        mapped = MappedBytes(inMemory: descriptor)
    }

    private static func openReadOnly(_ path: String) throws(TandemError) -> Int32 {
        let status: FileStatus
        do throws(KernelFailure) { status = try FileStatus.named(path) } catch { throw error.tandemError }
        if let refusal = FileRules.copy(of: nil).refusal(of: status, at: path, onFUSE: true) { throw refusal }
        do throws(KernelFailure) { return try checked(file_open(path, 0), "open", path) } catch { throw error.tandemError }
    }

    deinit { if case .readOnly(let descriptor) = access { close(descriptor) } }

    private var descriptor: Int32 {
        switch access {
        case .locked(let file): file.descriptor
        case .readOnly(let descriptor): descriptor
        }
    }

    package var count: Int { max(0, Int(lseek(descriptor, 0, SEEK_END))) }

    package func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        if let mapped { return try mapped.read(into: destination, at: offset) }
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

    /// Everything written to stable storage. A failure is final.
    package func synchronize() throws(CopyFailure) {
        guard fsync(descriptor) == 0 else { throw CopyFailure(.inputOutput, errno: errno) }
    }

    package static func exists(path: String) -> Bool { (try? FileStatus.named(path)) != nil }

    /// Whether a replicator or a promotion holds the copy's lock.
    package static func isLocked(path: String) -> Bool {
        guard let descriptor = try? openReadOnly(path) else { return false }
        defer { close(descriptor) }
        return file_is_locked(descriptor, 0, 0) == 1
    }
}
