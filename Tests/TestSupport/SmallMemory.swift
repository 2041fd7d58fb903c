internal import Glibc

/// A file system in memory with a limit of its own, so that a test can fill it up without harm. Needs root.
package final class SmallMemory {
    package let path: String

    /// Nil where this process may not mount.
    package init?(at path: String, bytes: Int) {
        self.path = path
        mkdir(path, 0o700)
        guard mount("none", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
            rmdir(path)
            return nil
        }
    }

    deinit {
        umount2(path, 2)  // MNT_DETACH
        rmdir(path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Takes all the room that is left.
    package func fill() {
        let descriptor = open(file("filling"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let piece = [UInt8](repeating: 7, count: 4096)
        while Glibc.write(descriptor, piece, piece.count) > 0 {}
    }

    package func empty() { unlink(file("filling")) }

    /// A file of these bytes with holes where they are zeros, as `cp --sparse=always` makes.
    package func putSparse(_ bytes: [UInt8], as name: String) {
        let descriptor = open(file(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        ftruncate(descriptor, bytes.count)
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, to: raw.count, by: 4096) {
                let page = UnsafeRawBufferPointer(rebasing: raw[start ..< min(start + 4096, raw.count)])
                if page.contains(where: { $0 != 0 }) { pwrite(descriptor, page.baseAddress, page.count, start) }
            }
        }
    }

    package func bytes(of name: String) -> [UInt8] {
        let descriptor = open(file(name), O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Bytes of storage behind it.
    package func stored(_ name: String) -> Int {
        var status = stat()
        return stat(file(name), &status) == 0 ? Int(status.st_blocks) * 512 : -1
    }
}
