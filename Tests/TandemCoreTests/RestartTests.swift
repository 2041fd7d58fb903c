import TandemCore
import Testing

/// A replicator that is killed again and again, over a journal that often does not hold what has changed.
@Suite("Many restarts over a small journal")
struct RestartTests {
    @Test("P5: killed while the copy is in sync it returns by one cut, every time; from zero only out of a bulk copy")
    func restarts() throws {
        var random = SeededRandom(seed: 180)
        let bench = EngineHarness(
            TestSource(
                tables: [TableDefinition(name: "calls", payloadBytes: 240, capacity: 400, sharing: .partitioned)],
                journalBytes: 16 << 10))
        var writer = bench.source.writer(0)
        let view = bench.source.view(0)
        func counter(_ counter: Counter) -> UInt64 { bench.source.area.replicator[counter].load() }
        var (whole, broken) = (0, 0)
        for round in 1 ... 180 {
            for _ in 0 ..< Int.random(in: 1 ... 60, using: &random) {
                // 16 KiB hold some 50 changes. A cut that is larger is copied in order, beside the copy.
                let most = Int.random(in: 0 ..< 4, using: &random) == 0 ? 90 : 4
                for _ in 0 ..< Int.random(in: 0 ... most, using: &random) {
                    try writer.retryFill(view, Int.random(in: 0 ..< 400, using: &random), UInt64(round))
                }
                bench.poll()
            }
            let isWhole = bench.engine.phase == .inSync || bench.engine.phase == .catchingUp
            let before = counter(.returnsByCut)
            bench.driver.kill(landing: Bool.random(using: &random))
            bench.engine = bench.source.engine()
            #expect(bench.poll(until: { bench.engine.phase.name == .syncing || bench.engine.phase == .inSync }))
            let isByCut = counter(.returnsByCut) > before
            #expect(isByCut || !isWhole, "round \(round)")
            if isWhole { whole += 1 } else { broken += 1 }
        }
        // Both happen, or the test says nothing.
        #expect(whole > 40 && broken > 20, "\(whole), \(broken)")
        #expect(bench.sync() && bench.settle())
        #expect(try bench.recovered()?.differences(from: bench.source) == [])
    }
}
