internal import CLinuxMemory
internal import Glibc
package import TandemCore

/// Proof that the holder of one byte of a shared file is alive: the kernel takes the lock back when the process ends,
/// however it ends. A bare process number proves nothing, as numbers are reused.
///
/// The lock belongs to an open file description of its own, so that each writer of a process has one. A forked child
/// that does not exec keeps it alive.
package final class SlotLock: Sendable {
    package let descriptor: Int32
    private let byte: Int

    private init(descriptor: Int32, byte: Int) {
        self.descriptor = descriptor
        self.byte = byte
    }

    deinit {
        _ = file_unlock(descriptor, Int64(byte), 1)
        close(descriptor)
    }

    /// The lock on `byte` of the file, or nil when it is held, by this process or any other.
    package static func tryAcquire(file: MappedFile, byte: Int) throws(TandemError) -> SlotLock? {
        do throws(KernelFailure) { return try acquire(file, byte) } catch { throw error.tandemError }
    }

    /// Does anybody hold the lock on `byte`?
    package static func isHeld(file: MappedFile, byte: Int) throws(TandemError) -> Bool {
        do throws(KernelFailure) {
            return try checked(file_is_locked(file.fd, Int64(byte), 1), "ask for locks of", file.path) == 1
        } catch {
            throw error.tandemError
        }
    }

    static func acquire(_ file: MappedFile, _ byte: Int) throws(KernelFailure) -> SlotLock? {
        let descriptor = try reopen(file)
        let answer = file_lock(descriptor, Int64(byte), 1)
        if answer == 0 { return SlotLock(descriptor: descriptor, byte: byte) }
        close(descriptor)
        if answer == -EAGAIN { return nil }
        throw KernelFailure("lock a byte of", file.path, errno: -answer)
    }

    /// By descriptor, so that a file that has been renamed meanwhile is the same one; by name where there is no /proc.
    private static func reopen(_ file: MappedFile) throws(KernelFailure) -> Int32 {
        let again = file_reopen(file.fd)
        if again != -ENOENT { return try checked(again, "open", file.path) }
        let descriptor = try checked(file_open(file.path, 1), "open", file.path)
        guard let status = try? FileStatus.of(descriptor, path: file.path), status.identity == file.identity else {
            close(descriptor)
            throw KernelFailure("open", file.path, errno: ENOENT)
        }
        return descriptor
    }
}
