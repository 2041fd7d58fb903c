import TandemCore
import Testing

/// Copy 1 has been busy with a cut while copy 0 took changes of most pages: it has missed those, and its device goes
/// on.
private final class BusyCopy {
    static let records = 20_000

    let bench: SeveralHarness
    var writer: WriterLog
    /// What copy 1 had missed when it was no longer busy.
    private var missedPages = 0

    /// - Parameters:
    ///   - step: how far the changed records lie from each other; each page has 16.
    ///   - copies: a third one is hung.
    init(
        _ source: TestSource = .large(undoBytes: 8 << 20, journalBytes: 16 << 20), pages: Int = 1250, step: Int = 16,
        copies: Int = 2
    ) throws {
        var options = EngineOptions()
        options.missedPagesInWindow = 8
        options.capture.pagesPerPoll = 16
        bench = SeveralHarness(source, copies: copies, options)
        writer = source.writer(0)
        try #require(bench.sync() && bench.settle())
        for driver in bench.drivers[1...] { driver.holds = { if case .write = $0.operation { true } else { false } } }
        try commit(0)
        for index in stride(from: 0, to: pages * 16, by: step) { try fill(index, 7) }
        try awaitFirst()
        // A small cut of copy 0, which is what portions go by.
        try commit(0)
        bench.drivers[1].holds = { _ in false }
        missedPages = bench.area(1).missed.count
        try #require(missedPages >= pages)
        try finishCut()
    }

    /// What copy 1 was busy with is whole there.
    private func finishCut() throws {
        let (bench, stands) = (bench, bench.committed(1))
        bench.drivers[1].release()
        try #require(bench.poll(until: { bench.committed(1) > stands }, limit: 10))
    }

    private func awaitFirst() throws {
        let (bench, last) = (bench, writer.lastCommitEpoch)
        try #require(bench.poll(until: { bench.committed(0) >= last }, limit: 1000))
    }

    func fill(_ index: Int, _ value: UInt64) throws {
        try writer.commitFill(bench.source.view(0), index, value)
    }

    /// Commits a change. Returns the polls until copy 0 has it.
    @discardableResult
    func commit(_ index: Int, _ value: UInt64 = 3) throws -> Int {
        try fill(index, value)
        let before = bench.now
        try awaitFirst()
        return Int(bench.now - before) / 300_000
    }

    /// Whether copy 1 still has something to take.
    var isBehind: Bool { !bench.area(1).missed.isEmpty }
    /// Pages that portions of copy 1 have taken.
    var portionsPages: Int { missedPages - bench.area(1).missed.count }
}

@Suite("What a copy missed comes in portions")
struct PortionTests {
    @Test("P7: a copy that has missed most pages takes them beside one that gets each cut as soon as before")
    func neighbour() throws {
        let scene = try BusyCopy()
        let alone = 4
        var polls: [Int] = []
        while scene.isBehind {
            polls.append(try scene.commit(polls.count * 37 % BusyCopy.records, 5))
            try #require(polls.count < 400, "as many windows as there are portions")
        }
        try #require(polls.count > 40, "\(polls.count) windows are no portions")
        #expect(polls.max()! <= alone, "as if there were no other: \(polls.max()!)")
        #expect(scene.bench.settle())
        for copy in 0 ..< 2 { #expect(try scene.bench.differences(copy) == [], "copy \(copy)") }
        #expect(scene.bench.counter(.windowsLeft, 1) == 0)
    }

    @Test("Pages of which the names were left come four times as many in a portion")
    func byName() throws {
        let scene = try BusyCopy(pages: 200)
        var windows = 0
        while scene.isBehind {
            try scene.commit(BusyCopy.records - 1 - windows, 5)
            windows += 1
            try #require(windows < 100)
        }
        #expect(windows <= 200 / 8 / 4 + 4)
        #expect(scene.bench.settle())
        for copy in 0 ..< 2 { #expect(try scene.bench.differences(copy) == [], "copy \(copy)") }
    }

    @Test("All portions are one cut, that of the last: before it is whole the copy is what it was")
    func oneCut() throws {
        let scene = try BusyCopy()
        let bench = scene.bench
        try #require(bench.poll(until: { bench.drivers[1].held.isEmpty && scene.portionsPages > 300 }, limit: 2000))
        let (cuts, stands) = (bench.counter(.cutsCommitted, 1), bench.committed(1))
        // One on a page that has been taken, one on a page that has not.
        try scene.commit(0, 11)
        try scene.commit(BusyCopy.records - 1, 12)
        #expect(scene.isBehind && bench.committed(1) == stands)
        let recovered = try #require(try bench.drivers[1].recovered())
        #expect(recovered.cut == stands)
        #expect(bench.poll(until: { bench.committed(1) > stands }, limit: 2000))
        #expect(bench.counter(.cutsCommitted, 1) == cuts + 1)
        #expect(bench.settle())
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == [], "copy \(copy)") }
    }

    @Test("An engine that dies between two portions leaves the copy what it had", arguments: [true, false])
    func killed(landing: Bool) throws {
        let scene = try BusyCopy()
        let bench = scene.bench
        try #require(bench.poll(until: { scene.portionsPages > 300 }, limit: 2000))
        #expect(scene.isBehind)
        bench.restart(landing: landing)
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< 2 {
            #expect(try bench.differences(copy) == [], "copy \(copy)")
            #expect(bench.counter(.bulkCopies, copy) == 1, "copy \(copy) came back by one cut")
        }
    }

    @Test("A copy that goes away between two portions misses all of them")
    func goesAway() throws {
        let scene = try BusyCopy()
        let bench = scene.bench
        try #require(bench.poll(until: { scene.portionsPages > 300 }, limit: 2000))
        let pages = bench.area(1).taken.count + bench.area(1).missed.count
        #expect(bench.detach(1))
        #expect(bench.area(1).taken.isEmpty && bench.area(1).missed.count >= pages)
        bench.attach(1)
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(1) == [] && bench.counter(.bulkCopies, 1) == 1)
    }

    @Test("Portions that come to nothing again and again become larger, until there is but one")
    func lost() throws {
        let scene = try BusyCopy()
        let bench = scene.bench
        let stands = bench.committed(1)
        var round: UInt64 = 0
        // Every tenth window is abandoned: a row of as many as it takes never comes.
        while bench.committed(1) == stands {
            round += 1
            if round % 10 == 0 {
                try scene.fill(0, round)
                bench.source.area.abandoned.store(bench.source.area.epoch.load())
                bench.poll()
            } else {
                try scene.commit(Int(round) * 37 % BusyCopy.records, round)
            }
            try #require(round < 2000)
        }
        #expect(bench.counter(.cutsAbandoned, 0) > 3)
        #expect(bench.settle())
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == [], "copy \(copy)") }
    }

    @Test("A window that comes to nothing takes with it what earlier portions have read: a torn value is in none")
    func torn() throws {
        let scene = try BusyCopy()
        let bench = scene.bench
        let (area, table) = (bench.source.area, bench.source.layout.tables[0])
        try #require(bench.poll(until: { scene.portionsPages > 300 }, limit: 2000))
        let stands = bench.committed(1)
        // As when the pre-image of a record that is never changed is overwritten while the next window reads it.
        let record = bench.source.memory.base + table.offset + table.slotOffset(of: 21, page: 1)
        let (cut, abandoned) = (area.epoch.load(), bench.counter(.cutsAbandoned, 0))
        record.storeBytes(of: cut, toByteOffset: 8, as: UInt64.self)
        record.storeBytes(of: 99, toByteOffset: 16, as: UInt64.self)
        // More pages than are read in one poll.
        for page in 1 ... 40 { bench.source.memory.dirty.mark(table.firstPage + page) }
        try #require(bench.poll(until: { area.epoch.load() > cut }, limit: 10))
        #expect(area.captured.load() < cut, "not all of it has been read")
        record.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
        record.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
        area.abandoned.store(cut)
        bench.poll()
        #expect(bench.counter(.cutsAbandoned, 0) == abandoned + 1 && bench.committed(1) == stands)
        #expect(bench.poll(until: { bench.committed(1) > stands }, limit: 2000))
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == [], "copy \(copy)") }
    }

    @Test("Where what is changed meanwhile fills the journal the rest is taken at once, and the copy stays")
    func fillsJournal() throws {
        // 1,250 pages of one record take 350 KB; each window's hot records take 140 KB more. Portions are small, as the
        // last cut of the copy that hangs was.
        let scene = try BusyCopy(.large(undoBytes: 8 << 20, journalBytes: 4 << 20), copies: 3)
        let bench = scene.bench
        let stands = bench.committed(1)
        var round: UInt64 = 0
        while bench.committed(1) == stands {
            round += 1
            for index in 0 ..< 500 { try scene.fill(index, round) }
            bench.poll()
            try #require(round < 400)
        }
        #expect(bench.counter(.bulkCopies, 1) == 1 && bench.counter(.outages, 1) == 0)
        #expect(bench.counter(.windowsLeft, 1) == 0)
        bench.drivers[2].holds = { _ in false }
        bench.drivers[2].release()
        #expect(bench.settle())
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == [], "copy \(copy)") }
    }

    @Test("A commit that waits for a copy that takes portions is told when the last of them is whole")
    func awaited() throws {
        let scene = try BusyCopy()
        let bench = scene.bench
        try #require(bench.poll(until: { scene.portionsPages > 300 }, limit: 2000))
        let epoch = bench.source.area.epoch.load()
        #expect(bench.source.area.raiseWanted(to: epoch))
        #expect(bench.poll(until: { bench.area(1).replicator.committed.load() >= epoch }, limit: 2000))
        #expect(bench.poll(until: { bench.committed(0) >= epoch }, limit: 100))
    }

    @Test("A copy that waits for memory takes its next portion when it has it, and holds up nobody")
    func waitsForMemory() throws {
        let source = TestSource.large(undoBytes: 8 << 20, journalBytes: 16 << 20)
        source.journalStaging = 1 << 20
        let scene = try BusyCopy(source, step: 1)
        let bench = scene.bench
        try #require(bench.poll(until: { scene.portionsPages > 100 }, limit: 2000))
        let cuts = bench.counter(.cutsCommitted, 1)
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        var polls: [Int] = []
        for round in 0 ..< 80 { polls.append(try scene.commit(round, 8)) }
        #expect(polls.max()! <= 4 && scene.isBehind && bench.counter(.windowsLeft, 1) == 0)
        bench.drivers[1].holds = { _ in false }
        bench.drivers[1].release()
        #expect(bench.settle())
        #expect(bench.counter(.cutsCommitted, 1) <= cuts + 3)
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == [], "copy \(copy)") }
    }
}
