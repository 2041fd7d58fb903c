@testable import TandemCore
import TandemTypes
import Testing

@Suite("Transactions that are open when the source is handed over")
struct HandedTransactionsTests {
    private let bench = SeveralHarness(copies: 1)
    private var source: TestSource { bench.source }
    private var view: TableView { source.view(0) }
    private static let second: UInt64 = 1_000_000_000

    private var outcome: HandoverOutcome? { bench.agent.engine.handoverOutcome }
    private var isStopped: Bool { source.area.attention.load() & ControlFlags.handingOver != 0 }
    /// What the copy's newest slot says.
    private var isSaid: Bool { StateSlot.newest(in: bench.drivers[0].copy.bytes, checksum: testChecksum)!.isHandedOver }
    private func handOver(within limit: UInt64 = 10 * second) { bench.agent.engine.handOver(to: 0, within: limit) }

    private func commitCode(_ writer: inout WriterLog) -> TandemError.Code? {
        do throws(TandemError) { try writer.commit() } catch {
            writer.rollBack()
            return error.code
        }
        return nil
    }

    private func isStanding() -> Bool { if case .standing = outcome { true } else { false } }

    /// In sync, with a change that no cut has yet.
    private func begin(_ writer: inout WriterLog) throws {
        #expect(bench.sync() && bench.settle())
        try writer.commitFill(view, 7, 70)
    }

    @Test("A transaction that has begun is waited for by nobody, and refused when it commits")
    func begun() throws {
        var writer = source.writer(0)
        var other = source.writer(1)
        try begin(&other)
        try writer.begin()
        try writer.fill(view, 9, 90)
        bench.drivers[0].mayRecover = { _ in false }
        handOver()
        #expect(bench.poll(until: isStanding, limit: 200))
        #expect(commitCode(&writer) == .handingOver)
        #expect(try source.read(0, 9)[0] == 0)
        #expect(writer.slot.commitCount == 0, "what is refused is no commit")
        #expect(try bench.drivers[0].recovered()?.read(0, 9)[0] == 0)
        #expect(try bench.differences(0) == [])
    }

    @Test("A transaction that was open all the time commits when the source is taken back")
    func openAllTheTime() throws {
        var writer = source.writer(0)
        var other = source.writer(1)
        try begin(&other)
        try writer.begin()
        try writer.fill(view, 9, 90)
        bench.drivers[0].mayRecover = { _ in false }
        handOver(within: Self.second)
        #expect(bench.poll(until: isStanding, limit: 200))
        #expect(bench.poll(until: { !isStopped }))
        #expect(commitCode(&writer) == nil && bench.settle())
        #expect(try bench.drivers[0].recovered()?.read(0, 9)[0] == 90)
    }

    @Test("A commit that is under way is waited for, and the copy has it")
    func committing() throws {
        var writer = source.writer(0)
        var other = source.writer(1)
        try begin(&other)
        try writer.begin()
        // On a page that nobody else has marked: no cut looks at it, and waits for its writer.
        try writer.fill(view, 90, 90)
        writer.slot.status.storeReleasing(WriterStatus(writer.number, WriterStatus.committing).word)
        bench.drivers[0].mayRecover = { _ in false }
        handOver()
        for _ in 0 ..< 100 { bench.poll() }
        #expect(outcome == .underWay && !isSaid)
        // It had seen no bit.
        source.area.attention.clear(ControlFlags.handingOver)
        try writer.commit()
        source.area.attention.set(ControlFlags.handingOver)
        #expect(bench.poll(until: isStanding, limit: 200))
        #expect(try bench.drivers[0].recovered()?.read(0, 90)[0] == 90)
        #expect(try bench.differences(0) == [])
    }

    @Test("A commit that does not end in time is named, and the writers go on")
    func busy() throws {
        var writer = source.writer(2)
        var other = source.writer(1)
        try begin(&other)
        try writer.begin()
        writer.slot.status.storeReleasing(WriterStatus(writer.number, WriterStatus.committing).word)
        bench.drivers[0].mayRecover = { _ in false }
        handOver(within: Self.second)
        #expect(bench.poll(until: { outcome == .busy(writer: 2) }) && !isStopped && !isSaid)
        writer.rollBack()
        try other.commitFill(view, 1, 1)
    }

    @Test("A source that a promoted copy has taken over from takes no commit of a transaction that had begun before")
    func superseded() throws {
        var writer = source.writer(0)
        try writer.begin()
        try writer.fill(view, 9, 90)
        source.area.attention.set(ControlFlags.superseded)
        #expect(commitCode(&writer) == .superseded)
        #expect(try source.read(0, 9)[0] == 0 && writer.slot.commitCount == 0)
    }
}
