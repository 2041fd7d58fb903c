import Glibc

/// A folder that this process made, under a name that was free, with nothing in it but what this process puts there.
/// Only so may the demo remove files at the end: it never deletes, renames or overwrites what it has not made.
final class OwnFolder {
    let path: String

    /// `mkdir` is what tells: it fails for whatever stands there already, a link too.
    init(_ path: String) throws(CommandFailure) {
        guard mkdir(path, 0o700) == 0 else {
            let number = errno
            guard number == EEXIST else { throw .system("make the folder", path, number) }
            throw CommandFailure(
                "\(path): it exists already. Give a path that is free: the demo makes a folder there and removes it.")
        }
        self.path = path
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Removes the folder and the files in it; what is no file stays, and so does the folder then.
    func remove() {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { unlinkat(dirfd(directory), name, 0) }
        }
        closedir(directory)
        rmdir(path)
    }
}
