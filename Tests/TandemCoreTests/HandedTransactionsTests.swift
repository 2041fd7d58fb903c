@testable import TandemCore
import TandemTypes
import Testing

@Suite("Transactions that are open when the source is handed over")
struct HandedTransactionsTests {
    private let standstill = HandoverBench()
    private var bench: SeveralHarness { standstill.bench }
    private var source: TestSource { standstill.source }

    @Test("A transaction that has begun is waited for by nobody, and refused when it commits")
    func begun() throws {
        var writer = try standstill.open()
        standstill.handOver()
        #expect(bench.poll(until: standstill.isStanding, limit: 200))
        #expect(writer.commitCode() == .handingOver)
        #expect(try source.read(0, 9)[0] == 0)
        #expect(writer.slot.commitCount == 0, "what is refused is no commit")
        #expect(try bench.drivers[0].recovered()?.read(0, 9)[0] == 0)
        #expect(try bench.differences(0) == [])
    }

    @Test("A transaction that was open all the time commits when the source is taken back")
    func openAllTheTime() throws {
        var writer = try standstill.open()
        standstill.handOver(within: HandoverBench.second)
        #expect(bench.poll(until: standstill.isStanding, limit: 200))
        #expect(bench.poll(until: { !standstill.isStopped }))
        #expect(writer.commitCode() == nil && bench.settle())
        #expect(try bench.drivers[0].recovered()?.read(0, 9)[0] == 90)
    }

    @Test("A commit that is under way is waited for, and the copy has it")
    func committing() throws {
        // On a page that nobody else has marked: no cut looks at it, and waits for its writer.
        var writer = try standstill.open(record: 90)
        writer.sayCommitting()
        standstill.handOver()
        for _ in 0 ..< 100 { bench.poll() }
        #expect(standstill.outcome == .underWay && !standstill.isSaid)
        // It had seen no bit.
        source.area.attention.clear(ControlFlags.handingOver)
        try writer.commit()
        source.area.attention.set(ControlFlags.handingOver)
        #expect(bench.poll(until: standstill.isStanding, limit: 200))
        #expect(try bench.drivers[0].recovered()?.read(0, 90)[0] == 90)
        #expect(try bench.differences(0) == [])
    }

    @Test("A commit that does not end in time is named, and the writers go on")
    func busy() throws {
        var writer = try standstill.open(2)
        writer.sayCommitting()
        standstill.handOver(within: HandoverBench.second)
        #expect(bench.poll(until: { standstill.outcome == .busy(writer: 2) }))
        #expect(!standstill.isStopped && !standstill.isSaid)
        writer.rollBack()
        var other = source.writer(1)
        try other.commitFill(standstill.view, 1, 1)
    }

    @Test("A source that a promoted copy has taken over from takes no commit of a transaction that had begun before")
    func superseded() throws {
        var writer = try standstill.open()
        source.area.attention.set(ControlFlags.superseded)
        #expect(writer.commitCode() == .superseded)
        #expect(try source.read(0, 9)[0] == 0 && writer.slot.commitCount == 0)
    }
}
