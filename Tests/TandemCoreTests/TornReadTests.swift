import Glibc
import TandemCore
import Testing

/// A record that changes in the very middle of its copying. The memory that it is copied to ends in a page that may not
/// be touched: the copying stops there, the record is changed, and the copying goes on.
@Suite("Records that are changed while they are copied", .serialized)
struct TornReadTests {
    private static let payloadBytes = 8192
    private let source = TestSource(
        tables: [TableDefinition(name: "large", payloadBytes: payloadBytes, capacity: 4, sharing: .shared)],
        undoBytes: 128 << 10, undoSegmentBytes: 16 << 10)

    @Test("P1: a record that is changed while a capture copies it is not taken as half of each")
    func captured() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 1, 1)
        // The window of the cut that holds this change, and none later.
        let cut = source.area.epoch.load()
        source.area.epoch.add(1)
        var reader = RecordReader(memory: source.memory)
        reader.open(cut: cut)
        let (words, outcome) = try interrupted(by: { try $0.commitFill(source.view(0), 1, 2) }) { destination in
            reader.read(source.layout.tables[0], 1, header(1), into: destination)
        }
        // Whole, as it was at the cut; and a later cut has to come back for it.
        #expect(words == [1])
        #expect(outcome == .value(epoch: cut, later: .changed))
    }

    @Test("P1: a record that is changed while it is read is read as a whole")
    func read() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 1, 1)
        let (words, _) = try interrupted(by: { try $0.commitFill(source.view(0), 1, 2) }) { destination in
            Result { try source.view(0).read(1, into: destination) }
        }
        #expect(words == [2])
    }

    private func header(_ index: Int) -> RecordHeader {
        let table = source.layout.tables[0]
        return RecordHeader(
            base: source.memory.base + table.offset + table.slotOffset(of: index, page: table.page(of: index)))
    }

    /// The different words that `copy` leaves behind, with `change` done by another writer half-way.
    private func interrupted<Value>(
        by change: @escaping (inout WriterLog) throws -> Void, _ copy: (UnsafeMutableRawPointer) -> Value
    ) throws -> (Set<UInt64>, Value) {
        let destination = TrapMemory(bytes: Self.payloadBytes)
        let writer = WriterBox(source)
        var failure: (any Error)?
        let value = destination.springs({ do { try change(&writer.transaction) } catch { failure = error } }) {
            copy(destination.base)
        }
        if let failure { throw failure }
        #expect(destination.hasSprung)
        return (destination.words, value)
    }
}

/// A transaction that a closure can keep.
private final class WriterBox {
    var transaction: WriterLog
    init(_ source: TestSource) { transaction = source.writer(1) }
}

/// Two pages, of which the second runs a closure when it is first touched.
private final class TrapMemory {
    private nonisolated(unsafe) static var current: TrapMemory?
    let base: UnsafeMutableRawPointer
    private let byteCount: Int
    private var action: () -> Void = {}
    private(set) var hasSprung = false

    init(bytes: Int) {
        byteCount = bytes
        base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    }

    deinit { munmap(base, byteCount) }

    var words: Set<UInt64> { Set(UnsafeRawBufferPointer(start: base, count: byteCount).bindMemory(to: UInt64.self)) }

    /// Runs `action` within `body`, when that gets to the second half. A fault of anything else ends the process as
    /// usual.
    func springs<Value>(_ action: @escaping () -> Void, during body: () -> Value) -> Value {
        self.action = action
        Self.current = self
        var handler = sigaction()
        var before = sigaction()
        handler.__sigaction_handler.sa_sigaction = { _, information, _ in
            let address = information!.pointee._sifields._sigfault.si_addr!
            guard let trap = TrapMemory.current, (trap.base ..< trap.base + trap.byteCount).contains(address) else {
                signal(SIGSEGV, SIG_DFL)
                return
            }
            trap.spring()
        }
        handler.sa_flags = Int32(SA_SIGINFO)
        sigaction(SIGSEGV, &handler, &before)
        mprotect(base + byteCount / 2, byteCount / 2, PROT_NONE)
        defer {
            mprotect(base + byteCount / 2, byteCount / 2, PROT_READ | PROT_WRITE)
            sigaction(SIGSEGV, &before, nil)
            Self.current = nil
            self.action = {}
        }
        return body()
    }

    private func spring() {
        hasSprung = true
        mprotect(base + byteCount / 2, byteCount / 2, PROT_READ | PROT_WRITE)
        action()
    }
}
