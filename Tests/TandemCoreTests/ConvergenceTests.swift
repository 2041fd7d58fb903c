import TandemCore
import Testing

/// What people are told of a copy that is syncing, on an engine in virtual time with a device of a given speed.
@Suite("Whether it will be in sync, and when")
struct ConvergenceTests {
    /// Engine, a writer that changes records at random at a given rate, and a device that takes a given number of bytes
    /// a second.
    private final class Scene {
        let bench: EngineHarness
        private var writer: WriterLog
        private var random = SeededRandom(seed: 11)
        var changesPerSecond: Double
        var bytesPerSecond: Double
        private var changesDue = 0.0
        private var bytesDue = 0.0
        private static let step: UInt64 = 500_000

        init(
            journalBytes: Int, changesPerSecond: Double, bytesPerSecond: Double, imagePages: Int = 2,
            onlyWindow: OnlyWindowRule = .never
        ) {
            var options = EngineOptions()
            options.onlyWindow = onlyWindow
            // As large a cut as there is may take as long as it takes.
            options.deadlines.lateAfter = .max
            options.deadlines.stuckAfter = .max
            // Little under way at a time, so that a cut does not queue behind seconds of images.
            options.imagePagesInBulk = imagePages
            bench = EngineHarness(.large(undoBytes: 32 << 20, journalBytes: journalBytes), options)
            writer = bench.source.writer(0)
            self.changesPerSecond = changesPerSecond
            self.bytesPerSecond = bytesPerSecond
            bench.driver.holds = { $0.isWrite }
        }

        var seconds: Double { Double(bench.now) / 1e9 }

        func step() throws {
            changesDue += changesPerSecond * Double(Self.step) / 1e9
            while changesDue >= 1 {
                changesDue -= 1
                try writer.retryFill(bench.source.view(0), Int.random(in: 0 ..< 20_000, using: &random), 1)
            }
            bytesDue = bench.driver.held.isEmpty ? 0 : bytesDue + bytesPerSecond * Double(Self.step) / 1e9
            // In the order in which they were given, each when the device has had time for it.
            bench.driver.release(
                while: { bytesDue >= Double($0.byteCount) }, then: { bytesDue -= Double($0.byteCount) })
            bench.poll(after: Self.step)
        }

        /// Runs for some virtual seconds, or until `condition`.
        func run(seconds limit: Double, until condition: () -> Bool = { false }) throws -> Bool {
            let end = seconds + limit
            while seconds < end {
                if condition() { return true }
                try step()
            }
            return condition()
        }

        private func word(_ field: ReplicatorBlock.Field) -> UInt64 { bench.source.area.replicator[field].load() }
        var verdict: SyncVerdict? { SyncVerdict(rawValue: word(.verdict)) }
        var expected: Double { Double(word(.syncIn)) / 1e9 }
        var dirtying: Double { Double(word(.dirtying)) }
        var copying: Double { Double(word(.copying)) }
    }

    @Test("With a source at rest the end of the bulk copy is told to within a fifth", arguments: [2e6, 20e6])
    func atRest(bytesPerSecond: Double) throws {
        let scene = Scene(journalBytes: 1 << 20, changesPerSecond: 0, bytesPerSecond: bytesPerSecond)
        #expect(try scene.run(seconds: 5) { scene.verdict == .converging })
        let (told, at) = (scene.expected, scene.seconds)
        #expect(try scene.run(seconds: 10) { scene.bench.engine.phase == .inSync })
        let real = scene.seconds - at
        #expect((real * 0.8 ... real * 1.2 + 0.02).contains(told), "\(told) told, \(real) taken")
    }

    @Test("Under load that the device can follow, the time told comes true to within a third")
    func underLoad() throws {
        // 1,000 changes a second are some 0.3 MB/s of records, to a device of 4 MB/s.
        let scene = Scene(journalBytes: 1 << 20, changesPerSecond: 1000, bytesPerSecond: 4e6)
        #expect(try scene.run(seconds: 1) { scene.bench.source.area.descriptor(0).recordsCopied > 8000 })
        #expect(scene.verdict == .converging)
        let (told, at) = (scene.expected, scene.seconds)
        #expect(try scene.run(seconds: 10) { scene.bench.engine.phase == .inSync })
        let real = scene.seconds - at
        #expect((real * 0.67 ... real * 1.33).contains(told), "\(told) told, \(real) taken")
        #expect(scene.dirtying < scene.copying)
    }

    @Test(
        "Changes that come faster than cuts go will never be in sync, and both rates are told; when they stop, it will")
    func outpaced() throws {
        // 5,000 changes a second are 1.4 MB of records, to a device of 0.6 MB/s.
        let scene = Scene(journalBytes: 1 << 20, changesPerSecond: 5000, bytesPerSecond: 600e3)
        #expect(try scene.run(seconds: 10) { scene.verdict == .outpaced })
        #expect(scene.dirtying >= scene.copying * 0.95 && scene.copying > 0)
        #expect(scene.dirtying < 2.5e6 && scene.copying < 700e3)
        #expect(try !scene.run(seconds: 20) { scene.bench.engine.phase == .inSync }, "it was said that it would not")
        scene.changesPerSecond = 0
        #expect(try scene.run(seconds: 20) { scene.verdict == .converging })
        #expect(try scene.run(seconds: 20) { scene.bench.engine.phase == .inSync })
        #expect(scene.verdict == .unknown, "nothing is to be expected of a copy in sync")
    }

    @Test("A copy that changes outpace is made in one window, and then there is always a whole one, of a newer cut")
    func onlyWindow() throws {
        let scene = Scene(
            journalBytes: 1 << 20, changesPerSecond: 50_000, bytesPerSecond: 12e6, onlyWindow: .whenOutrun)
        #expect(try scene.run(seconds: 20) { scene.bench.driver.newestSlot()?.role == .consistent })
        var cuts: [UInt64] = []
        for _ in 0 ..< 20 {
            _ = try scene.run(seconds: 1)
            cuts.append(try #require(try scene.bench.recovered(), "a copy that was whole is kept").cut)
        }
        // A pass takes half a second, and the next one is begun at once.
        #expect(zip(cuts, cuts.dropFirst()).allSatisfy { $0 <= $1 } && Set(cuts).count >= 15, "\(cuts)")
    }

    @Test("A copy whose cuts do not fit the journal is made in one window too, and is whole after its second try")
    func noCutFits() throws {
        let scene = Scene(
            journalBytes: 16 << 10, changesPerSecond: 40_000, bytesPerSecond: 200e6, onlyWindow: .whenOutrun)
        #expect(try scene.run(seconds: 1) { scene.bench.driver.newestSlot()?.role == .consistent })
        #expect(scene.bench.source.area.replicator[.bulkCopies as Counter].load() == 2)
        #expect(try scene.bench.recovered() != nil)
        // And so does each that is made beside it: nobody waits between the two tries.
        var cuts: Set<UInt64> = []
        for _ in 0 ..< 10 {
            _ = try scene.run(seconds: 1)
            cuts.insert(try #require(try scene.bench.recovered()).cut)
        }
        #expect(cuts.count >= 8, "\(cuts)")
    }

    @Test("A journal that does not hold what changes between two cuts is told from a slow device")
    func journalTooSmall() throws {
        // The device is fast; but within the 5 ms between two cuts 200 records change, 56 KB.
        let scene = Scene(journalBytes: 16 << 10, changesPerSecond: 40_000, bytesPerSecond: 200e6)
        #expect(try scene.run(seconds: 5) { scene.verdict == .journalTooSmall })
        #expect(try !scene.run(seconds: 3) { scene.bench.engine.phase == .inSync })
        scene.changesPerSecond = 100
        #expect(try scene.run(seconds: 10) { scene.bench.engine.phase == .inSync })
    }

    @Test("More than the device can follow is no harm while the journal can hold all of it")
    func everythingFits() throws {
        let scene = Scene(journalBytes: 64 << 20, changesPerSecond: 20_000, bytesPerSecond: 4e6, imagePages: 256)
        var wasOutpaced = false
        #expect(
            try scene.run(seconds: 30) {
                wasOutpaced = wasOutpaced || scene.verdict == .outpaced
                return scene.bench.engine.phase == .inSync
            })
        #expect(!wasOutpaced)
    }

    @Test("Scribbled words in the replicator's block make no forecast a trap")
    func scribbled() throws {
        let scene = Scene(journalBytes: 1 << 20, changesPerSecond: 1000, bytesPerSecond: 4e6)
        _ = try scene.run(seconds: 0.3)
        let block = scene.bench.source.area.replicator
        for value in [UInt64.max, 1 << 63, 0] {
            block[.bulkPagesTotal].store(value)
            _ = try scene.run(seconds: 0.3)
        }
    }
}

extension CopyCommand {
    var byteCount: Int {
        if case .write(_, let count, _) = operation { return count }
        return 0
    }
}
