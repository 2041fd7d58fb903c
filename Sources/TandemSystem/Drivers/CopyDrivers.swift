package import TandemCore

/// Which driver performs the commands.
package enum CopyDriverKind: String, Sendable, CaseIterable {
    /// io_uring where the kernel allows it, else plain writes.
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
        if kind == .pwrite { return (PwriteDriver(copy: copy, source: source, layout: layout), "pwrite, as asked for") }
        do throws(TandemError) {
            let ring = try RingDriver(copy: copy, source: source, layout: layout, staging: staging)
            return (ring, ring.note.map { "io_uring, \($0)" } ?? "io_uring")
        } catch {
            if kind == .uring { throw error }
            let reason = error.detail?.problem ?? "io_uring is unavailable"
            return (PwriteDriver(copy: copy, source: source, layout: layout), "pwrite, because \(reason)")
        }
    }
}
