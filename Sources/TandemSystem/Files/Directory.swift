internal import Glibc

/// The directory part of a path.
enum Directory {
    static func of(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    /// May this process create a file next to `path`?
    static func admitsFile(at path: String) throws(KernelFailure) {
        let directory = of(path)
        _ = try checkedCall("write to", directory) { Int(faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS)) }
    }

    /// As `synchronize`, where this process may name files: elsewhere no name is its own.
    static func synchronizeOwn(around path: String) throws(KernelFailure) {
        guard (try? admitsFile(at: path)) != nil else { return }
        try synchronize(around: path)
    }

    /// Makes the names in the directory of `path` as durable as the files: a file synced under a name that is lost with
    /// the power is lost as well.
    static func synchronize(around path: String) throws(KernelFailure) {
        let directory = of(path)
        let descriptor = try checkedCall("open", directory) { Int(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) }
        defer { close(Int32(descriptor)) }
        _ = try checkedCall("sync", directory) { Int(fsync(Int32(descriptor))) }
    }
}
