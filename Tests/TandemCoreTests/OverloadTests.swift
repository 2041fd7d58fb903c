import TandemCore
import Testing

/// Writers that change more than the engine carries, on an engine in virtual time with a device of a given speed.
@Suite("Overload is a state, and not a stall")
struct OverloadTests {
    private final class Scene {
        let bench: EngineHarness
        var writer: WriterLog
        private var random = SeededRandom(seed: 7)
        private var bytesDue = 0.0
        private var changesDue = 0.0
        static let step: UInt64 = 500_000
        var bytesPerSecond = 20e6
        /// What a transaction takes besides its delay.
        var transaction: UInt64 = 4_000
        private(set) var events: [EngineEvent] = []
        private(set) var commits = 0

        init(maxAge: UInt64 = 0) {
            var options = EngineOptions()
            options.maxAge = maxAge
            options.deadlines.lateAfter = .max
            options.deadlines.stuckAfter = .max
            options.reclaim.trickleInterval = .max
            bench = EngineHarness(
                .large(undoBytes: 32 << 20, journalBytes: 32 << 20), options)
            writer = WriterLog(memory: bench.source.memory, writer: 0, clock: { 0 })
        }

        var area: RuntimeArea { bench.source.area }
        var seconds: Double { Double(bench.now) / 1e9 }
        /// As the writer would find it, and spin for.
        var delay: UInt64 {
            area.attention.load() & 4 != 0 && area.slowUntil.load() > bench.now ? area.slowdown.load() : 0
        }

        func run(seconds: Double, writes: Bool = true) throws {
            let end = self.seconds + seconds
            bench.driver.holds = { $0.isWrite }
            while self.seconds < end {
                changesDue += writes ? Double(Self.step) / Double(transaction + delay) : 0
                while changesDue >= 1 {
                    changesDue -= 1
                    try writer.retryFill(bench.source.view(0), Int.random(in: 0 ..< 20_000, using: &random), 1)
                    commits += 1
                }
                bytesDue = bench.driver.held.isEmpty ? 0 : bytesDue + bytesPerSecond * Double(Self.step) / 1e9
                bench.driver.release(
                    while: { bytesDue >= Double($0.byteCount) }, then: { bytesDue -= Double($0.byteCount) })
                bench.poll(after: Self.step)
                events += bench.engine.takeEvents()
            }
        }

        var news: [Pace.News] { events.compactMap(\.pace) }
    }

    @Test("A copy that its writers outpace is said to be behind, with age and rates, and promotable all the time")
    func behind() throws {
        let scene = Scene()
        #expect(scene.bench.sync() && scene.bench.settle())
        for _ in 0 ..< 30 {
            try scene.run(seconds: 0.1)
            #expect(try scene.bench.recovered() != nil)
        }
        let area = scene.area
        #expect(scene.bench.engine.phase == .inSync)
        guard case .behind(let told)? = scene.news.first else { return #expect(Bool(false), "\(scene.news)") }
        #expect(scene.news.count == 1 && told.age > Pace.behindFrom)
        #expect(told.changing > 200_000 && told.carrying > 0 && told.carrying < told.changing)
        #expect(area.replicator[.behindSince].load() > 0)
        // Nobody is held back for it.
        #expect(area.attention.load() == 0 && area.slowdown.load() == 0)
        try scene.run(seconds: 3, writes: false)
        guard case .caughtUp? = scene.news.last else { return #expect(Bool(false), "\(scene.news)") }
        #expect(scene.news.count == 2 && area.replicator[.behindSince].load() == 0)
        scene.bench.driver.holds = { _ in false }
        scene.bench.driver.release()
        #expect(scene.bench.settle())
        #expect(try #require(try scene.bench.recovered()).differences(from: scene.bench.source) == [])
    }

    @Test("A copy that keeps pace is said nothing of")
    func keepsPace() throws {
        let scene = Scene()
        scene.transaction = 200_000
        #expect(scene.bench.sync() && scene.bench.settle())
        try scene.run(seconds: 3)
        #expect(scene.news.isEmpty && scene.area.replicator[.behindSince].load() == 0)
    }

    @Test("Where an age is asked for, writers are held back until the copy stays below it, and not for longer")
    func heldBack() throws {
        let scene = Scene(maxAge: 400_000_000)
        #expect(scene.bench.sync() && scene.bench.settle())
        try scene.run(seconds: 5)
        let (delay, before) = (scene.delay, scene.commits)
        #expect(delay > 0 && delay <= 50_000, "\(delay)")
        try scene.run(seconds: 2)
        #expect(scene.commits - before < 300_000, "\(scene.commits - before) of 500,000 that there would be")
        #expect(scene.bench.now - scene.area.replicator[.cutOpened].load() < 600_000_000)
        try scene.run(seconds: 3, writes: false)
        #expect(scene.delay == 0 && scene.area.attention.load() == 0)
    }
}

/// What a writer makes of the words that hold it back.
@Suite("A writer that is held back")
struct SlowedWriterTests {
    /// A clock that moves 1 µs each time that it is looked at.
    nonisolated(unsafe) private static var time: UInt64 = 1_000_000_000
    private static let clock: @convention(c) () -> UInt64 = {
        SlowedWriterTests.time += 1000
        return SlowedWriterTests.time
    }

    private let source = TestSource.small()

    /// Spins for so many looks at the clock in one transaction.
    private func looks(delay: UInt64, until: UInt64, attention: UInt64 = 4) throws -> UInt64 {
        let area = source.area
        area.slowdown.store(delay)
        area.slowUntil.store(until)
        area.attention.store(attention)
        var writer = WriterLog(memory: source.memory, writer: 0, clock: Self.clock)
        let before = Self.time
        try writer.commitFill(source.view(0), 3, 7)
        return (Self.time - before) / 1000
    }

    // One test, as all of it is one clock.
    @Test("It spins for the delay, never above 50 µs, not when the delay is out of date, and counts it")
    func delays() throws {
        let slot = source.memory.writer(0)
        #expect(try looks(delay: 20_000, until: Self.time + 90_000_000) == 21)
        #expect(slot.summary.slowed == 1 && slot.summary.slowedNanoseconds == 20_000)
        #expect(try looks(delay: .max, until: Self.time + 90_000_000) == 51)
        #expect(slot.summary.slowedNanoseconds == 70_000)
        for until in [0, Self.time - 1, Self.time + 200_000_000, .max] {
            #expect(try looks(delay: 20_000, until: until) == 1, "until \(until)")
        }
        #expect(try looks(delay: 20_000, until: Self.time + 90_000_000, attention: 0) == 0)
        #expect(slot.summary.slowed == 2)
        #expect(try source.read(0, 3)[0] == 7)
    }
}
