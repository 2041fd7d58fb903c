@testable import TandemCore
import Testing

/// The map of changed records at work: records 3 and 5 stand on one page, in parts of their own, and record 9 too.
///
/// Each of these ways marks a page anew for records that are not known any more. Then another record of the page is
/// changed, so that a capture which looked only at what that one has named would miss them.
@Suite("What has changed is named")
struct NamedRecordTests {
    private let bench: EngineHarness

    init() {
        var options = EngineOptions()
        // Nothing is written but what is asked for here.
        options.reclaim.trickleInterval = .max
        bench = EngineHarness(TestSource(), options)
    }

    private var area: RuntimeArea { bench.source.area }
    private var calls: TableView { bench.source.view(0) }
    private var changes: ChangeMap { bench.source.memory.dirty.changes }
    private var page: Int { bench.source.layout.tables[0].firstPage + bench.source.layout.tables[0].page(of: 3) }

    private func expectAllIsThere() throws {
        #expect(bench.sync() && bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("A cut looks at the records that are named, and at no others")
    func looksAtNoOthers() throws {
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        for index in [3, 5] { try writer.commitFill(calls, index, 7) }
        // Somebody scribbles over what record 3 has named: nothing else says that it has changed.
        _ = changes.take(page)
        changes.note(page, slotOffset: bench.source.layout.tables[0].slotOffset(of: 5, page: 0))
        #expect(bench.settle())
        let recovered = try #require(try bench.recovered())
        #expect(recovered.read(0, 5)[0] == 7 && recovered.read(0, 3)[0] == 0)
    }

    @Test("What is changed while a window is read is left to the next, and is not sought in undo logs")
    func laterNames() throws {
        var options = EngineOptions()
        options.reclaim.trickleInterval = .max
        options.capture.pagesPerPoll = 1
        let bench = EngineHarness(TestSource(), options)
        #expect(bench.sync() && bench.settle())
        let (area, calls) = (bench.source.area, bench.source.view(0))
        let next = bench.source.layout.tables[0].records(onPage: 1).lowerBound
        var writer = bench.source.writer(0)
        let before = (epoch: area.epoch.load(), sought: area.replicator[.preImages as Counter].load())
        for index in [3, next] { try writer.commitFill(calls, index, 7) }
        #expect(bench.poll(until: { area.epoch.load() > before.epoch }))
        // The first of two pages has been read.
        try writer.commitFill(calls, next + 1, 7)
        #expect(bench.settle())
        #expect(area.replicator[.preImages as Counter].load() == before.sought)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("A map that somebody has written zeros over costs time, and loses nothing")
    func zeros() throws {
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        for index in 0 ..< 2000 { try writer.retryFill(calls, index, 7) }
        let runtime = bench.source.layout.runtime
        (bench.source.memory.base + runtime.changes).initializeMemory(
            as: UInt8.self, repeating: 0, count: bench.source.layout.pageCount * ChangeMap.bytesPerPage)
        try expectAllIsThere()
    }

    @Test("What a dropped window had taken is named again")
    func dropped() throws {
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        for index in [3, 5] { try writer.commitFill(calls, index, 7) }
        // A writer gives this cut up; it is read to its end before that is noticed.
        area.abandoned.store(area.epoch.load())
        let abandoned = area.replicator[.cutsAbandoned as Counter].load()
        #expect(bench.poll(until: { area.replicator[.cutsAbandoned as Counter].load() > abandoned }))
        try writer.commitFill(calls, 9, 7)
        try expectAllIsThere()
    }

    @Test("What a cut had taken whose copy goes away is named again, when the copy is back")
    func missed() throws {
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        bench.driver.holds = { if case .write = $0.operation { true } else { false } }
        for index in [3, 5] { try writer.commitFill(calls, index, 7) }
        #expect(bench.poll(until: { !bench.driver.held.isEmpty }))
        bench.driver.fails = { if case .write = $0.operation { CopyFailure(.inputOutput, errno: 5) } else { nil } }
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }))
        bench.driver.fails = { _ in nil }
        try writer.commitFill(calls, 9, 7)
        try expectAllIsThere()
        #expect(area.replicator[.returnsByCut as Counter].load() == 1)
    }

    @Test("What a killed engine had taken is named again by its successor")
    func inherited() throws {
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        bench.driver.holds = { if case .write = $0.operation { true } else { false } }
        for index in [3, 5] { try writer.commitFill(calls, index, 7) }
        #expect(bench.poll(until: { !bench.driver.held.isEmpty }))
        bench.driver.kill(landing: false)
        bench.driver.holds = { _ in false }
        bench.engine = bench.source.engine()
        try writer.commitFill(calls, 9, 7)
        try expectAllIsThere()
    }

    @Test("A record that is held stays named for as long as it is, whatever else of its page is read")
    func held() throws {
        #expect(bench.sync() && bench.settle())
        bench.driver.mayRecover = { _ in false }
        let holder = SeededTraffic.WriterBox(bench.source, 0)
        var writer = bench.source.writer(1)
        try holder.transaction.begin()
        try holder.transaction.fill(calls, 3, 7)
        for round in 1 ... 5 {
            try writer.commitFill(calls, 5, UInt64(round))
            #expect(bench.settle())
        }
        try holder.transaction.commit()
        try writer.commitFill(calls, 9, 7)
        try expectAllIsThere()
    }

    @Test("An image that finds a record held names all of its page, for the cut behind it")
    func image() throws {
        let holder = SeededTraffic.WriterBox(bench.source, 0)
        bench.driver.mayRecover = { _ in false }
        try holder.transaction.begin()
        try holder.transaction.fill(calls, 3, 7)
        // Taken already, as by the capture of an engine before this one.
        _ = changes.take(page)
        #expect(bench.poll(until: { bench.source.area.descriptor(0).recordsCopied > 16 }))
        try holder.transaction.commit()
        var writer = bench.source.writer(1)
        try writer.commitFill(calls, 9, 7)
        try expectAllIsThere()
    }
}
