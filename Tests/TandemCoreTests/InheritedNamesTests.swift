import Synchronization
import TandemTypes
import Testing

@testable import TandemCore

/// What happens at the barrier of a window, when all that is dirty has been taken. A C function finds nothing else.
private nonisolated(unsafe) var atBarrier: () -> Void = {}

/// How the reading for one copy comes to nothing.
private enum End: CaseIterable {
    case engineDies, copyGoes
    /// More is left of what it missed than the window takes: it does not miss by name yet.
    case copyGoesBetweenPortions
}

@Suite("What is named of a page that was being read", .serialized)
struct InheritedNamesTests {
    @Test(
        "Names that were taken for one copy alone are there for the others, when the engine dies or that copy goes",
        arguments: End.allCases)
    private func readForOne(_ end: End) throws {
        let bench = SeveralHarness(copies: 2)
        let (source, view) = (bench.source, bench.source.view(0))
        var writer = source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].isPresent = false
        try writer.commitFill(view, 5, 50)
        #expect(bench.poll(until: { bench.phase(1).name == .offline }))
        // Records of three pages.
        for index in [5, 21, 37] { try writer.commitFill(view, index, 51) }
        #expect(bench.settle(0 ..< 1))
        var options = EngineOptions()
        if end == .copyGoesBetweenPortions { options.missedPagesInWindow = 1 }
        bench.restart()
        bench.agent = Agent(
            ReplicationEngine(
                memory: source.memory, layout: source.layout, life: source.life,
                platform: EnginePlatform(
                    barrier: {
                        atomicMemoryFence(ordering: .sequentiallyConsistent)
                        atBarrier()
                    }, checksum: testChecksum),
                copies: SeveralHarness.followed(0 ..< 2, source), options: options),
            drivers: bench.drivers)
        #expect(bench.poll(until: { bench.phase(0) == .inSync }) && bench.settle(0 ..< 1))
        // A page that one copy alone has taken: two records of it change behind that, of which one is in doubt.
        let holder = SeededTraffic.WriterBox(source, 1)
        var active: UInt64 = 0
        bench.drivers[0].mayRecover = { _ in false }
        atBarrier = {
            guard active == 0, bench.area(1).taken.contains(0), !bench.area(0).taken.contains(0) else { return }
            try? holder.transaction.begin()
            try? holder.transaction.fill(view, 3, 30)
            active = source.memory.writer(1).statusWord
            source.memory.writer(1).statusWord = active & ~7 | WriterStatus.committing
            try? writer.commitFill(view, 9, 90)
        }
        defer { atBarrier = {} }
        bench.drivers[1].isPresent = true
        #expect(bench.poll(until: { active != 0 }))
        bench.drivers[1].isPresent = false
        // Before anybody looks: a page of which nothing is named would be read whole.
        try writer.commitFill(view, 12, 120)
        #expect(bench.area(1).missed.isEmpty == (end != .copyGoesBetweenPortions))
        if end == .engineDies { bench.restart() } else { #expect(bench.detach(1)) }
        source.memory.writer(1).statusWord = active
        holder.transaction.commit()
        #expect(bench.poll(until: { bench.phase(0) == .inSync }) && bench.settle(0 ..< 1))
        let lacking = try bench.differences(0)
        #expect(lacking == [])
    }
}
