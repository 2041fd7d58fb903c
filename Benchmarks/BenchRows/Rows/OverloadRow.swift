internal import TandemCore
internal import TandemSystem

/// `overload`: several writers as fast as they can over one engine. Promised is that no writer waits for it: the copy
/// grows older, and stays promotable.
public struct OverloadRow: BenchRow {
    public static let name = "overload"
    public static let abstract = "Several writers at full speed over one engine."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// They share one processor where there are two, so each has its turn.
    public var writers = 4
    /// How long each part of a repetition takes.
    public var seconds = 3.0

    public init() {}

    public var expectedSeconds: Double {
        8 * Double(bytes) / Double(1 << 30) + Double(common.repetitions) * (2 * seconds + 2)
    }

    public mutating func makeQuick() {
        bytes = 256 << 20
        seconds = 0.4
    }

    private enum Measured {
        case lone, followed, loneStall, followedStall, age50, age99, ageWorst, carried, lost, memory, memoryBefore
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        let sources = try TwinSources(scratch, bytes: bytes, progress)
        let copy = scratch.path("copy")
        let follower = try Follower(sources.followed, copy: copy, in: common.host)
        defer { follower.stop() }
        var series = Series<Measured>()
        var ages = Curve(
            "overload.age", "Age of the copy, \(writers) writers at full speed",
            x: .init("time, s"), y: .init("age, ms"))
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions)
            try follower.waitIdle()
            note(try run(on: sources.lone, awaitsCopy: false), .lone, .loneStall, &series)
            series.add(.memoryBefore, MemoryUse.mebibytes(ofProcess: follower.process))
            let outcomes = try run(on: sources.followed, awaitsCopy: true)
            note(outcomes, .followed, .followedStall, &series)
            noteCopy(outcomes, &series)
            series.add(.memory, MemoryUse.mebibytes(ofProcess: follower.process))
            ages.add(
                "repetition \(repetition + 1)",
                outcomes[0].looks.map { ($0.seconds, Samples([$0.ageMilliseconds])) })
        }
        add(series, to: &report)
        report.add(ages)
        if common.verifies {
            try follower.waitIdle()
            try sources.followed.check(copy, into: &report)
        }
        report.note(
            """
            \(writers) writers on one processor, one replicator on the other; closed loops, random over \
            \(bytes >> 20) MiB; the age is looked at between two batches of one writer, from commit on
            """)
    }

    private func run(on source: BenchSource, awaitsCopy: Bool) throws -> [Load.Outcome] {
        let load = Load(source: source, lookInterval: max(0.005, seconds / 400), awaitsCopy: awaitsCopy)
        return try WorkerThread.all(writers) { _ in try load.run(until: .seconds(seconds)) }
    }

    private func note(
        _ outcomes: [Load.Outcome], _ rate: Measured, _ stall: Measured, _ series: inout Series<Measured>
    ) {
        series.add(rate, outcomes.map(\.millionsPerSecond).reduce(0, +))
        series.add(stall, outcomes.map(\.delays.longestMilliseconds).max() ?? .nan)
    }

    private func noteCopy(_ outcomes: [Load.Outcome], _ series: inout Series<Measured>) {
        // All writers see one copy; the first one's account of it stands for all.
        let (copy, ages) = (outcomes[0].copy, outcomes[0].ages)
        series.add(.carried, copy.carriedMillions)
        series.add(.lost, copy.stayedInSync ? 0 : Double(max(1, copy.troubles)))
        series.add(.age50, ages.microseconds(50) / 1e3)
        series.add(.age99, ages.microseconds(99) / 1e3)
        series.add(.ageWorst, ages.longestMilliseconds)
    }

    private func add(_ series: Series<Measured>, to report: inout Report) {
        func add(_ id: String, _ what: String, _ name: Measured, _ unit: Figure.Unit, beside: Figure.Baseline? = nil) {
            report.add(Figure("overload.\(id)", what, series[name], unit, beside: beside))
        }
        add(
            "rate", "all writers' transactions, a copy in sync", .followed, .millionsPerSecond,
            beside: .init("without a copy", series[.lone]))
        add(
            "stall", "longest stall of any", .followedStall, .milliseconds,
            beside: .init("without a copy", series[.loneStall]))
        add("lost", "times the copy lost sync", .lost, .count)
        add("carried", "records carried to the copy", .carried, .millionsPerSecond)
        add("age.p50", "age of the copy, p50", .age50, .milliseconds)
        add("age.p99", "age of the copy, p99", .age99, .milliseconds)
        add("age.worst", "age of the copy, worst", .ageWorst, .milliseconds)
        add(
            "memory", "the replicator's own memory afterwards", .memory, .mebibytes,
            beside: .init("before", series[.memoryBefore]))
    }
}
