internal import TandemCore

/// Finds the highest rate of changes at which the copy's age stays bounded.
struct CapacitySearch {
    struct Step {
        var outcome: PacedLoad.Outcome
        var answer: AgeBound.Answer
        /// What the replicator used for a million records that it carried. Nil where the kernel does not say.
        var processorSeconds: Double?

        var isHeld: Bool { answer == .held }
    }

    let source: BenchSource
    let follower: Follower
    var set = WorkingSet.cold
    var bound = AgeBound()
    /// Changes a second not to exceed.
    var rateMax = 20_000_000.0
    var stall: Stall?
    private(set) var steps: [Step] = []

    init(source: BenchSource, follower: Follower) {
        self.source = source
        self.follower = follower
    }

    /// - Parameters:
    ///   - start: changes a second to begin with.
    ///   - stride: how much the rate grows or shrinks until it is known from above and below; it is then closed in.
    /// - Returns: the step at the highest rate that was held. Nil if none was.
    mutating func run(from start: Double, stride: Double) throws -> Step? {
        var held: Step?
        var (rate, tooMuch) = (min(start, rateMax), Double.infinity)
        for _ in 0 ..< 24 {
            let step = try self.step(rate)
            if step.isHeld { held = step } else { tooMuch = rate }
            guard let good = held?.outcome.asked else {
                rate /= stride
                if rate < 1000 { break }
                continue
            }
            if tooMuch < .infinity {
                guard tooMuch / good > Self.closeness else { break }
                rate = (good * tooMuch).squareRoot()
            } else {
                if good >= rateMax { break }
                rate = min(good * stride, rateMax)
            }
        }
        return held
    }

    /// What is held and what is not lie no further apart.
    private static let closeness = 1.06

    /// Twice before a rate counts as too much: the machine may just have done something else.
    private mutating func step(_ rate: Double) throws -> Step {
        for _ in 0 ..< 2 {
            let step = try measure(perSecond: rate, seconds: bound.windowSeconds)
            steps.append(step)
            if step.isHeld { break }
        }
        return steps.last!
    }

    /// One rate, once.
    func measure(perSecond rate: Double, seconds: Double) throws -> Step {
        try follower.waitIdle()
        var load = PacedLoad(source: source, set: set)
        load.batch = rate > 200_000 ? 8 : 1
        load.stall = stall
        load.settlingSeconds = bound.settlingSeconds
        let before = (follower.processorSeconds, source.counters[.recordsShipped].load())
        let outcome = try load.run(perSecond: rate, seconds: seconds)
        let records = source.counters[.recordsShipped].load() - before.1
        let used = before.0.flatMap { start in follower.processorSeconds.map { $0 - start } }
        return Step(
            outcome: outcome, answer: bound.judge(outcome),
            processorSeconds: records == 0 ? nil : used.map { $0 / Double(records) * 1e6 })
    }
}

extension CapacitySearch.Step {
    /// `1.2 ✓`, `1.4 too old (87 ms)`.
    var words: String {
        let rate = shortNumber(outcome.asked / 1e6)
        return switch answer {
        case .held: "\(rate) ✓"
        case .tooOld(let age): "\(rate) too old (\(shortNumber(age)) ms)"
        case .writerLate(let late): "\(rate) writer late (\(shortNumber(late)) ms)"
        case .lostSync: "\(rate) lost sync"
        }
    }
}
