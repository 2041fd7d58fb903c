internal import Glibc

/// The file system that a path lies on, as the kernel lists them.
struct MountedFileSystem: CustomStringConvertible {
    let device: String
    let kind: String

    /// Nil where the kernel does not say.
    init?(of path: String) {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let whole = String(cString: resolved)
        let mounts = TextFile.lines("/proc/self/mounts").map { $0.split(separator: " ").map { String($0) } }
            .filter { $0.count > 2 && Self.contains($0[1], whole) }
        // The longest is the nearest; of equal ones the last lies on top.
        guard let nearest = mounts.max(by: { $0[1].count <= $1[1].count && $0[1] != $1[1] }) else { return nil }
        (device, kind) = (nearest[0], nearest[2])
    }

    private static func contains(_ mount: String, _ path: String) -> Bool {
        mount == "/" || path == mount || path.hasPrefix(mount + "/")
    }

    var isMemory: Bool { kind == "tmpfs" || kind == "ramfs" }
    var description: String { "\(kind) on \(device)" }
}

extension Report {
    /// Which disk the figures of a disk are of, and that it is none.
    mutating func noteDisk(_ folder: String) {
        guard let system = MountedFileSystem(of: folder) else {
            return warn("the file system of \(folder) is not known, so its disk figures may be of no disk")
        }
        note("disk: \(folder), \(system)")
        if system.isMemory {
            warn("\(folder) is memory, so its disk figures are of no disk: give a folder with --disk")
        }
    }
}
