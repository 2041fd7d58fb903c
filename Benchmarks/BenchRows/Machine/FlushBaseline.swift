internal import Glibc
internal import TandemSystem

/// What the disk takes for a write and its flush: of bytes that the file has already, as in a ring, so that no block is
/// allotted.
struct FlushBaseline {
    let path: String
    let bytes: Int
    let count: Int

    func delays() throws -> Delays {
        let (path, bytes, count) = (path, bytes, count)
        defer { unlink(path) }
        return try WorkerThread.run(cpu: Processors.replicator) {
            let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw BenchError("cannot create \(path): \(String(cString: strerror(errno)))") }
            defer { close(file) }
            let content = [UInt8](repeating: 7, count: bytes)
            for number in 0 ..< count { try Self.write(file, content, at: number * bytes, path) }
            fsync(file)
            var delays = Delays()
            for number in 0 ..< count {
                let start = MonotonicClock.now()
                try Self.write(file, content, at: number * bytes, path)
                guard fdatasync(file) == 0 else {
                    throw BenchError("cannot flush \(path): \(String(cString: strerror(errno)))")
                }
                delays.record(MonotonicClock.now() - start)
            }
            return delays
        }
    }

    private static func write(_ file: Int32, _ content: [UInt8], at offset: Int, _ path: String) throws {
        guard pwrite(file, content, content.count, offset) == content.count else {
            throw BenchError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
