internal import CLinuxMemory
internal import Glibc
package import TandemCore

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
    /// Whether pages that are not there yet will lie where they shall.
    package let placement: NUMA.Outcome

    init(
        taking fd: Int32, path: String, byteCount: Int, writable: Bool, placement: MemoryPlacement = .automatic
    ) throws(KernelFailure) {
        do throws(KernelFailure) {
            identity = try FileStatus.of(fd, path: path).identity
            var error: Int32 = 0
            guard let mapped = memory_map(fd, byteCount, writable ? 1 : 0, &error) else {
                throw KernelFailure("map", path, errno: error)
            }
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

    /// Maps an existing file after checking its kind, owner, mode and links. The caller checks the length against the
    /// schema before touching what lies behind the header.
    package static func open(path: String, writable: Bool) throws(TandemError) -> MappedFile {
        try checkPath(path)
        do throws(OpenFailure) {
            return try openChecked(path, writable: writable)
        } catch {
            switch error {
            case .refused(let error): throw error
            case .kernel(let failure): throw failure.tandemError
            }
        }
    }

    private static func openChecked(_ path: String, writable: Bool) throws(OpenFailure) -> MappedFile {
        let named = try kernel { () throws(KernelFailure) in try FileStatus.named(path) }
        if let refusal = FileRules.source.refusal(of: named, at: path) { throw .refused(refusal) }
        let fd = try kernel { () throws(KernelFailure) in try checked(file_open(path, writable ? 1 : 0), "open", path) }
        let status: FileStatus
        do throws(KernelFailure) { status = try FileStatus.of(fd, path: path) } catch {
            close(fd)
            throw .kernel(error)
        }
        // Again, of what was really opened.
        if let refusal = FileRules.source.refusal(of: status, at: path) {
            close(fd)
            throw .refused(refusal)
        }
        guard status.byteCount > 0 else {
            close(fd)
            throw .refused(
                TandemError(.wrongLength, path, "the file is empty", remedy: "Give the path of a Tandem source"))
        }
        return try kernel { () throws(KernelFailure) in
            try MappedFile(taking: fd, path: path, byteCount: status.byteCount, writable: writable)
        }
    }

    /// Is the file still what its path names, and as long as it was? A promotion or a new creation may have replaced
    /// it.
    package var isStillNamed: Bool {
        guard let named = try? FileStatus.named(path) else { return false }
        return named.identity == identity && named.byteCount == byteCount
    }

    /// Makes every page present now, so that no writer pays for a page's first touch. False where the kernel cannot.
    @discardableResult
    package func populate() -> Bool { memory_populate(base, byteCount) == 0 }
}
