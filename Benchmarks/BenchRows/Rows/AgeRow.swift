internal import Histogram

/// `age`: how old the copy is while it follows half of the load that it can.
public struct AgeRow {
    public var bytes = 1 << 30
    /// Changes a second. Nil: half of what the copy can follow, found first.
    public var rate: Double?
    public var stepSeconds = 1.5
    public var seconds = 10.0
    public var startRate = 500_000.0
    public var rateMax = 20_000_000.0
    public var host = FollowerHost.thread

    public init() {}

    public func run() throws -> Report {
        var report = Report("age")
        report.note(Processors.note)
        let scratch = try Scratch()
        let source = try BenchSource(scratch, bytes: bytes)
        source.fill()
        let follower = try Follower(source, copy: scratch.path("copy"), in: host)
        defer { follower.stop() }
        try follower.waitInSync()

        let load = PacedLoad(source: source)
        var search = RateSearch(load: load, stepSeconds: stepSeconds, startRate: startRate, rateMax: rateMax)
        let half = try rate ?? search.run().asked / 2
        let outcome = try load.run(perSecond: half, seconds: seconds)
        if !outcome.stayedInSync { report.fail("the copy did not stay in sync") }
        if outcome.ages.ages.totalCount == 0 { report.fail("no change was seen on the copy") }
        report.add(
            Figure(
                "age of the copy, p50", outcome.ages.microseconds(50), .microseconds, bar: .atMost(300, .microseconds)))
        report.add(
            Figure(
                "age of the copy, p99", outcome.ages.microseconds(99), .microseconds, bar: .atMost(1000, .microseconds))
        )
        report.add(Figure("age of the copy, p99.9", outcome.ages.microseconds(99.9), .microseconds))
        report.add(Figure("age of the copy, worst", Double(outcome.ages.ages.max) / 1e3, .microseconds))
        report.note(
            "at \(shortNumber(outcome.written / 1e6)) M changes/s random over \(source.capacity) records, "
                + (rate == nil ? "half of what the copy can follow" : "as asked")
                + "; \(outcome.ages.ages.totalCount) samples in \(shortNumber(seconds)) s")
        outcome.warn(in: &report)
        report.note("age: from a change's commit until its cut is committed on the copy, seen by the writer itself")
        return report
    }
}
