import Glibc

/// What both hosts know, and nobody else: a key for TLS, in the form of `psktool`, `user:hexadecimal`.
enum Secret {
    static let user = "tandem"

    /// A new one, in a file that was not there.
    static func make(at path: String) throws(CommandFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            if errno == EEXIST {
                throw CommandFailure("\(path): there is a file of this name already. Use it, or give another path.")
            }
            throw CommandFailure.system("make it", path, errno)
        }
        defer { close(file) }
        // Whatever the umask.
        fchmod(file, 0o600)
        var random = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        let key = String((0 ..< 64).map { _ in digits[Int(random.next() & 15)] })
        let line = Array("\(user):\(key)\n".utf8)
        guard line.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == line.count, fsync(file) == 0 else {
            let error = errno
            unlink(path)
            throw CommandFailure.system("write it", path, error)
        }
    }
}
