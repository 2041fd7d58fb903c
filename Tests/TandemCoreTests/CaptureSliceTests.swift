import TandemCore
import Testing

/// What a capture may spend in one poll, and how long all of it may take.
@Suite("A capture in slices")
struct CaptureSliceTests {
    /// A source whose every page of `calls` is dirty, and the copy in sync.
    private func dirtied(_ source: TestSource, _ options: EngineOptions) throws -> EngineHarness {
        let bench = EngineHarness(source, options)
        #expect(bench.sync() && bench.settle())
        var writer = source.writer(0)
        let table = source.layout.tables[0]
        for page in 0 ..< table.pageCount { try writer.retryFill(source.view(0), page * table.recordsPerPage, 5) }
        return bench
    }

    @Test("Bits of pages that no table has cost a slice nothing")
    func padding() throws {
        var options = EngineOptions()
        options.capture.pagesPerPoll = 1
        let bench = EngineHarness(TestSource(), options)
        let layout = bench.source.layout
        #expect(bench.sync() && bench.settle())
        for (table, next) in zip(layout.tables, layout.tables.dropFirst().map(\.firstPage) + [layout.pageCount]) {
            for page in table.firstPage + table.pageCount ..< next { bench.source.memory.dirty.mark(page) }
        }
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(1), 7, 3)
        let committed = bench.source.area.committed.load()
        var polls = 0
        while bench.source.area.committed.load() == committed, polls < 100 {
            bench.poll()
            polls += 1
        }
        // One page to read: opened and read in the first, shipped in the next, and heard of in the one behind it.
        #expect(polls <= 5, "\(polls) polls")
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("A slice of a capture is measured in pages, and a long capture is not taken for a stuck one")
    func longCapture() throws {
        var options = EngineOptions()
        options.capture.pagesPerPoll = 1
        let bench = try dirtied(TestSource.large(undoBytes: 1 << 20), options)
        let committed = bench.source.area.committed.load()
        let begun = bench.now
        var polls = 0
        var reading = 0
        while bench.source.area.committed.load() == committed, polls < 5000 {
            bench.poll(after: 20_000_000)
            polls += 1
            if bench.engine.isReading { reading += 1 }
        }
        // Whoever polls it must not sleep in between, though nothing is asked of the device.
        #expect(reading >= 1200 && !bench.engine.isReading, "\(reading) of \(polls) polls say that they read")
        #expect(
            polls >= 1250 && bench.now - begun > 2 * options.deadlines.stuckAfter, "it was no long one: \(polls) polls")
        #expect(bench.engine.phase == .inSync)
        #expect(bench.source.area.replicator[.deadlinesBroken as Counter].load() == 0)
        #expect(bench.source.area.replicator[.outages as Counter].load() == 0)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test(
        "A capture that comes to nothing again and again at the same record is stuck, however much it reads before that"
    )
    func stuckCapture() throws {
        let bench = try dirtied(TestSource.small(), EngineOptions())
        // A writer that has stopped in the few instructions between committing and committed, for ever.
        let last = bench.source.layout.tables[0].capacity - 1
        bench.source.view(0).lockByHand(last, owner: 2)
        bench.source.memory.writer(1).statusWord = 9 << 3 | 2
        bench.source.memory.dirty.mark(bench.source.layout.tables[0].page(of: last))
        bench.driver.holds = { if case .reviveWriter = $0.operation { true } else { false } }
        #expect(bench.poll(until: { bench.source.area.replicator[.deadlinesBroken as Counter].load() == 1 }))
        #expect(bench.engine.reason == .stuck)
    }
}
