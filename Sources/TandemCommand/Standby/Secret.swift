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

    /// One that others can read is none.
    static func check(_ path: String) throws(CommandFailure) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CommandFailure(
                "\(path): there is no such secret. Make one with: tandem standby --new-secret \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0,
            status.st_uid == geteuid() || status.st_uid == 0
        else {
            throw CommandFailure(
                "\(path): it is no file that you alone can read, so it is no secret. Make it yours: chmod 600 \(path)")
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure.system("read it", path, errno) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        let parts =
            String(decoding: bytes[..<max(0, count)], as: UTF8.self)
            .split(separator: "\n").first?.split(separator: ":") ?? []
        guard parts.count == 2, parts[1].count >= 32, parts[1].count % 2 == 0, parts[1].allSatisfy(\.isHexDigit) else {
            throw CommandFailure(
                "\(path): it is no secret of the form user:hexadecimal. Make one with: tandem standby --new-secret FILE"
            )
        }
    }
}
