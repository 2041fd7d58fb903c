import TandemTypes
import Testing

@testable import TandemCore

/// How the reading for one copy comes to nothing.
private enum End: CaseIterable {
    case engineDies, copyGoes
    /// More is left of what it missed than the window takes: it does not miss by name yet.
    case copyGoesBetweenPortions
}

@Suite("What is named of a page that was being read")
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
                checksum: testChecksum, copies: SeveralHarness.followed(0 ..< 2, source), options: options),
            drivers: bench.drivers)
        #expect(bench.poll(until: { bench.phase(0) == .inSync }) && bench.settle(0 ..< 1))
        // A page that one copy alone takes, with the names of two records that are held, of which one is in doubt. The
        // other is committed behind that.
        var holder = source.writer(1), other = source.writer(2)
        bench.drivers[0].mayRecover = { _ in false }
        try holder.begin()
        try holder.fill(view, 3, 30)
        try other.begin()
        try other.fill(view, 9, 90)
        let active = source.memory.writer(1).statusWord
        source.memory.writer(1).statusWord = active & ~7 | WriterStatus.committing
        bench.drivers[1].isPresent = true
        #expect(bench.poll(until: { bench.area(1).taken.contains(0) }))
        #expect(!bench.area(0).taken.contains(0))
        try other.commit()
        bench.drivers[1].isPresent = false
        // Before anybody looks: a page of which nothing is named would be read whole.
        try writer.commitFill(view, 12, 120)
        #expect(bench.area(1).missed.isEmpty == (end != .copyGoesBetweenPortions))
        if end == .engineDies { bench.restart() } else { #expect(bench.detach(1)) }
        source.memory.writer(1).statusWord = active
        try holder.commit()
        #expect(bench.poll(until: { bench.phase(0) == .inSync }) && bench.settle(0 ..< 1))
        let lacking = try bench.differences(0)
        #expect(lacking == [])
    }
}
