internal import TandemCore

/// `replicated`: a commit that waits for the copy, beside one flush of the same bytes on the same disk.
public struct ReplicatedRow: BenchRow {
    public static let name = "replicated"
    public static let abstract = "A commit that waits for the copy."
    public var common = CommonOptions()
    public var bytes = 64 << 20
    /// Commits of each repetition, one after the other.
    public var memoryCommits = 4000
    public var diskCommits = 2000
    public var durableCommits = 1000

    public init() {}

    public var expectedSeconds: Double {
        Double(common.repetitions)
            * (3 + 3e-4 * Double(memoryCommits) + 3e-4 * Double(diskCommits) + 6e-4 * Double(durableCommits))
    }

    public mutating func makeQuick() { (memoryCommits, diskCommits, durableCommits) = (500, 300, 100) }

    enum Place: String, CaseIterable {
        case memory, disk, durable

        var words: String { self == .durable ? "copy on disk, each cut flushed" : "copy on \(rawValue)" }
    }

    private static let percentiles = [Percentile.p50, .p99, .worst]

    private struct Measured: Hashable {
        /// Nil: the flush alone.
        var place: Place?
        var percentile: Percentile
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let (memory, disk) = (try Scratch(), try Scratch(in: common.disk))
        let source = try BenchSource(memory, bytes: bytes)
        try source.fill()
        var times = Series<Measured>()
        var cutBytes = 0
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions)
            for place in Place.allCases {
                let copy = (place == .memory ? memory : disk).path("copy")
                let (delays, bytesPerCut) = try commits(source, copy, place, &report)
                cutBytes = bytesPerCut
                note(place, delays, &times)
            }
            let flush = FlushBaseline(path: disk.path("flush"), bytes: max(1, cutBytes), count: durableCommits)
            note(nil, try flush.delays(), &times)
        }
        add(times, to: &report)
        report.note(
            """
            closed loop: the next transaction begins when the last one's cut is whole on the copy; default options; \
            one record of \(bytes >> 20) MiB at random, each written by \(cutBytes) bytes of journal
            """)
        report.note("flush: pwrite of as many bytes to a file that has them already, then fdatasync, on that disk")
        report.noteDisk(common.disk)
    }

    private func note(_ place: Place?, _ delays: Delays, _ times: inout Series<Measured>) {
        for percentile in Self.percentiles {
            times.add(Measured(place: place, percentile: percentile), percentile.microseconds(of: delays))
        }
    }

    private func add(_ times: Series<Measured>, to report: inout Report) {
        for place in Place.allCases {
            for percentile in Self.percentiles {
                let flush = times[Measured(place: nil, percentile: percentile)]
                report.add(
                    Figure(
                        "replicated.\(place.rawValue).\(percentile.rawValue)", "\(place.words), \(percentile.words)",
                        times[Measured(place: place, percentile: percentile)], .microseconds,
                        beside: place == .memory ? nil : .init("one fdatasync", flush)))
            }
        }
    }

    /// The delays, and the journal's bytes a cut.
    private func commits(
        _ source: BenchSource, _ copy: String, _ place: Place, _ report: inout Report
    ) throws -> (Delays, Int) {
        defer { Scratch.removeFile(copy) }
        let follower = try Follower(source, copy: copy, in: common.host, durable: place == .durable)
        defer { follower.stop() }
        try follower.waitIdle()
        let count = place == .memory ? memoryCommits : place == .disk ? diskCommits : durableCommits
        let before = (source.counters[.journalBytes].load(), source.counters[.cutsCommitted].load())
        let delays = try WaitingCommits(source: source, count: count).run()
        let cuts = source.counters[.cutsCommitted].load() - before.1
        return (delays, Int((source.counters[.journalBytes].load() - before.0) / max(1, cuts)))
    }
}
