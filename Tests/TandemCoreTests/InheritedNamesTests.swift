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

    @Test(
        "Names that were taken for a copy which leaves its window are there for the others", arguments: [true, false])
    private func leaves(isPortion: Bool) throws {
        // Its journal does not hold what it missed; that is all of it, or more than comes in one window.
        let scene = try ReturningCopy(portion: isPortion ? 1100 : 1250)
        #expect(scene.bench.poll(until: { scene.hasTaken && !scene.takes }))
        // It has left in the middle; the page was not to be read for anybody else.
        try #require(scene.misses && scene.bench.phase(1).name == .syncing)
        #expect(try scene.changeAnother() == [])
    }

    @Test("A copy that goes while names are taken leaves those of its pages to the others")
    private func goesMeanwhile() throws {
        let scene = try ReturningCopy(portion: 1250, pagesPerPoll: 16, copies: 3)
        #expect(scene.bench.poll(until: { scene.takes }))
        // The names of some pages have been taken, and those of this one are still to come.
        #expect(scene.bench.detach(1))
        #expect(scene.bench.poll(until: { !scene.isWindowOpen }))
        #expect(try scene.changeAnother() == [])
    }
}

/// Copy 1 was away while copy 0 took changes of all pages, and is back; one record of one page is held since before.
private final class ReturningCopy {
    let bench: SeveralHarness
    private var writer: WriterLog
    private var holder: WriterLog
    private let epoch: UInt64
    private let page = 1090
    private let first: Int

    /// - Parameter portion: pages that copy 1 takes in one window; its journal holds what stands on 960.
    init(portion: Int, pagesPerPoll: Int = 2048, copies: Int = 2) throws {
        var options = EngineOptions()
        options.missedPagesInWindow = portion
        options.capture.pagesPerPoll = pagesPerPoll
        let source = TestSource.large(undoBytes: 8 << 20, journalBytes: 4 << 20)
        let bench = SeveralHarness(source, copies: copies, options)
        let view = source.view(0)
        self.bench = bench
        first = source.layout.tables[0].records(onPage: page).lowerBound
        writer = source.writer(0)
        holder = source.writer(1)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].isPresent = false
        try writer.commitFill(view, 0, 1)
        #expect(bench.poll(until: { bench.phase(1).name == .offline }))
        for start in stride(from: 0, to: 20_000, by: 5000) {
            for index in start ..< start + 5000 { try writer.commitFill(view, index, 7) }
            #expect(bench.settle(0 ..< 1))
        }
        // A small cut of copy 0, which is what portions go by.
        try writer.commitFill(view, 0, 8)
        #expect(bench.settle(0 ..< 1))
        bench.drivers[0].mayRecover = { _ in false }
        try holder.begin()
        try holder.fill(view, first + 2, 90)
        bench.drivers[1].isPresent = true
        #expect(bench.poll(until: { bench.phase(1) == .catchingUp }))
        epoch = source.area.epoch.load()
    }

    private var number: Int { bench.source.layout.tables[0].firstPage + page }
    var takes: Bool { bench.area(1).taken.contains(number) }
    var misses: Bool { bench.area(1).missed.contains(number) }
    var isWindowOpen: Bool { bench.source.area.captured.load() + 1 < bench.source.area.epoch.load() }
    /// Its window has been opened.
    var hasTaken: Bool { bench.source.area.epoch.load() > epoch }

    /// The transaction commits, and another record of its page is changed before anybody looks: a page of which nothing
    /// is named would be read whole. Returns what copy 0 lacks of both.
    func changeAnother() throws -> [String] {
        try holder.commit()
        try writer.commitFill(bench.source.view(0), first + 12, 120)
        let (bench, last) = (bench, writer.lastCommitEpoch)
        #expect(bench.poll(until: { bench.committed(0) >= last }))
        return try bench.differences(0)
    }
}
