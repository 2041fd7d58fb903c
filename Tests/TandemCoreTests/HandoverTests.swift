@testable import TandemCore
import TandemTypes
import Testing

@Suite("A source is handed over to a copy, or taken back")
struct HandoverTests {
    private let standstill = HandoverBench()
    private var bench: SeveralHarness { standstill.bench }
    private var source: TestSource { standstill.source }
    private var view: TableView { standstill.view }
    private static let second = HandoverBench.second

    private var outcome: HandoverOutcome? { standstill.outcome }
    private var isStopped: Bool { standstill.isStopped }
    private var isSaid: Bool { standstill.isSaid }
    private func handOver(within limit: UInt64 = 10 * second) { standstill.handOver(within: limit) }

    private func refusal(_ writer: inout WriterLog) -> TandemError.Code? {
        do throws(TandemError) { try writer.commitFill(view, 1, 1) } catch { return error.code }
        return nil
    }

    private func isStanding() -> Bool { standstill.isStanding() }
    private func begin(_ writer: inout WriterLog) throws { try standstill.begin(&writer) }

    /// The source stands still for the copy, which says so; the writer has committed before.
    private func stand(within limit: UInt64 = 10 * second) throws -> WriterLog {
        var writer = source.writer(0)
        try begin(&writer)
        handOver(within: limit)
        #expect(bench.poll(until: isStanding, limit: 200))
        return writer
    }

    @Test("The copy gets everything, its slot says so, and no transaction begins any more")
    func standing() throws {
        var writer = source.writer(0)
        try begin(&writer)
        handOver()
        #expect(refusal(&writer) == .handingOver)
        #expect(bench.poll(until: isStanding, limit: 200) && isSaid && isStopped)
        #expect(try bench.differences(0) == [])
        #expect(try bench.drivers[0].recovered()?.read(0, 7)[0] == 70)
        #expect(refusal(&writer) == .handingOver)
        #expect(writer.slot.commitCount == 1, "what is refused is no commit")
    }

    @Test("A cut is on its way that lacks the last commits: the copy says nothing before it has the next one")
    func lastCut() throws {
        var writer = source.writer(0)
        let (driver, journalOffset) = (bench.drivers[0], source.layout.journalOffset)
        try begin(&writer)
        driver.holds = { if case .write(_, _, let offset) = $0.operation { offset >= journalOffset } else { false } }
        #expect(bench.poll(until: { !driver.held.isEmpty }, limit: 100))
        try writer.commitFill(view, 8, 80)
        handOver()
        bench.poll()
        driver.release()
        #expect(bench.poll(until: { !driver.held.isEmpty }, limit: 100), "the last cut")
        for _ in 0 ..< 100 { bench.poll() }
        #expect(outcome == .underWay && !isSaid)
        driver.holds = { _ in false }
        driver.release()
        #expect(bench.poll(until: isStanding, limit: 200) && isSaid)
        #expect(try driver.recovered()?.read(0, 8)[0] == 80)
        #expect(try bench.differences(0) == [])
    }

    @Test("A dead writer's transaction is recovered, and then the source is handed over")
    func dead() throws {
        var writer = source.writer(2)
        var other = source.writer(1)
        try begin(&other)
        try writer.begin()
        try writer.fill(view, 9, 90)
        handOver()
        #expect(bench.poll(until: isStanding, limit: 2000))
        #expect(try bench.drivers[0].recovered()?.read(0, 9)[0] == 0)
        #expect(try bench.differences(0) == [])
    }

    @Test("A copy that is not in sync gets nothing handed over")
    func notInSync() throws {
        var writer = source.writer(0)
        handOver()
        #expect(outcome == .copyGone && !isStopped)
        #expect(refusal(&writer) == nil)
    }

    @Test("A copy that goes before it has the last cut: the writers go on at once")
    func goes() throws {
        var writer = source.writer(0)
        try begin(&writer)
        bench.drivers[0].isPresent = false
        handOver()
        #expect(bench.poll(until: { outcome == .copyGone }) && !isStopped)
        #expect(refusal(&writer) == nil)
        bench.drivers[0].isPresent = true
        #expect(bench.sync() && bench.settle() && !isSaid)
    }

    @Test("Nobody promotes it: the writers go on when the copy says no more that it may be, and not before")
    func takenBack() throws {
        var writer = try stand(within: Self.second)
        while isStopped {
            #expect(refusal(&writer) == .handingOver)
            bench.poll()
        }
        #expect(outcome == .takenBack && !isSaid)
        #expect(refusal(&writer) == nil && bench.settle())
        #expect(try bench.differences(0) == [])
    }

    @Test("While the slot that takes it back cannot be written, no writer goes on")
    func unreachable() throws {
        var writer = try stand(within: Self.second)
        bench.drivers[0].isPresent = false
        for _ in 0 ..< 20_000 { bench.poll() }
        #expect(isStopped && refusal(&writer) == .handingOver)
        bench.drivers[0].isPresent = true
        #expect(bench.poll(until: { outcome == .takenBack }) && !isSaid && refusal(&writer) == nil)
    }

    @Test("Whoever knows that it was not promoted may say so, and the writers go on at once")
    func forced() throws {
        var writer = try stand()
        bench.agent.engine.takeBackForced()
        #expect(outcome == .takenBack && refusal(&writer) == nil)
        #expect(bench.area(0).replicator[.handedOver].load() == 0)
    }

    @Test("A copy that was let go of for its promotion is followed again, asked or not", arguments: [true, false])
    func comesBack(isForced: Bool) throws {
        var writer = try stand()
        bench.agent.engine.letGo(0, .handedOver)
        #expect(bench.poll(until: { bench.agent.engine.hasLeft(0) }, limit: 200))
        if isForced { bench.agent.engine.takeBackForced() } else { bench.agent.engine.takeBack() }
        #expect(bench.sync() && bench.poll(until: { outcome == .takenBack }))
        try writer.commitFill(view, 8, 80)
        // By force nobody has waited for a slot that says it no more; the next one does.
        #expect(bench.settle() && (isForced || !isSaid))
        #expect(try bench.differences(0) == [])
    }

    @Test("It is under way until the copy says no more that it may be promoted, whatever is asked for meanwhile")
    func underWay() throws {
        _ = try stand(within: Self.second)
        bench.drivers[0].isPresent = false
        for _ in 0 ..< 10_000 { bench.poll() }
        handOver()
        #expect(outcome == .underWay && bench.agent.engine.isHandingOver && isSaid)
        bench.drivers[0].isPresent = true
        #expect(bench.poll(until: { outcome == .takenBack }) && !bench.agent.engine.isHandingOver)
    }

    @Test("It is promoted: the source is superseded, and is not handed over any more")
    func promoted() throws {
        var writer = try stand()
        let slot = StateSlot.newest(in: bench.drivers[0].copy.bytes, checksum: testChecksum)!
        let life = slot.life.next(Generation(high: 8, low: 8), at: slot.cut)
        bench.drivers[0].examination = .copy(
            StateSlot(
                sequence: slot.sequence + 1, generation: life.generation, lineage: life.lineage, role: .source,
                cut: slot.cut), journal: nil)
        bench.drivers[0].isPresent = false
        bench.poll()
        bench.drivers[0].isPresent = true
        #expect(bench.poll(until: { outcome == .superseded }) && !isStopped)
        #expect(refusal(&writer) == .superseded)
        bench.agent.engine.takeBack()
        for _ in 0 ..< 100 { bench.poll() }
        #expect(refusal(&writer) == .superseded)
    }

    @Test(
        "A replicator dies at any moment of it: its successor has the copy say no more, and then the writers go on",
        arguments: 0 ..< 40)
    func dies(polls: Int) throws {
        var writer = source.writer(0)
        try begin(&writer)
        handOver(within: Self.second)
        // Slowly, so that each step is met.
        for _ in 0 ..< polls { bench.poll(after: 1000) }
        bench.restart(landing: polls % 2 == 0)
        #expect(refusal(&writer) == (isStopped ? .handingOver : nil))
        var isCaught = false
        for _ in 0 ..< 40_000 where isStopped {
            bench.poll()
            if !isStopped { isCaught = true }
        }
        #expect(isCaught && !isSaid && refusal(&writer) == nil)
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [])
    }

    @Test("A bit that somebody has scribbled stops nobody for longer than until the replicator looks")
    func scribbled() throws {
        var writer = source.writer(0)
        source.area.attention.set(ControlFlags.handingOver)
        #expect(refusal(&writer) == .handingOver)
        bench.restart()
        #expect(refusal(&writer) == nil)
        source.area.attention.set(ControlFlags.handingOver)
        bench.poll()
        #expect(refusal(&writer) == nil)
    }

    @Test("A bit that somebody has scribbled away: the source is taken back, as a writer may have gone on")
    func scribbledAway() throws {
        var writer = source.writer(0)
        try begin(&writer)
        handOver()
        #expect(bench.poll(until: isStanding, limit: 200) && isSaid)
        source.area.attention.clear(ControlFlags.handingOver)
        try writer.commitFill(view, 8, 80)
        #expect(bench.poll(until: { outcome == .takenBack }) && !isSaid && refusal(&writer) == nil)
        #expect(bench.settle())
        #expect(try bench.differences(0) == [])
    }

    @Test("One copy of several gets it, and the others keep up")
    func several() throws {
        let bench = SeveralHarness(copies: 3)
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(0), 3, 30)
        #expect(bench.sync() && bench.settle())
        for index in 0 ..< 50 { try writer.commitFill(bench.source.view(0), index, 31) }
        bench.agent.engine.handOver(to: 1, within: 10 * Self.second)
        #expect(
            bench.poll(until: {
                if case .standing = bench.agent.engine.handoverOutcome { true } else { false }
            }))
        let said = bench.drivers.map { StateSlot.newest(in: $0.copy.bytes, checksum: testChecksum)!.isHandedOver }
        #expect(said == [false, true, false])
        #expect(try bench.differences(1) == [])
    }
}
