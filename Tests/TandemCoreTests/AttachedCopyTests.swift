@testable import TandemCore
import Testing

@Suite("Copies that come and go while others are kept")
struct AttachedCopyTests {
    private let bench = SeveralHarness()
    private var view: TableView { bench.source.view(0) }

    /// The engine of a source that knows of one copy alone.
    private func begin() {
        for number in 1 ..< 2 { bench.area(number).forget() }
        bench.restart(following: 0 ..< 1)
    }

    @Test(
        "One that is attached at any moment gets everything, and the one that is in sync stays so", arguments: 0 ..< 12)
    func attached(polls: Int) throws {
        begin()
        var writer = bench.source.writer(0)
        // What is not changed again has to come from the source's memory.
        for index in 0 ..< 400 { try writer.commitFill(view, index, 77) }
        #expect(bench.sync() && bench.settle(0 ..< 1))
        for round in 0 ..< 60 {
            for index in 0 ..< 40 { try writer.commitFill(view, index * 9, UInt64(round)) }
            if round == 10 + polls { bench.attach(1) }
            bench.poll(after: UInt64(polls + 1) * 20_000)
            #expect(bench.phase(0) == .inSync)
        }
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == []) }
        #expect(bench.counter(.outages, 0) == 0 && bench.counter(.bulkCopies, 0) == 1)
    }

    @Test("One that was detached can be promoted as it was left, and attached again it lacks only what it missed")
    func detached() throws {
        var writer = bench.source.writer(0)
        try writer.commitFill(view, 3, 1)
        #expect(bench.sync() && bench.settle())
        #expect(bench.detach(1) && bench.agent.engine.copyCount == 1)
        let left = bench.committed(1)
        for index in 0 ..< 100 {
            try writer.commitFill(view, index, 9)
            bench.poll()
        }
        #expect(bench.settle(0 ..< 1) && bench.committed(1) == left && !bench.area(1).missed.isEmpty)
        #expect(try bench.drivers[1].recovered()?.read(0, 3)[0] == 1)
        bench.attach(1)
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(1) == [])
        #expect(bench.counter(.returnsByCut, 1) == 1 && bench.counter(.bulkCopies, 1) == 1)
        #expect(bench.counter(.outages, 1) == 0, "to be let go is no outage")
    }

    @Test("One with a write under way has not left before the write is back, and its cut is then missed, not lost")
    func underWay() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        try writer.commitFill(view, 5, 7)
        #expect(bench.poll(until: { !bench.drivers[1].held.isEmpty }, limit: 100))
        #expect(!bench.detach(1), "its memory would be somebody else's")
        bench.drivers[1].holds = { _ in false }
        bench.drivers[1].release()
        #expect(bench.poll(until: { bench.agent.engine.hasLeft(1) }, limit: 100))
        bench.agent.remove(1)
        #expect(bench.area(1).missed.contains(view.layout.page(of: 5)))
        bench.attach(1)
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(1) == [])
    }

    @Test("The first of them goes while its driver looks for a dead writer, and the writer is recovered all the same")
    func firstGoes() throws {
        #expect(bench.sync() && bench.settle())
        bench.drivers[0].holds = { if case .reviveWriter = $0.operation { true } else { false } }
        var dead = bench.source.writer(2)
        try dead.begin()
        try dead.fill(view, 8, 5)
        #expect(bench.poll(until: { !bench.drivers[0].held.isEmpty }, limit: 100_000))
        #expect(bench.detach(0))
        #expect(bench.poll(until: { try! bench.source.read(0, 8)[0] == 0 && !isHeld(8) }, limit: 100_000))
    }

    private func isHeld(_ index: Int) -> Bool { RecordHeader.owner(view.record(index).lockWord.load()) != 0 }

    @Test("What one misses that was forgotten is remembered no more")
    func forgotten() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        #expect(bench.detach(1))
        bench.agent.engine.forget(1)
        #expect(bench.source.area.knownCopies == 1)
        for index in 0 ..< 100 {
            try writer.commitFill(view, index, 9)
            bench.poll()
        }
        #expect(bench.settle(0 ..< 1) && bench.area(1).missed.isEmpty)
    }
}
