internal import Glibc

/// A blank file whose every block has been written once. Memory that a virtual machine touches for the first time is
/// backed by its host then, which takes ten times as long as a copy, whoever writes.
enum BlankFile {
    static func lay(_ path: String, bytes: Int) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("cannot create \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var left = bytes
        while left > 0 {
            let count = write(file, zeros, min(left, zeros.count))
            guard count > 0 else { throw BenchError("cannot write \(path): \(String(cString: strerror(errno)))") }
            left -= count
        }
        fsync(file)
    }
}
