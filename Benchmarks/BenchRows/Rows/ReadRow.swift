internal import Tandem
internal import TandemCore

/// `read`: what a committed read costs beside a plain one.
public struct ReadRow: BenchRow {
    public static let name = "read"
    public static let abstract = "What a committed read costs beside a plain one."
    public static var parts: Int { 2 }
    public var common = CommonOptions()
    public var bytes = 1 << 30
    public var hotReads = 5_000_000
    public var coldReads = 1_000_000

    public init() {}

    public var expectedSeconds: Double {
        24 * Double(bytes) / Double(1 << 30)
            + Double(common.repetitions) * (4 * 1e-7 * Double(hotReads) + 8 * 3e-7 * Double(coldReads))
    }

    public mutating func makeQuick() {
        bytes = 128 << 20
        (hotReads, coldReads) = (500_000, 200_000)
    }

    private struct Work: Hashable {
        var set: WorkingSet
        var isPlain: Bool
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        try measure(SmallRecord.self, 16, SmallRecord.slotBytes, &report, progress)
        try measure(BenchRecord.self, 240, BenchRecord.slotBytes, &report, progress)
        report.note("each record's words are added up, so that none of them may be left unread")
        report.note(
            "hot: \(WorkingSet.hotRecords) records in turn; cold: at random over \(bytes >> 20) MiB; nobody writes")
    }

    private func measure<Record: BenchPayload>(
        _: Record.Type, _ size: Int, _ slotBytes: Int, _ report: inout Report, _ progress: BenchProgress
    ) throws {
        let scratch = try Scratch()
        progress.step("filling a source of \(size)-byte records")
        let table = try filled(Record.self, scratch, slotBytes)
        let plain = try PlainRecords<Record>(scratch, capacity: table.capacity, stride: slotBytes)
        var times = Series<Work>()
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions, "\(size) bytes")
            for set in [WorkingSet.hot, .cold] {
                let (indices, passes) = set.walk(
                    of: table.capacity, touches: set == .hot ? hotReads : coldReads, slotBytes: slotBytes)
                let (theirs, ours) = try WorkerThread.run(cpu: Processors.writer) {
                    (
                        Self.each(indices, passes) { plain.read(indices, after: $0) },
                        try Self.each(indices, passes) { try CommittedReads.read(table, indices, after: $0) }
                    )
                }
                times.add(Work(set: set, isPlain: true), theirs)
                times.add(Work(set: set, isPlain: false), ours)
            }
        }
        for set in [WorkingSet.hot, .cold] {
            report.add(
                Figure(
                    "read.\(size).\(set.rawValue)", "\(size) bytes, \(set.rawValue)",
                    times[Work(set: set, isPlain: false)], .nanoseconds,
                    beside: .init("plain read", times[Work(set: set, isPlain: true)])))
        }
    }

    private func filled<Record: BenchPayload>(
        _: Record.Type, _ scratch: Scratch, _ slotBytes: Int
    ) throws -> DataTable<Record> {
        let capacity = max(WorkingSet.hotRecords, bytes / slotBytes)
        let source = try SourceDataFile.create(
            at: scratch.path("source"),
            tables: [.of(Record.self, name: "records", capacity: capacity, sharing: .partitioned)])
        let table = try source.table("records", of: Record.self)
        try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.makeWriter()
            try Self.fill(&writer, table)
        }
        return table
    }

    private static func fill<Record: BenchPayload>(
        _ writer: inout Writer, _ table: DataTable<Record>
    ) throws(TandemError) {
        var value = Record()
        for index in 0 ..< table.capacity {
            value.changeAll()
            let value = value
            try writer.transaction { change throws(TandemError) in try change.set(table, at: index, to: value) }
        }
    }

    /// Once beforehand, so that caches and address translations are as they stay.
    private static func each(_ indices: [UInt32], _ passes: Int, _ body: (UInt64) throws -> UInt64) rethrows -> Double {
        var sum = try body(0)
        let time = try Clock.each(passes * indices.count) { for _ in 0 ..< passes { sum = try body(sum) } }
        // Used, so that nobody may drop the reading.
        return sum == .max ? .nan : time
    }
}
