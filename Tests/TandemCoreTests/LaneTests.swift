@testable import TandemCore
import Testing

@Suite("Lanes read images beside the engine, and decide nothing")
struct LaneTests {
    /// 20,000 records on 1,250 pages: twenty runs.
    private let source = TestSource.large()

    private func bench(_ lanes: HandLanes, _ count: Int = 1, copies: Int = 1) -> SeveralHarness {
        SeveralHarness(source, copies: copies, lanes: lanes, count: count)
    }

    /// Its first window is open, and lanes have runs of it.
    private func begun(copies: Int = 1) throws -> (lanes: HandLanes, bench: SeveralHarness) {
        let lanes = HandLanes(source, count: 1)
        let bench = bench(lanes, copies: copies)
        lanes.arePrompt = false
        try #require(bench.poll(until: { !lanes.waiting.isEmpty }))
        return (lanes, bench)
    }

    private var isWindowOpen: Bool { source.area.captured.load() + 1 < source.area.epoch.load() }

    @Test("A copy has the same bytes, however many lanes have read it", arguments: [1, 3])
    func sameBytes(count: Int) throws {
        var writer = source.writer(0)
        for index in stride(from: 0, to: 20_000, by: 7) { try writer.commitFill(source.view(0), index, UInt64(index)) }
        let alone = SeveralHarness(source, copies: 1)
        #expect(alone.sync())
        let lanes = HandLanes(source, count: count)
        let bench = bench(lanes, count)
        #expect(bench.sync() && bench.counter(.pagesByLanes, 0) > 600 && bench.counter(.pagesDamaged, 0) == 0)
        let tables = source.layout.tables[0].offset ..< source.layout.tablesEnd
        // Not where it is expected: what differs of megabytes takes minutes to be told.
        let isSame = bench.drivers[0].copy.bytes[tables] == alone.drivers[0].copy.bytes[tables]
        #expect(isSame)
    }

    @Test("It is exact, and each cut of it, while everything is changed", arguments: [0, 1, 3])
    func exact(count: Int) throws {
        let lanes = HandLanes(source, count: count)
        let bench = count == 0 ? SeveralHarness(source, copies: 1) : bench(lanes, count)
        var writer = source.writer(0)
        for round in 0 ..< 3_000 {
            try writer.commitFill(source.view(0), round * 7919 % 20_000, UInt64(round + 1))
            if round.isMultiple(of: 4) { bench.poll() }
        }
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [])
    }

    @Test("A window stays open until each run that was handed out is back")
    func stays() throws {
        let (lanes, bench) = try begun()
        bench.poll(after: 1_000)
        let cut = source.area.captured.load()
        #expect(isWindowOpen)
        while lanes.waiting.count > 1 {
            lanes.perform(1)
            bench.poll(after: 1_000)
            #expect(source.area.captured.load() == cut)
        }
        lanes.perform()
        for _ in 0 ..< 100 where source.area.captured.load() == cut {
            lanes.perform()
            bench.poll(after: 1_000)
        }
        #expect(source.area.captured.load() > cut)
        #expect(bench.counter(.lanesLate, 0) == 0)
    }

    @Test("A lane stores nothing into shared memory")
    func loadsAlone() throws {
        var writer = source.writer(0)
        let lanes = try begun().lanes
        // Newer than the cut, and held: what the engine would mark.
        for index in 0 ..< 50 { try writer.commitFill(source.view(0), index, 5) }
        try writer.begin()
        try writer.fill(source.view(0), 60, 6)
        let bytes = UnsafeRawBufferPointer(start: source.memory.base, count: source.layout.tablesEnd)
        let before = [UInt8](bytes)
        lanes.perform()
        #expect(before.elementsEqual(bytes))
    }

    @Test("What a lane found newer than the cut is marked before the window is closed")
    func marked() throws {
        let (lanes, bench) = try begun()
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 0, 5)
        // As if an earlier window had taken its bit.
        _ = source.memory.dirty.word(source.layout.tables[0].firstPage >> 6).takeAll()
        lanes.perform(1)
        bench.poll(after: 1_000)
        #expect(isWindowOpen && source.memory.dirty.isMarked(source.layout.tables[0].firstPage))
    }

    @Test("A lane that is late holds up a window for half a millisecond, and the copy gets on without it")
    func late() throws {
        let (lanes, bench) = try begun()
        let cut = source.area.captured.load()
        let begun = bench.now
        for _ in 0 ..< 100 where source.area.captured.load() == cut { bench.poll(after: 50_000) }
        // Twelve runs by itself, each in a poll, and the patience.
        #expect(bench.now - begun < 20 * 50_000 + 500_000)
        #expect(bench.counter(.lanesLate, 0) == 1)
        #expect(bench.sync() && lanes.handedOut == LaneDesk.jobsMax, "it rests until it has answered")
        #expect(try bench.differences(0) == [])
    }

    @Test("What a late lane writes is in nobody's way, and its answer counts for nothing")
    func lateAnswer() throws {
        let (lanes, bench) = try begun()
        let rooms = lanes.rooms
        var overlaps = 0
        bench.drivers[0].holds = { command in
            if case .write(let bytes, let count, _) = command.operation, case .image = command.token {
                let start = UInt(bitPattern: bytes)
                overlaps += rooms.filter { $0.overlaps(start ..< start + UInt(count)) }.count
            }
            return false
        }
        var writer = source.writer(0)
        for round in 0 ..< 2_000 {
            try writer.commitFill(source.view(0), round * 7919 % 20_000, UInt64(round + 1))
            bench.poll()
        }
        #expect(bench.sync() && overlaps == 0)
        bench.drivers[0].holds = { _ in false }
        lanes.perform()
        #expect(bench.settle())
        #expect(try bench.differences(0) == [])
        let pages = bench.counter(.pagesByLanes, 0)
        #expect(pages == 0)
    }

    @Test("A window that a writer abandons is dropped at once, with what lanes have of it")
    func abandoned() throws {
        let (lanes, bench) = try begun()
        let cut = source.area.epoch.load() - 1
        source.area.abandoned.store(cut)
        bench.poll(after: 1_000)
        #expect(source.area.captured.load() == cut, "no later than without lanes")
        lanes.perform()
        lanes.arePrompt = true
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [])
    }

    @Test("What is in a lane's way the engine looks at itself: a writer that has stopped while it commits")
    func inDoubt() throws {
        let (lanes, bench) = try begun()
        var writer = source.writer(0)
        try writer.begin()
        try writer.fill(source.view(0), 100, 6)
        let status = source.memory.writer(0).status
        status.store(status.load() & ~7 | WriterStatus.committing)
        lanes.perform()
        lanes.arePrompt = true
        // It is dead, and the driver recovers it.
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [] && source.read(0, 100)[0] == 0)
    }

    @Test("A copy that is let go is followed until no lane writes to its memory")
    func letGo() throws {
        let (lanes, bench) = try begun(copies: 2)
        for _ in 0 ..< 200 where Set(lanes.waiting.map(\.copy)) != [0, 1] {
            lanes.perform(1)
            bench.poll(after: 1_000)
        }
        let place = try #require(lanes.waiting.first).copy
        bench.agent.engine.letGo(place)
        for _ in 0 ..< 100 { bench.poll() }
        let hasLeft = bench.agent.engine.hasLeft(place)
        #expect(!hasLeft)
        lanes.perform()
        #expect(bench.poll(until: { bench.agent.engine.hasLeft(place) }, limit: 20))
    }

    @Test("A copy that was lost is not opened anew while a lane writes to its memory")
    func lost() throws {
        let (lanes, bench) = try begun()
        bench.drivers[0].isPresent = false
        bench.drivers[0].fails = { _ in CopyFailure(.inputOutput, errno: 5) }
        #expect(bench.poll(until: { bench.phase(0).name == .offline }, limit: 10_000))
        bench.drivers[0].isPresent = true
        bench.drivers[0].fails = { _ in nil }
        for _ in 0 ..< 20_000 { bench.poll() }
        #expect(bench.phase(0).name == .offline)
        lanes.perform()
        lanes.arePrompt = true
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [])
    }

    @Test("In sync a window is too small to be handed over, and no lane has anything to do")
    func small() throws {
        let lanes = HandLanes(source, count: 1)
        let bench = bench(lanes)
        #expect(bench.sync() && bench.settle())
        let jobs = lanes.handedOut
        var writer = source.writer(0)
        for round in 0 ..< 200 {
            try writer.commitFill(source.view(0), round * 7919 % 20_000, 3)
            bench.poll()
        }
        #expect(bench.settle() && bench.poll(until: { bench.counter(.sweeps, 0) > 0 }))
        #expect(lanes.handedOut == jobs)
    }

    @Test("An idle source's records do not go through the journal, however long its images are on their way")
    func idle() throws {
        var writer = source.writer(0)
        for index in 0 ..< 20_000 { try writer.commitFill(source.view(0), index, 1) }
        let lanes = HandLanes(source, count: 1)
        let bench = bench(lanes)
        // Each write is there two polls later.
        bench.drivers[0].holds = { if case .image = $0.token { true } else { false } }
        for round in 0 ..< 4_000 where bench.phase(0) != .inSync {
            bench.poll()
            if round.isMultiple(of: 2) { bench.drivers[0].release() }
        }
        #expect(bench.phase(0) == .inSync && bench.counter(.pagesByLanes, 0) > 0)
        #expect(bench.counter(.recordsShipped, 0) == 0)
    }

    @Test("Lanes read for several copies at once, each its own runs")
    func several() throws {
        let lanes = HandLanes(source, count: 2)
        let bench = bench(lanes, 2, copies: 3)
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< 3 {
            #expect(bench.counter(.pagesByLanes, copy) > 0)
            #expect(try bench.differences(copy) == [])
        }
    }
}
