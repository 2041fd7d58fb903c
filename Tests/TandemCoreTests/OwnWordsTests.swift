import TandemCore
import Testing

/// One of the engine's own words in shared memory, and what somebody may have written there.
struct OwnWord: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// All of them together, as they were once: nothing tells such a source from one that was put back.
    let isOfOlderSource: Bool
    let spoil: @Sendable (RuntimeArea) -> Void

    init(_ name: String, isOfOlderSource: Bool = false, _ spoil: @escaping @Sendable (RuntimeArea) -> Void) {
        testDescription = name
        self.isOfOlderSource = isOfOlderSource
        self.spoil = spoil
    }

    static let table: [OwnWord] = [
        OwnWord("E: 0") { $0.epoch.store(0) },
        OwnWord("E: all ones") { $0.epoch.store(.max) },
        OwnWord("E: yesterday's") { $0.epoch.store($0.epoch.load() &- 3) },
        OwnWord("E: tomorrow's") { $0.epoch.store($0.epoch.load() + 1_000_000) },
        OwnWord("E and captured: 0") {
            $0.epoch.store(0); $0.captured.store(0)
        },
        OwnWord("captured: all ones") { $0.captured.store(.max) },
        OwnWord("abandoned: tomorrow's") { $0.abandoned.store($0.epoch.load() + 1_000_000) },
        OwnWord("committed: all ones") {
            $0.committed.store(.max); $0.replicator.committed.store(.max)
        },
        OwnWord("committed and shipping: 0") {
            for word in [$0.committed, $0.shipping, $0.replicator.committed, $0.replicator.shipping] { word.store(0) }
        },
        OwnWord("shipping: all ones") {
            $0.shipping.store(.max); $0.replicator.shipping.store(.max)
        },
        OwnWord("every word of a cut: all ones") { area in
            for word in [area.epoch, area.abandoned] + known(area) { word.store(.max) }
        },
        OwnWord("every word of a cut: 2") { area in
            for word in [area.epoch] + known(area) { word.store(2) }
        },
        OwnWord("every word of a cut: as in a new source", isOfOlderSource: true) { area in
            area.epoch.store(1)
            for word in known(area) { word.store(0) }
        },
    ]

    /// Every word that knows of cuts.
    private static func known(_ area: RuntimeArea) -> [SharedWord] {
        [area.captured, area.committed, area.shipping, area.replicator.committed, area.replicator.shipping]
    }
}

@Suite("P6: the engine does not believe its own words")
struct OwnWordsTests {
    private func sync(_ bench: EngineHarness) -> Bool {
        for _ in 0 ..< 1000 where bench.engine.phase != .inSync { bench.poll(after: 10_000_000) }
        return bench.engine.phase == .inSync
    }

    @Test(
        "A scribbled word of its own is put right, nothing is committed wrongly, and later changes arrive",
        arguments: OwnWord.table)
    func putRight(_ word: OwnWord) throws {
        let bench = EngineHarness(TestSource.small())
        let area = bench.source.area
        var writer = bench.source.writer(0)
        #expect(sync(bench))
        for value in 1 ... 5 as ClosedRange<UInt64> {
            try writer.commitFill(bench.source.view(0), 7, value)
            for _ in 0 ..< 4 { bench.poll() }
        }
        let epoch = area.epoch.load()
        word.spoil(area)
        // What commits before the engine looks may get a wrong epoch, and is spoiled; it makes a cut come up, with
        // which E is right again.
        try writer.commitFill(bench.source.view(1), 3, 1)
        for _ in 0 ..< 20 { bench.poll() }
        let righted = area.epoch.load()
        #expect(righted >= epoch && righted < epoch + 100, "E is \(righted), and was \(epoch)")
        try writer.commitFill(bench.source.view(0), 7, 9)
        try writer.commitFill(bench.source.view(1), 4, 9)
        #expect(writer.lastCommitEpoch >= epoch)
        for _ in 0 ..< 20 { bench.poll() }
        #expect(bench.engine.phase == .inSync)
        let recovered = try #require(try bench.recovered())
        #expect(recovered.read(0, 7)[0] == 9 && recovered.read(1, 4)[0] == 9)
        // The next one may have arrived, and not yet be heard of.
        let committed = area.committed.load()
        #expect(
            [committed, committed &+ 1].contains(recovered.cut),
            "\(committed) is said to be on the copy, \(recovered.cut) is")
        #expect(try recovered.newestEpoch() <= recovered.cut)
    }

    @Test(
        "An engine that finds them scribbled over begins with an E that no journal has seen", arguments: OwnWord.table)
    func successor(_ word: OwnWord) throws {
        let bench = EngineHarness(TestSource.small())
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(0), 7, 5)
        #expect(sync(bench))
        // Many more than the next engine makes below: counted anew, it would not come as far.
        for value in 6 ... 300 as ClosedRange<UInt64> {
            try writer.commitFill(bench.source.view(0), 7, value)
            bench.poll()
        }
        #expect(bench.settle())
        let last = bench.source.area.committed.load()
        #expect(last > 100)
        word.spoil(bench.source.area)
        bench.driver.kill(landing: true)
        bench.engine = bench.source.engine()
        if word.isOfOlderSource {
            let bytes = bench.driver.copy.bytes
            #expect(!sync(bench) && bench.engine.reason == .copyIsNewer)
            #expect(bench.driver.copy.bytes == bytes)
            var options = EngineOptions()
            options.adopts = true
            bench.driver.kill(landing: true)
            bench.engine = bench.source.engine(options)
        }
        #expect(sync(bench))
        try writer.commitFill(bench.source.view(0), 7, 9)
        for _ in 0 ..< 20 { bench.poll() }
        let recovered = try #require(try bench.recovered())
        #expect(recovered.read(0, 7)[0] == 9 && recovered.cut > last)
    }
}
