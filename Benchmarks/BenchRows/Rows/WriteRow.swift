/// `write`: what a transaction costs the program that writes.
public struct WriteRow {
    public var bytes = 1 << 30
    public var hotRecords = 1024
    public var hotTransactions = 5_000_000
    public var coldTransactions = 2_000_000
    public var seconds = 1.0
    public var repetitions = 7
    public var host = FollowerHost.thread
    public var verifies = true

    public init() {}

    public func run() throws -> Report {
        var report = Report("write")
        report.note(Processors.note)
        try runAlone(into: &report)
        try ReplicatedWrite(
            scratch: try Scratch(), bytes: bytes, hotRecords: hotRecords, seconds: seconds, repetitions: repetitions,
            host: host,
            isVerified: verifies
        ).run(into: &report)
        return report
    }

    /// In a scope of its own, so that its source is gone before the next two come.
    private func runAlone(into report: inout Report) throws {
        let scratch = try Scratch()
        try HotWrite(
            source: try BenchSource(scratch, name: "hot", bytes: hotRecords * BenchRecord.slotBytes, shared: true),
            records: hotRecords, transactions: hotTransactions, repetitions: repetitions
        ).run(into: &report)
        let source = try BenchSource(scratch, name: "cold", bytes: bytes)
        source.fill()
        try ColdWrite(source: source, transactions: coldTransactions, repetitions: repetitions).run(into: &report)
    }
}
