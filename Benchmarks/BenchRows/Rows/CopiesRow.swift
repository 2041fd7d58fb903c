internal import Tandem

/// `copies`: what a second and a third copy cost, and whether one in memory notices what becomes of another one.
///
/// Promised is that none waits for another, and that writers do not know how many there are.
public struct CopiesRow: BenchRow {
    public static let name = "copies"
    public static let abstract = "One, two and three copies, and one in memory beside one that is slow, hung or gone."
    public static var parts: Int { counts.count + NeighbourKind.allCases.count }
    private static let counts = 1 ... 3
    public var common = CommonOptions()
    public var bytes = 256 << 20
    /// How long each part of a repetition takes.
    public var seconds = 1.5
    /// What is written while ages are looked at.
    public var transactionsPerSecond = 100_000.0

    public init() {}

    public var expectedSeconds: Double {
        Double(Self.parts * common.repetitions) * (2 * seconds + 4)
    }

    public mutating func makeQuick() {
        bytes = 64 << 20
        seconds = 0.4
    }

    private enum Measured: Hashable {
        case rate(Int), processor(Int), median(Int), p99(Int), worst(Int)
        case besideMedian(NeighbourKind), beside99(NeighbourKind), besideWorst(NeighbourKind)
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        var series = Series<Measured>()
        for count in Self.counts {
            for repetition in 0 ..< common.repetitions {
                progress.repetition(repetition, of: common.repetitions, "\(count) in memory")
                try measure(count, scratch, &series, &report)
            }
        }
        let kinds = NeighbourKind.allCases.filter(\.isPossible)
        for kind in kinds {
            for repetition in 0 ..< common.repetitions {
                progress.repetition(repetition, of: common.repetitions, "beside one that is \(kind.rawValue)")
                try measure(kind, scratch, &series, &report)
            }
        }
        add(series, kinds, to: &report)
        report.note(
            """
            one writer, random over \(bytes >> 20) MiB; ages at \(shortNumber(transactionsPerSecond)) transactions a \
            second, from when each was due until the last of the copies had it; beside another one, until the one in \
            memory had it
            """)
        for kind in NeighbourKind.allCases where !kind.isPossible {
            report.note("beside one that is \(kind.rawValue): skipped, as nbdkit or its filter is not installed")
        }
    }

    private func measure(
        _ count: Int, _ scratch: Scratch, _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        let source = try BenchSource(scratch, name: "source", bytes: bytes)
        defer { Scratch.removeFile(source.file.path) }
        let copies = (0 ..< count).map { scratch.path("copy \($0)") }
        let follower = try Follower(source, copies: copies, in: common.host)
        defer {
            follower.stop()
            for copy in copies { Scratch.removeFile(copy) }
        }
        try source.fill()
        try follower.waitIdle()
        try follower.waitEachInSync(count)
        let full = try Load(source: source, watched: .each).run(until: .seconds(seconds))
        series.add(.rate(count), full.millionsPerSecond)
        try follower.waitIdle()
        try follower.waitEachInSync(count)
        let before = follower.processorSeconds
        let outcome = try paced(source, .each)
        if let before, let after = follower.processorSeconds {
            // What it waited for the last change is in it, and is nothing beside the rest.
            series.add(.processor(count), (after - before) / (seconds * transactionsPerSecond / 1e6))
        }
        let ages = outcome.ages
        series.add(.median(count), ages.microseconds(50))
        series.add(.p99(count), ages.microseconds(99))
        series.add(.worst(count), ages.longestMilliseconds)
        guard common.verifies else { return }
        try follower.waitIdle()
        try follower.waitEachInSync(count)
        for copy in copies { try source.check(copy, into: &report) }
    }

    private func measure(
        _ kind: NeighbourKind, _ scratch: Scratch, _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        let source = try BenchSource(scratch, name: "source", bytes: bytes)
        defer { Scratch.removeFile(source.file.path) }
        let copy = scratch.path("copy")
        let neighbour = try Neighbour(kind, of: source, scratch)
        let follower = try Follower(source, copies: [copy, neighbour.address], in: common.host)
        defer {
            neighbour.thaw()
            follower.stop()
            neighbour.end()
            Scratch.removeFile(copy)
        }
        try source.fill()
        try follower.waitIdle()
        if kind != .gone { try follower.waitEachInSync(2) }
        neighbour.misbehave()
        let outcome = try paced(source, .first)
        series.add(.besideMedian(kind), outcome.ages.microseconds(50))
        series.add(.beside99(kind), outcome.ages.microseconds(99))
        series.add(.besideWorst(kind), outcome.ages.longestMilliseconds)
        if !outcome.copy.stayedInSync { report.fail("beside one that is \(kind.rawValue) the copy lost sync") }
    }

    private func paced(_ source: BenchSource, _ watched: WatchedCopies) throws -> Load.Outcome {
        var load = Load(source: source, pace: .perSecond(transactionsPerSecond), batch: 1, watched: watched)
        load.settlingSeconds = min(0.3, seconds / 4)
        return try load.run(until: .seconds(seconds))
    }

    private func add(_ series: Series<Measured>, _ kinds: [NeighbourKind], to report: inout Report) {
        func add(
            _ id: String, _ what: String, _ name: Measured, _ unit: Figure.Unit, beside: Figure.Baseline? = nil
        ) {
            report.add(Figure("copies.\(id)", what, series[name], unit, beside: beside))
        }
        for count in Self.counts {
            let words = count == 1 ? "one copy" : "\(count) copies"
            func one(_ name: Measured) -> Figure.Baseline? { count == 1 ? nil : .init("one copy", series[name]) }
            add("\(count).rate", "transactions, \(words)", .rate(count), .millionsPerSecond, beside: one(.rate(1)))
            add(
                "\(count).processor", "replicator's processor, \(words)", .processor(count), .secondsAMillion,
                beside: one(.processor(1)))
            add("\(count).age.p50", "age of the last of \(words), p50", .median(count), .microseconds)
            add("\(count).age.p99", "age of the last of \(words), p99", .p99(count), .microseconds)
            add("\(count).age.worst", "age of the last of \(words), worst", .worst(count), .milliseconds)
        }
        for kind in kinds {
            let (id, words) = (kind.id, "beside one that is \(kind.rawValue)")
            add(
                "\(id).age.p50", "age in memory \(words), p50", .besideMedian(kind), .microseconds,
                beside: .init("alone", series[.median(1)]))
            add(
                "\(id).age.p99", "age in memory \(words), p99", .beside99(kind), .microseconds,
                beside: .init("alone", series[.p99(1)]))
            add("\(id).age.worst", "age in memory \(words), worst", .besideWorst(kind), .milliseconds)
        }
    }
}
