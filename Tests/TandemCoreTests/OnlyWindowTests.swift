@testable import TandemCore
import Testing

/// A copy that is made in one window, of a source whose images do not all fit the memory between: its device performs
/// some writes in each poll.
private final class OnlyWindowScene {
    /// On 2,500 pages, 10 MB: the memory between holds 4.
    static let records = 40_000

    let bench: EngineHarness
    var writer: WriterLog
    private var history: [(index: Int, value: UInt64, epoch: UInt64)] = []
    private var random = SeededRandom(seed: 5)

    init(undoBytes: Int = 8 << 20) throws {
        var options = EngineOptions()
        options.onlyWindow = .always
        let calls = TableDefinition(
            name: "calls", payloadBytes: 240, capacity: Self.records, sharing: .partitioned)
        bench = EngineHarness(TestSource(tables: [calls], undoBytes: undoBytes), options)
        writer = bench.source.writer(0)
        for _ in 0 ..< 200 { try change() }
        bench.driver.holds = { $0.isWrite }
    }

    var source: TestSource { bench.source }
    var descriptor: Int { source.area.descriptor(0).recordsCopied }
    /// The window is open: E has moved, and its cut has not been captured.
    var isOpen: Bool {
        bench.engine.phase == .bulkCopying && source.area.captured.load() &+ 1 < source.area.epoch.load()
    }

    func change() throws {
        let (index, value) = (Int.random(in: 0 ..< Self.records, using: &random), UInt64(history.count + 1))
        try writer.retryFill(source.view(0), index, value)
        history.append((index, value, writer.lastCommitEpoch))
    }

    /// Changes some records, performs one write, and polls.
    func step(changes: Int = 10) throws {
        for _ in 0 ..< changes { try change() }
        var isOver = false
        bench.driver.release(while: { _ in !isOver }, then: { _ in isOver = true })
        bench.poll()
    }

    func run(changes: Int = 10, until condition: () -> Bool) throws -> Bool {
        for _ in 0 ..< 20_000 where !condition() { try step(changes: changes) }
        return condition()
    }

    /// Records of the copy, promoted now, that are not as the last commit of its cut or of an earlier one left them.
    func differencesAsOfItsCut() throws -> [Int] {
        let recovered = try #require(try bench.recovered())
        var expected = [UInt64](repeating: 0, count: Self.records)
        for change in history where change.epoch <= recovered.cut { expected[change.index] = change.value }
        return expected.indices.filter { recovered.read(0, $0)[0] != expected[$0] }
    }

    func finish() -> Bool {
        bench.driver.holds = { _ in false }
        bench.driver.release()
        return bench.sync() && bench.settle()
    }
}

@Suite("A bulk copy in one window")
struct OnlyWindowTests {
    @Test("P1, P2: the copy is exactly the window's cut, whatever is changed while it is open, and no cut was shipped")
    func exact() throws {
        let scene = try OnlyWindowScene()
        #expect(try scene.run { scene.isOpen })
        let cut = scene.source.area.epoch.load() - 1
        var polls = 0
        while scene.bench.engine.phase != .inSync {
            if scene.isOpen {
                polls += 1
                #expect(scene.descriptor == 0, "nothing counts before the window is closed")
            }
            try scene.step()
            try #require(polls < 20_000)
        }
        #expect(polls > 20)
        let recovered = try #require(try scene.bench.recovered())
        #expect(recovered.cut == cut && recovered.brokenSeals == [])
        #expect(try recovered.newestEpoch() <= cut)
        #expect(try scene.differencesAsOfItsCut() == [])
        #expect(scene.source.area.replicator[.cutsCommitted as Counter].load() == 0)
        #expect(scene.finish())
        #expect(try scene.bench.recovered()?.differences(from: scene.source) == [])
    }

    @Test("Commits are told of it when its slot says so, and not of its cut before")
    func acknowledged() throws {
        let scene = try OnlyWindowScene()
        var polls = 0
        while scene.bench.engine.phase != .inSync {
            try scene.step()
            let told = scene.source.area.committed.load()
            #expect(told == 0 || scene.bench.driver.newestSlot()?.role == .consistent)
            polls += 1
            try #require(polls < 20_000)
        }
        #expect(try scene.bench.recovered()?.cut == scene.source.area.committed.load())
    }

    @Test("A window that undo room has not lasted for leaves nothing behind: its pages come in many windows")
    func abandoned() throws {
        let scene = try OnlyWindowScene(undoBytes: 128 << 10)
        #expect(try scene.run { scene.isOpen })
        let abandoned = scene.source.area.replicator[.cutsAbandoned as Counter]
        #expect(try scene.run(changes: 100) { abandoned.load() > 0 })
        // Nothing that was read in it, and has landed, counts: it is written again.
        let bytes = scene.source.area.replicator[.imageBytes as Counter]
        let landed = bytes.load()
        #expect(landed > 0 && scene.descriptor == 0 && scene.source.area.owed.count == 2500)
        scene.bench.driver.holds = { _ in false }
        scene.bench.driver.release()
        #expect(scene.bench.sync() && bytes.load() >= landed + 2500 * 4096)
        #expect(scene.bench.settle())
        #expect(try scene.bench.recovered()?.differences(from: scene.source) == [])
        #expect(scene.source.area.replicator[.bulkCopies as Counter].load() == 1)
    }

    @Test("A writer that is found committing now and then is not one that has stopped, however long the window lasts")
    func inDoubt() throws {
        let scene = try OnlyWindowScene()
        let second = EngineOptions().capture.inDoubtAfter
        #expect(try scene.run { scene.isOpen })
        let cut = scene.source.area.epoch.load() - 1
        scene.bench.driver.mayRecover = { _ in false }
        var other = scene.source.writer(1)
        try other.begin()
        try other.fill(scene.source.view(0), 39_999, 6)
        // Nothing moves for a second and a half: the window is as old, and the memory for images full.
        for _ in 0 ..< 5 { scene.bench.poll(after: second * 3 / 10) }
        let status = scene.source.memory.writer(1).status
        let active = status.load()
        status.store(active & ~7 | WriterStatus.committing)
        scene.bench.driver.release()
        for _ in 0 ..< 20 {
            scene.bench.driver.release()
            scene.bench.poll()
        }
        #expect(scene.isOpen)
        status.store(active)
        other.rollBack()
        scene.bench.driver.holds = { _ in false }
        scene.bench.driver.release()
        #expect(scene.bench.poll(until: { scene.bench.engine.phase == .inSync }, limit: 1000))
        #expect(try scene.bench.recovered()?.cut == cut, "the same window")
    }

    @Test("Another copy that comes does not wait for it")
    func company() throws {
        var options = EngineOptions()
        options.onlyWindow = .always
        let bench = SeveralHarness(.large(undoBytes: 8 << 20), copies: 2, options)
        bench.drivers[1].isPresent = false
        bench.drivers[0].holds = { $0.isWrite }
        var writer = bench.source.writer(0)
        func isOpen() -> Bool { bench.source.area.captured.load() &+ 1 < bench.source.area.epoch.load() }
        #expect(bench.poll(until: { bench.phase(0) == .bulkCopying && isOpen() }))
        try writer.commitFill(bench.source.view(0), 7, 7)
        bench.drivers[1].isPresent = true
        #expect(bench.poll(until: { bench.phase(1) == .inSync }, limit: 2000))
        #expect(bench.phase(0) == .bulkCopying && bench.counter(.outages, 0) == 0)
        bench.drivers[0].holds = { _ in false }
        bench.drivers[0].release()
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< 2 { #expect(try bench.differences(copy) == []) }
    }

    @Test("P5: an engine that dies in the middle of it leaves a copy that is begun again", arguments: [true, false])
    func killed(landing: Bool) throws {
        var options = EngineOptions()
        options.onlyWindow = .always
        let bench = SeveralHarness(.large(undoBytes: 8 << 20), copies: 1, options)
        bench.drivers[0].holds = { $0.isWrite }
        var writer = bench.source.writer(0)
        #expect(bench.poll(until: { bench.phase(0) == .bulkCopying && !bench.drivers[0].held.isEmpty }))
        for index in 0 ..< 100 { try writer.commitFill(bench.source.view(0), index * 199, 3) }
        bench.poll()
        bench.restart(landing: landing)
        bench.drivers[0].holds = { _ in false }
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [])
    }
}
