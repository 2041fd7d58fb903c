internal import Glibc

/// A file kept aside, byte for byte, as a backup would keep it.
enum PlainFile {
    static func copy(_ path: String, to other: String) throws {
        let from = open(path, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else { throw failure("open", path) }
        defer { close(from) }
        let to = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard to >= 0 else { throw failure("create", other) }
        defer { close(to) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(from, &bytes, bytes.count)
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return }
            var done = 0
            while done < count {
                let written = bytes.withUnsafeBytes { write(to, $0.baseAddress! + done, count - done) }
                guard written > 0 else { throw failure("write", other) }
                done += written
            }
        }
    }

    private static func failure(_ what: String, _ path: String) -> BenchError {
        BenchError("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
