internal import Tandem
internal import TandemCore

/// `update`: how many changed records a second one replicator brings to the copy for as long as one likes, and how old
/// the copy is at half of that.
public struct UpdateRow: BenchRow {
    public static let name = "update"
    public static let abstract = "Changed records a second that a copy carries, and its age at half of them."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// How long each step of the search takes, and the look at half of what it found.
    public var seconds = 2.0
    /// How old 99 of 100 changes may be when they arrive.
    public var ageMilliseconds = 20.0
    public var startRate = 500_000.0
    public var rateMax = 20_000_000.0
    /// The copy is on the disk, which no bar is for.
    public var onDisk = false
    /// Written through the page cache there.
    public var isCached = false
    /// The copy's journal. Nil: as by default.
    public var journalBytes: Int?
    package var stall: Stall?

    public init() {}

    public var expectedSeconds: Double {
        5 * Double(bytes) / Double(1 << 30)
            + (seconds + 1) * (8 + (4 + Double(AgeSweep.steps) / 2) * Double(common.repetitions))
    }

    public mutating func makeQuick() {
        bytes = 256 << 20
        (seconds, startRate) = (0.4, 600_000)
    }

    private enum Measured { case carried, written, processor, bytes, halfProcessor, median, p99, p999, worst }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        progress.step("filling a source of \(bytes >> 20) MiB")
        let source = try BenchSource(scratch, bytes: bytes, journalBytes: journalBytes)
        try source.fill()
        let disk = onDisk ? try Scratch(in: common.disk) : scratch
        let copy = disk.path("copy")
        let follower = try Follower(source, copy: copy, in: common.host, direct: isCached ? .off : .auto)
        defer { follower.stop() }

        var search = CapacitySearch(source: source, follower: follower)
        search.bound = AgeBound(
            milliseconds: ageMilliseconds, settlingSeconds: min(0.5, seconds / 2), windowSeconds: seconds)
        search.rateMax = rateMax
        search.stall = stall
        var series = Series<Measured>()
        var sweep = AgeSweep()
        var start = startRate
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions, "searching from \(shortNumber(start / 1e6)) M/s")
            let stride = repetition == 0 ? 1.5 : 1.15
            guard let carried = try search.carried(from: start, stride: stride, into: &report) else { break }
            let (held, half) = (carried.held, carried.half)
            start = held.rate
            series.add(.carried, held.outcome.copy.carriedMillions)
            series.add(.written, held.outcome.millionsPerSecond)
            series.add(.processor, held.processorSeconds ?? .nan)
            series.add(.bytes, held.outcome.copy.journalBytesARecord)
            series.add(.halfProcessor, half.processorSeconds ?? .nan)
            series.add(.median, half.outcome.ages.microseconds(50))
            series.add(.p99, half.outcome.ages.microseconds(99))
            series.add(.p999, half.outcome.ages.microseconds(99.9))
            series.add(.worst, half.outcome.ages.longestMilliseconds)
            try sweep.run(search, capacity: held.rate)
        }
        add(series, to: &report)
        report.add(sweep.curve)
        if let warning = search.writerIsLimit { report.warn(warning) }
        report.note("random over \(source.capacity) records, one writer, one replicator; \(search.bound.description)")
        if onDisk { report.noteDisk(common.disk) }
        report.note(search.tried)
        report.note("an age counts from when the change was due, so a writer that comes late makes it no younger")
        if common.verifies {
            try follower.waitIdle()
            try source.check(copy, into: &report)
        }
    }

    private func add(_ series: Series<Measured>, to report: inout Report) {
        report.add(
            Figure(
                "update.carried", "records carried, age bounded", series[.carried], .millionsPerSecond,
                beside: .init("written", series[.written])))
        report.add(
            Figure("update.processor", "replicator's processor, at that rate", series[.processor], .secondsAMillion))
        report.add(
            Figure(
                "update.half.processor", "replicator's processor, at half of it", series[.halfProcessor],
                .secondsAMillion))
        report.add(Figure("update.bytes", "journal a record", series[.bytes], .bytes))
        report.add(Figure("update.age.p50", "age of the copy at half of it, p50", series[.median], .microseconds))
        report.add(Figure("update.age.p99", "age of the copy at half of it, p99", series[.p99], .microseconds))
        report.add(Figure("update.age.p99.9", "age of the copy at half of it, p99.9", series[.p999], .microseconds))
        report.add(Figure("update.age.worst", "age of the copy at half of it, worst", series[.worst], .milliseconds))
    }
}
