internal import TandemCore

/// `full-speed`: what a copy does to a writer that goes as fast as it can. Promised is that nothing does: writers never
/// wait for replication.
public struct FullSpeedRow: BenchRow {
    public static let name = "full-speed"
    public static let abstract = "A writer at full speed, with a copy in sync and without."
    public static var parts: Int { WorkingSet.allCases.count }
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// How long each part of a repetition takes.
    public var seconds = 1.5
    package var stall: Stall?

    public init() {}

    public var expectedSeconds: Double {
        8 * Double(bytes) / Double(1 << 30) + 3 * Double(common.repetitions) * (2 * seconds + 1.5)
    }

    public mutating func makeQuick() {
        bytes = 256 << 20
        seconds = 0.4
    }

    private enum Measured {
        case lone, followed, loneStall, followedStall, ageMedian, age99, ageWorst, carried, abandoned, lost
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        let sources = try TwinSources(scratch, bytes: bytes, progress)
        let (lone, followed) = (sources.lone, sources.followed)
        let copy = scratch.path("copy")
        let follower = try Follower(followed, copy: copy, in: common.host)
        defer { follower.stop() }
        for set in WorkingSet.allCases {
            var series = Series<Measured>()
            for repetition in 0 ..< common.repetitions {
                progress.repetition(repetition, of: common.repetitions, set.rawValue)
                try follower.waitIdle()
                note(try load(lone, set, awaitsCopy: false), try load(followed, set, awaitsCopy: true), in: &series)
            }
            add(set, series, to: &report)
            report.note(set.described(of: lone.capacity))
        }
        if common.verifies {
            try follower.waitIdle()
            try followed.check(copy, into: &report)
        }
        report.note(
            """
            closed loop, \(shortNumber(seconds)) s each by the clock, all that the writer sleeps or waits in it; a \
            stall is the longest time of \(Load.batchAtFullSpeed) transactions; an age counts from commit until the \
            cut is whole on the copy
            """)
    }

    private func load(_ source: BenchSource, _ set: WorkingSet, awaitsCopy: Bool) throws -> Load.Outcome {
        try Load(source: source, set: set, stall: stall, awaitsCopy: awaitsCopy).run(until: .seconds(seconds))
    }

    private func note(_ lone: Load.Outcome, _ followed: Load.Outcome, in series: inout Series<Measured>) {
        series.add(.lone, lone.millionsPerSecond)
        series.add(.loneStall, lone.delays.longestMilliseconds)
        series.add(.followed, followed.millionsPerSecond)
        series.add(.followedStall, followed.delays.longestMilliseconds)
        series.add(.ageMedian, followed.ages.microseconds(50) / 1e3)
        series.add(.age99, followed.ages.microseconds(99) / 1e3)
        series.add(.ageWorst, followed.ages.longestMilliseconds)
        series.add(.carried, followed.copy.carriedMillions)
        series.add(.abandoned, Double(followed.copy.abandonedCuts))
        series.add(.lost, followed.copy.stayedInSync ? 0 : Double(max(1, followed.copy.troubles)))
    }

    private func add(_ set: WorkingSet, _ series: Series<Measured>, to report: inout Report) {
        func add(
            _ id: String, _ what: String, _ name: Measured, _ unit: Figure.Unit, beside baseline: Measured? = nil
        ) {
            report.add(
                Figure(
                    "full-speed.\(set.rawValue).\(id)", "\(set.rawValue), \(what)", series[name], unit,
                    beside: baseline.map { .init("without a copy", series[$0]) }))
        }
        add("rate", "transactions with a copy in sync", .followed, .millionsPerSecond, beside: .lone)
        add("stall", "longest stall", .followedStall, .milliseconds, beside: .loneStall)
        add("lost", "times the copy lost sync", .lost, .count)
        add("carried", "records carried to the copy", .carried, .millionsPerSecond)
        add("age.p50", "age of the copy, p50", .ageMedian, .milliseconds)
        add("age.p99", "age of the copy, p99", .age99, .milliseconds)
        add("age.worst", "age of the copy, worst", .ageWorst, .milliseconds)
        add("abandoned", "captures dropped", .abandoned, .count)
    }
}
