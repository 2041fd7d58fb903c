import TandemCore
import Testing

/// P1, P2, P4, P5 over thousands of interleavings. A failure names its seed.
@Suite("Whatever the interleaving, the copy is a cut")
struct SeededTrafficTests {
    @Test("P2: transactions, captures, images and completions in any order", arguments: 0 ..< 16 as Range<UInt64>)
    func anyOrder(seed: UInt64) throws {
        var options = EngineOptions()
        // Windows that stay open over several polls, so that writers go on in the middle of a capture.
        if seed % 2 == 1 { options.capture.pagesPerPoll = 1 }
        let traffic = SeededTraffic(seed: seed, source: .small(), options: options)
        for round in 0 ..< 1500 {
            for _ in 0 ..< Int.random(in: 0 ..< 6, using: &traffic.random) { try traffic.stepWriter() }
            // Some commands wait and complete later, in another order; few enough to make progress.
            let share = Int.random(in: 0 ..< 8, using: &traffic.random)
            traffic.bench.driver.holds = { command in command.token.number % 8 < share && command.isWrite }
            traffic.poll()
            if Bool.random(using: &traffic.random) { traffic.bench.driver.release { $0.reversed() } }
            if round % 37 == 36 { try #require(try traffic.violation(mustBePromotable: false) == nil, "seed \(seed)") }
        }
        traffic.bench.driver.holds = { _ in false }
        traffic.bench.driver.release()
        traffic.quiesce()
        #expect(traffic.bench.settle())
        #expect(try traffic.violation(mustBePromotable: true) == nil, "seed \(seed)")
        let recovered = try #require(try traffic.bench.recovered())
        #expect(try recovered.differences(from: traffic.bench.source) == [], "seed \(seed)")
    }

    @Test(
        "P4, P5: with writers and engines killed, the copy away and back, and errors",
        arguments: 0 ..< 16 as Range<UInt64>)
    func faults(seed: UInt64) throws {
        var options = EngineOptions()
        options.deadlines.probeIntervalMin = 1_000_000
        options.deadlines.probeIntervalMax = 4_000_000
        let traffic = SeededTraffic(seed: 1000 + seed, source: .small(), options: options)
        for round in 0 ..< 1500 {
            for _ in 0 ..< Int.random(in: 0 ..< 6, using: &traffic.random) { try traffic.stepWriter(kills: true) }
            switch Int.random(in: 0 ..< 400, using: &traffic.random) {
            case 0: traffic.restartEngine()
            case 1: traffic.bench.driver.isPresent = false
            case 2 ... 6: traffic.bench.driver.isPresent = true
            case 7:
                var left = 1
                traffic.bench.driver.fails = { command in
                    guard command.isWrite, left > 0 else { return nil }
                    left -= 1
                    return CopyFailure(.inputOutput, errno: 5)
                }
            default: break
            }
            let isSlow = Int.random(in: 0 ..< 4, using: &traffic.random) == 0
            traffic.bench.driver.holds = { isSlow && $0.isWrite }
            traffic.poll()
            if Bool.random(using: &traffic.random) { traffic.bench.driver.release() }
            if round % 37 == 36 { try #require(try traffic.violation(mustBePromotable: false) == nil, "seed \(seed)") }
        }
        traffic.bench.driver.holds = { _ in false }
        traffic.bench.driver.release()
        traffic.bench.driver.isPresent = true
        traffic.quiesce()
        #expect(traffic.bench.sync())
        #expect(traffic.bench.settle())
        #expect(try traffic.violation(mustBePromotable: true) == nil, "seed \(seed)")
        let recovered = try #require(try traffic.bench.recovered())
        #expect(try recovered.differences(from: traffic.bench.source) == [], "seed \(seed)")
    }

    @Test("Undo room that is full abandons a capture and never a promise", arguments: 0 ..< 10 as Range<UInt64>)
    func overflow(seed: UInt64) throws {
        var options = EngineOptions()
        options.capture.pagesPerPoll = 2
        let traffic = SeededTraffic(
            seed: 2000 + seed, source: .small(undoBytes: 6 << 10, undoSegmentBytes: 1 << 10), options: options)
        for round in 0 ..< 1500 {
            for _ in 0 ..< Int.random(in: 0 ..< 30, using: &traffic.random) { try traffic.stepWriter() }
            traffic.poll()
            if round % 37 == 36 { try #require(try traffic.violation(mustBePromotable: false) == nil, "seed \(seed)") }
        }
        traffic.quiesce()
        #expect(traffic.bench.settle())
        #expect(try traffic.violation(mustBePromotable: true) == nil, "seed \(seed)")
        #expect(traffic.bench.source.area.replicator[.cutsAbandoned as Counter].load() > 0, "there was always room")
    }
}

extension CopyCommand {
    var isWrite: Bool {
        if case .write = operation { return true }
        return false
    }
}
