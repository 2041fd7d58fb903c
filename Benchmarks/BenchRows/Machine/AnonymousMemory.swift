internal import Glibc

/// Zeroed memory of this process, taken page by page as it is touched.
final class AnonymousMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) throws {
        let raw = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let raw, raw != MAP_FAILED else {
            throw BenchError("cannot map \(byteCount) bytes: \(String(cString: strerror(errno)))")
        }
        base = raw
        self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }
}
