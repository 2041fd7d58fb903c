internal import CLinuxMemory
package import TandemCore

/// Which driver performs the commands.
package enum CopyDriverKind: Sendable, CaseIterable {
    /// io_uring where the kernel allows it and the copy is not in memory, else plain writes.
    case auto
    case uring
    case pwrite
}

package enum CopyDrivers {
    /// The driver asked for, and a line for the log that says which it is and why.
    ///
    /// - Parameter staging: the memory that most writes come from.
    /// - Throws: `.unavailable` when io_uring is asked for and blocked; the error names what blocks it.
    package static func choose(
        _ kind: CopyDriverKind, copy: CopyFile, source: MappedFile, layout: FileLayout,
        staging: [UnsafeMutableRawBufferPointer]
    ) throws(TandemError) -> (driver: any CopyDriver, message: String) {
        func plain(_ why: String) -> (any CopyDriver, String) {
            copy.cachedBecause = "a plain write past it waits"
            return (PwriteDriver(copy: copy, source: source, layout: layout), "pwrite, \(why)")
        }
        if kind == .pwrite { return plain("as asked for") }
        if kind == .auto && isInMemory(copy.path) { return plain("because the copy is in memory") }
        do throws(TandemError) {
            let ring = try RingDriver(copy: copy, source: source, layout: layout, staging: staging)
            return (ring, ring.note.map { "io_uring, \($0)" } ?? "io_uring")
        } catch {
            if kind == .uring { throw error }
            return plain("because \(error.detail?.problem ?? "io_uring is unavailable")")
        }
    }

    /// A write to tmpfs is a memory copy. io_uring has a worker thread do it: a 4 KiB write then takes 15 µs instead of
    /// 2, and the worker a processor that the writers want.
    package static func isInMemory(_ path: String) -> Bool {
        // Device nodes lie in a tmpfs, what they stand for does not.
        if let named = try? FileStatus.named(path), named.kind != .regular { return false }
        let kind = file_system_kind_at(path)
        return (kind >= 0 ? kind : file_system_kind_at(Directory.of(path))) == FILE_SYSTEM_MEMORY
    }
}
