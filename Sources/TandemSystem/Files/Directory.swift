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

extension Directory {
    /// What stands in it, in no order; nothing of one that cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    /// What a symbolic link says.
    static func target(of link: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4200)
        let count = bytes.withUnsafeMutableBytes { readlink(link, $0.baseAddress!, $0.count) }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The first bytes of a small file of the kernel's; empty when they cannot be read.
    static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    /// `path` from the root on, links in its directory resolved; its last part need not be there.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(of(path), nil) else { return path }
        defer { free(resolved) }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let directory = String(cString: resolved)
        return directory == "/" ? "/\(name)" : "\(directory)/\(name)"
    }
}
