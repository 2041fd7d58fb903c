import TandemCore
import Testing

/// What is told of a copy, and how often: a line when it becomes so and when it changes, not at every look.
@Suite("What is told of the copy")
struct NewsTests {
    private func seconds(_ bench: EngineHarness, _ count: UInt64) -> [EngineEvent] { seconds(bench, count) {} }

    private func seconds(_ bench: EngineHarness, _ count: UInt64, each poll: () throws -> Void) rethrows
        -> [EngineEvent]
    {
        var events: [EngineEvent] = []
        let end = bench.now + count * 1_000_000_000
        while bench.now < end {
            bench.poll(after: 5_000_000)
            events += bench.engine.takeEvents()
            try poll()
        }
        return events
    }

    private func state(_ bench: EngineHarness) -> CopyState? {
        CopyState(rawValue: bench.source.area.replicator[.state].load())
    }

    @Test("A copy for which there is no room is told of once, and is not said to be syncing before there is one")
    func noRoom() throws {
        let bench = EngineHarness()
        var room = false
        bench.driver.fails = { command in
            if case .format = command.operation, !room { return CopyFailure(.noSpace, errno: 28) }
            return nil
        }
        let events = seconds(bench, 60) { #expect(state(bench) == .offline) }
        #expect(events.map(\.state) == [.offline] && events.first?.reason == .noSpace)
        #expect(bench.source.area.replicator[.outages as Counter].load() == 0)
        #expect(bench.source.area.replicator[.since].load() == 0, "it has been off line from the beginning")
        room = true
        #expect(seconds(bench, 6).map(\.state) == [.syncing, .inSync])
    }

    @Test("A copy that is refused is told of once, and stays so while it is looked at again, until the reason changes")
    func refused() throws {
        let bench = EngineHarness()
        let foreign = { CopyExamination.foreign(TandemError(.notTandem, "copy", $0, remedy: "Give another")) }
        bench.driver.examination = foreign("it is a letter")
        #expect(bench.poll(until: { state(bench) == .refused }))
        let since = bench.source.area.replicator[.since].load()
        let events = seconds(bench, 60) { #expect(state(bench) == .refused) }
        #expect(events.map(\.state) == [.refused])
        #expect(bench.engine.refusal?.problem.contains("letter") == true)
        #expect(bench.source.area.replicator[.since].load() == since)
        bench.driver.examination = foreign("it is a picture")
        #expect(seconds(bench, 60).map { $0.refusal?.description } == ["it is a picture. Give another."])
        bench.driver.examination = nil
        #expect(seconds(bench, 6).map(\.state) == [.syncing, .inSync])
    }

    @Test("A copy that is away is told of once, and once more when it is away for another reason")
    func away() throws {
        let bench = EngineHarness()
        #expect(bench.sync())
        _ = bench.engine.takeEvents()
        bench.driver.fails = { _ in CopyFailure(.notFound, errno: 2) }
        #expect(seconds(bench, 30).map(\.reason) == [.notFound])
        bench.driver.fails = { _ in CopyFailure(.inputOutput, errno: 5) }
        #expect(seconds(bench, 30).map(\.reason) == [.inputOutput])
    }

    @Test("A journal that again and again does not hold a cut is told of once, with one that would, and not hurried")
    func journalTooSmall() throws {
        let bench = EngineHarness(
            TestSource(
                tables: [TableDefinition(name: "large", payloadBytes: 4000, capacity: 400, sharing: .partitioned)],
                undoBytes: 4 << 20, undoSegmentBytes: 64 << 10, journalBytes: 64 << 10))
        var writer = bench.source.writer(0)
        let view = bench.source.view(0)
        #expect(bench.sync())
        _ = bench.engine.takeEvents()
        var next = 0
        let events = try seconds(bench, 30) {
            // 40 changes of 4 KB between two cuts.
            for _ in 0 ..< 40 {
                next = (next + 1) % 400
                try writer.begin()
                try writer.hold(view, next).storeBytes(of: UInt64(next), as: UInt64.self)
                try writer.commit()
            }
        }
        let copies = bench.source.area.replicator[.bulkCopies as Counter].load()
        // A newer copy four times a second at most, for two tries each: in many windows, and in one.
        #expect((5 ... 2 * 4 * 30).contains(copies), "\(copies)")
        #expect(events.count <= 5, "\(events.map(\.state))")
        let wanted = bench.source.area.replicator[.journalWanted].load()
        #expect(events.filter { $0.journalBytesWanted > 0 }.map { UInt64($0.journalBytesWanted) } == [wanted])
        #expect(wanted >= 1 << 20)
        let after = seconds(bench, 20)
        #expect(state(bench) == .inSync && after.last?.state == .inSync)
        #expect(bench.source.area.replicator[.journalWanted].load() == 0)
        #expect(try bench.recovered()?.differences(from: bench.source) == [])
    }

    @Test("A single burst that the journal does not hold is copied at once")
    func burst() throws {
        let bench = EngineHarness(.large(journalBytes: 1 << 20))
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        for index in 0 ..< 19_000 { try writer.retryFill(bench.source.view(0), index, 6) }
        let start = bench.now
        #expect(bench.sync() && bench.settle())
        #expect(bench.now - start < 1_000_000_000)
        #expect(bench.source.area.replicator[.journalWanted].load() == 0)
    }
}
