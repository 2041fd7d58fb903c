internal import TandemCore

/// `update`: how many changed records a second one replicator brings to the copy, for as long as one likes.
public struct UpdateRow {
    public var bytes = 1 << 30
    /// How long each step of the search for the rate takes.
    public var stepSeconds = 1.5
    /// At the rate found, which has to hold that long.
    public var seconds = 10.0
    public var startRate = 500_000.0
    public var rateMax = 20_000_000.0
    public var journalBytes: Int?
    /// How late the last change may be on the copy once writing stops.
    public var lagSecondsMax = 0.02
    public var host = FollowerHost.thread
    public var verifies = true

    public init() {}

    public func run() throws -> Report {
        var report = Report("update")
        report.note(Processors.note)
        let scratch = try Scratch()
        let source = try BenchSource(scratch, bytes: bytes, journalBytes: journalBytes)
        source.fill()
        let copy = scratch.path("copy")
        let follower = try Follower(source, copy: copy, in: host)
        defer { follower.stop() }
        try follower.waitInSync()

        let load = PacedLoad(source: source, lagSecondsMax: lagSecondsMax)
        var search = RateSearch(load: load, stepSeconds: stepSeconds, startRate: startRate, rateMax: rateMax)
        var rate = try search.run().asked
        var held = try load.run(perSecond: rate, seconds: seconds)
        for _ in 0 ..< 6 where !held.keptUp {
            rate *= 0.93
            held = try load.run(perSecond: rate, seconds: seconds)
        }
        if !held.keptUp { report.fail("no rate was held for \(shortNumber(seconds)) s") }
        report.add(
            Figure(
                "records replicated, random over all", held.shipped / 1e6, .millionsPerSecond,
                beside: .init("written", held.written / 1e6), bar: .atLeast(2, .millionsPerSecond)))
        report.add(Figure("copy's lag when writing stops", held.lagSeconds * 1e3, .milliseconds))
        report.note(
            """
            random over \(source.capacity) records, one writer, one replicator; held \(shortNumber(seconds)) s in \
            sync, \(held.abandonedCuts) cuts abandoned, the last change on the copy within \
            \(shortNumber(lagSecondsMax * 1e3)) ms
            """
        )
        held.warn(in: &report)
        report.note(
            "measured elsewhere, on such a machine: Redis with a replica 0.45 M/s, Mnesia 0.1 M/s, QEMU mirror 0.03 M/s"
        )
        report.note("tried: " + search.steps.map(Self.word).joined(separator: ", "))
        if verifies {
            try follower.waitIdle()
            try source.check(copy, into: &report)
        }
        return report
    }

    private static func word(_ step: PacedLoad.Outcome) -> String {
        shortNumber(step.written / 1e6)
            + (!step.stayedInSync
                ? " out of sync" : step.keptUp ? " ✓" : " lag \(shortNumber(step.lagSeconds * 1e3)) ms")
    }
}
