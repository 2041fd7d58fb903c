internal import CTandemLayout
internal import Glibc
internal import TandemSystem

/// The baseline's records: shared memory of the same kind, size and spacing as a table, and nothing in between.
final class PlainRecords<Record: BenchPayload>: @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    private let byteCount: Int
    private let stride: Int

    init(_ scratch: Scratch, capacity: Int, stride: Int) throws {
        let path = scratch.path("plain")
        byteCount = capacity * stride
        self.stride = stride
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("cannot create \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        // Mapped is what is needed; the name is not.
        unlink(path)
        guard ftruncate(file, byteCount) == 0,
            let raw = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), raw != MAP_FAILED
        else { throw BenchError("cannot map \(byteCount) bytes of \(path): \(String(cString: strerror(errno)))") }
        base = raw
        // As a source asks for them.
        HugePages.advise(base, byteCount)
        memset(base, 1, byteCount)
    }

    deinit { munmap(base, byteCount) }

    @inline(__always)
    private func record(_ index: UInt32) -> UnsafeMutablePointer<Record> {
        (base + 16 + Int(index) &* stride).assumingMemoryBound(to: Record.self)
    }

    @inline(never)
    func store(_ indices: [UInt32], _ value: Record) {
        for index in indices { record(index).pointee = value }
    }

    @inline(never)
    func change(_ indices: [UInt32]) {
        for index in indices { record(index).pointee.changeAll() }
    }

    @inline(never)
    func changeAnnounced(_ indices: [UInt32], ahead: Int) {
        for number in indices.indices {
            let next = UnsafeMutableRawPointer(record(indices[min(number + ahead, indices.count - 1)]))
            for offset in Swift.stride(from: 0, to: MemoryLayout<Record>.size, by: 64) {
                tandem_prefetch_for_writing(next + offset)
            }
            record(indices[number]).pointee.changeAll()
        }
    }

    /// - Parameter before: the sum so far. Two readings whose arguments are the same would be taken for one by the
    ///   compiler, as nothing is written in between.
    @inline(never)
    func read(_ indices: [UInt32], after before: UInt64) -> UInt64 {
        var sum = before
        for index in indices { sum &+= record(index).pointee.sum }
        return sum
    }
}
