internal import TandemCore

/// Finds the highest rate of changes at which the copy's age stays bounded.
struct CapacitySearch {
    struct Step {
        /// Changes a second that were asked for.
        var rate: Double
        var outcome: Load.Outcome
        var answer: AgeBound.Answer
        /// What the replicator used for a million records that it carried. Nil where the kernel does not say.
        var processorSeconds: Double?

        var isHeld: Bool { answer == .held }
    }

    let source: BenchSource
    /// Its copy's. Another one from repetition to repetition, where each has a copy of its own.
    var follower: Follower
    var set = WorkingSet.cold
    var bound = AgeBound()
    /// Changes a second not to exceed.
    var rateMax = 20_000_000.0
    var stall: Stall?
    /// A rate begins with what the journal still holds, where that is no work that is left.
    var keepsJournal = false
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
        _ = try RateSearch(from: start, stride: stride, max: rateMax).highest { rate in
            let step = try step(rate)
            if step.isHeld { held = step }
            return step.isHeld
        }
        return held
    }

    /// What is held, and a look at half of it; nil, and said in the report, if nothing is.
    mutating func carried(from start: Double, stride: Double, into report: inout Report) throws -> Carried? {
        guard let held = try run(from: start, stride: stride) else {
            report.fail("no rate was held, down to a thousand changes a second")
            return nil
        }
        let half = try measure(perSecond: held.rate / 2, seconds: bound.windowSeconds)
        if half.answer == .lostSync { report.fail("the copy did not stay in sync at half of what it carries") }
        return Carried(held: held, half: half)
    }

    /// All rates that were tried, for a note.
    var tried: String { "tried, M/s: " + steps.map(\.words).joined(separator: ", ") }

    /// What was found is the writer's rate and not the copy's, where the writer came late at every higher one.
    var writerIsLimit: String? {
        guard let held = steps.filter(\.isHeld).map(\.rate).max() else { return nil }
        let above = steps.filter { $0.rate > held }
        guard !above.isEmpty else { return "no higher rate was tried, so the copy may carry more" }
        guard above.allSatisfy({ if case .writerLate = $0.answer { true } else { false } }) else { return nil }
        return """
            at every rate above what was held the writer itself came late, so the copy may carry more than this writer \
            can ask of it
            """
    }

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
        try follower.waitIdle(keepsJournal: keepsJournal)
        var load = Load(source: source, pace: .perSecond(rate), set: set, batch: rate > 200_000 ? 8 : 1, stall: stall)
        load.settlingSeconds = bound.settlingSeconds
        let before = (follower.processorSeconds, source.counters[.recordsShipped].load())
        let outcome = try load.run(until: .seconds(seconds))
        let records = source.counters[.recordsShipped].load() - before.1
        let used = before.0.flatMap { start in follower.processorSeconds.map { $0 - start } }
        return Step(
            rate: rate, outcome: outcome, answer: bound.judge(outcome),
            processorSeconds: records == 0 ? nil : used.map { $0 / Double(records) * 1e6 })
    }
}

/// The highest rate that a copy carries, and the copy at half of it.
struct Carried {
    var held: CapacitySearch.Step
    var half: CapacitySearch.Step
}

extension CapacitySearch.Step {
    /// `1.2 ✓`, `1.4 too old (87 ms)`.
    var words: String {
        let rate = shortNumber(rate / 1e6)
        return switch answer {
        case .held: "\(rate) ✓"
        case .tooOld(let age): "\(rate) too old (\(shortNumber(age)) ms)"
        case .writerLate(let late): "\(rate) writer late (\(shortNumber(late)) ms)"
        case .lostSync: "\(rate) lost sync"
        }
    }
}
