internal import CLinuxMemory
internal import Glibc

/// A file whose bytes are this process's memory, and that of every other process that maps it.
///
/// Sendable although it hands out raw memory: the class itself never changes after init, and what the bytes mean to
/// whom is the business of the protocols over them.
package final class MappedFile: @unchecked Sendable {
    package let path: String
    /// Open for as long as the mapping is, as locks are asked for by it.
    package let fd: Int32
    package let base: UnsafeMutableRawPointer
    package let byteCount: Int
    package let isWritable: Bool
    package let identity: FileIdentity
    /// The bytes are a picture of the file, as it was when it was last taken: it has holes, which reading would fill.
    package let isStill: Bool
    /// Whether pages that are not there yet will lie where they shall.
    package let placement: NUMA.Outcome

    init(
        taking fd: Int32, path: String, byteCount: Int, writable: Bool, placement: MemoryPlacement = .automatic
    ) throws(KernelFailure) {
        do throws(KernelFailure) {
            let status = try FileStatus.of(fd, path: path)
            identity = status.identity
            isStill = !writable && FileRoom.fillsHolesWhenRead(fd, status)
            var error: Int32 = 0
            let memory = isStill ? memory_still(byteCount, &error) : memory_map(fd, byteCount, writable ? 1 : 0, &error)
            guard let mapped = memory else { throw KernelFailure("map", path, errno: error) }
            base = mapped
            self.placement = NUMA.place(memory: mapped, byteCount: byteCount, placement)
        } catch {
            close(fd)
            throw error
        }
        self.path = path
        self.fd = fd
        self.byteCount = byteCount
        isWritable = writable
    }

    deinit {
        _ = memory_unmap(base, byteCount)
        close(fd)
    }

    /// Makes every page present now, so that no writer pays for a page's first touch. False where the kernel cannot.
    @discardableResult
    package func populate() -> Bool { memory_populate(base, byteCount) == 0 }
}
