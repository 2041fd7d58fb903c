internal import TandemCore
internal import TandemSystem

/// `latency`: how long a transaction takes from when it was due, alone, beside a copy in sync, and in a bulk copy.
public struct LatencyRow: BenchRow {
    public static let name = "latency"
    public static let abstract = "How late a transaction is: alone, in sync, in a bulk copy."
    public static var parts: Int { 2 }
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// Rate of the open loop.
    public var transactionsPerSecond = 250_000.0
    /// How long each part of a repetition takes; a bulk copy takes what it takes.
    public var seconds = 1.0
    package var stall: Stall?

    public init() {}

    public var expectedSeconds: Double {
        let size = Double(bytes) / Double(1 << 30)
        return 10 * size + 2 * Double(common.repetitions) * (2 * seconds + 3 * size + 0.5)
    }

    public mutating func makeQuick() {
        bytes = 256 << 20
        seconds = 0.3
    }

    private enum Phase: String, CaseIterable {
        case alone
        case inSync = "in-sync"
        case bulk

        var words: String {
            switch self {
            case .alone: "alone"
            case .inSync: "copy in sync"
            case .bulk: "in a bulk copy"
            }
        }
    }

    private struct Place: Hashable {
        var phase: Phase
        var percentile: Percentile
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        let sources = try TwinSources(scratch, bytes: bytes, progress)
        let (lone, followed) = (sources.lone, sources.followed)
        for set in [WorkingSet.hot, .cold] {
            var delays = Series<Place>()
            for repetition in 0 ..< common.repetitions {
                progress.repetition(repetition, of: common.repetitions, set.rawValue)
                try once(set, lone, followed, scratch, &delays, &report)
            }
            add(set, delays, to: &report)
        }
        report.note(
            """
            open loop: \(shortNumber(transactionsPerSecond)) transactions a second, each due at a moment of its own; \
            its delay counts from there until its commit, so a stall counts for all that had to wait for it \
            (coordinated omission is corrected)
            """)
        report.note("\(bytes >> 20) MiB; the copy in memory; \(shortNumber(seconds)) s a repetition, alone and in sync")
    }

    private func once(
        _ set: WorkingSet, _ lone: BenchSource, _ followed: BenchSource, _ scratch: Scratch,
        _ delays: inout Series<Place>, _ report: inout Report
    ) throws {
        note(.alone, try load(lone, set, awaitsCopy: false).run(until: .seconds(seconds)))
        let copy = scratch.path("copy")
        defer { Scratch.removeFile(copy) }
        let follower = try Follower(followed, copy: copy, in: common.host)
        defer { follower.stop() }
        note(
            .bulk,
            try load(followed, set, awaitsCopy: false).run(until: .inSync(since: follower.startedAt)))
        try follower.waitIdle()
        let inSync = try load(followed, set, awaitsCopy: true).run(until: .seconds(seconds))
        note(.inSync, inSync)
        if !inSync.copy.stayedInSync { report.fail("\(set.rawValue): the copy did not stay in sync") }

        func note(_ phase: Phase, _ outcome: Load.Outcome) {
            for percentile in Percentile.allCases {
                let value = percentile.microseconds(of: outcome.delays)
                delays.add(
                    Place(phase: phase, percentile: percentile), percentile == .worst ? value / 1e3 : value)
            }
        }
    }

    private func load(_ source: BenchSource, _ set: WorkingSet, awaitsCopy: Bool) -> Load {
        Load(
            source: source, pace: .perSecond(transactionsPerSecond), set: set, batch: 1, stall: stall,
            awaitsCopy: awaitsCopy)
    }

    private func add(_ set: WorkingSet, _ delays: Series<Place>, to report: inout Report) {
        for phase in Phase.allCases {
            for percentile in Percentile.allCases {
                let alone = Figure.Baseline("alone", delays[Place(phase: .alone, percentile: percentile)])
                report.add(
                    Figure(
                        "latency.\(set.rawValue).\(phase.rawValue).\(percentile.rawValue)",
                        "\(set.rawValue), \(phase.words), \(percentile.words)",
                        delays[Place(phase: phase, percentile: percentile)],
                        percentile == .worst ? .milliseconds : .microseconds,
                        beside: phase == .alone ? nil : alone))
            }
        }
    }
}
