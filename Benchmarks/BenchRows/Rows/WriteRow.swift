internal import Tandem
internal import TandemCore

/// `write`: what a one-record transaction costs the program that writes, beside the same change without Tandem.
public struct WriteRow: BenchRow {
    public static let name = "write"
    public static let abstract = "What a one-record transaction costs its writer."
    public static var parts: Int { WorkingSet.allCases.count }
    public var common = CommonOptions()
    public var bytes = 1 << 30
    public var hotTransactions = 5_000_000
    public var randomTransactions = 1_000_000

    public init() {}

    public var expectedSeconds: Double {
        let each = 3e-7 * 5 * Double(randomTransactions) + 2e-8 * 5 * Double(hotTransactions)
        return 10 * Double(bytes) / Double(1 << 30) + 2 * each * Double(common.repetitions)
    }

    public mutating func makeQuick() {
        bytes = 256 << 20
        (hotTransactions, randomTransactions) = (500_000, 200_000)
    }

    private enum Work: CaseIterable {
        case plain, plainAnnounced, partitioned, partitionedAnnounced, shared, sharedAnnounced
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        progress.step("filling a source of \(bytes >> 20) MiB")
        let source = try BenchSource(scratch, bytes: bytes, shared: true)
        // Each page of both tables is dirty from here on, as it is between two cuts.
        try source.fill()
        let plain = try PlainRecords<BenchRecord>(scratch, capacity: source.capacity, stride: BenchRecord.slotBytes)
        for set in WorkingSet.allCases {
            var times = Series<Work>()
            for repetition in 0 ..< common.repetitions {
                progress.repetition(repetition, of: common.repetitions, set.rawValue)
                for (work, time) in try once(set, source, plain) { times.add(work, time) }
            }
            add(set, times, to: &report)
            report.note(set.described(of: source.capacity))
        }
        report.note(
            """
            hot: each record is set to a value, beside a plain store of it; warm and cold: all 240 bytes are read, \
            changed and written, beside the same change without Tandem
            """)
        report.note(
            "announced: `prefetch(at:)` \(Transactions.ahead) transactions ahead, the plain change likewise")
    }

    private func once(
        _ set: WorkingSet, _ source: BenchSource, _ plain: PlainRecords<BenchRecord>
    ) throws -> [(Work, Double)] {
        let (indices, passes) = set.walk(
            of: source.capacity, touches: set == .hot ? hotTransactions : randomTransactions)
        let (partitioned, shared) = (source.partitioned, try source.sharedTable())
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.file.makeWriter()
            let value = BenchRecord()
            func each(_ body: () throws -> Void) rethrows -> Double {
                try body()
                return try Clock.each(passes * indices.count) { for _ in 0 ..< passes { try body() } }
            }
            func transact(_ table: DataTable<BenchRecord>) throws(TandemError) {
                if set == .hot {
                    try Transactions.set(&writer, table, indices, value)
                } else {
                    try Transactions.change(&writer, table, indices)
                }
            }
            return [
                (.plain, each { set == .hot ? plain.store(indices, value) : plain.change(indices) }),
                (.partitioned, try each { try transact(partitioned) }),
                (.shared, try each { try transact(shared) }),
                (.plainAnnounced, each { plain.changeAnnounced(indices, ahead: Transactions.ahead) }),
                (
                    .partitionedAnnounced,
                    try each { try Transactions.changeAnnounced(&writer, partitioned, indices) }
                ),
                (.sharedAnnounced, try each { try Transactions.changeAnnounced(&writer, shared, indices) }),
            ]
        }
    }

    private func add(_ set: WorkingSet, _ times: Series<Work>, to report: inout Report) {
        let plain = Figure.Baseline(set == .hot ? "plain store" : "plain change", times[.plain])
        // Announcing pays only where records are in no cache: a change is measured beside a change that is not
        // announced, as a program without Tandem would make it.
        let change = set == .hot ? Figure.Baseline("plain change, announced", times[.plainAnnounced]) : plain
        let rows: [(String, String, Work, Figure.Baseline)] = [
            ("partitioned", "partitioned", .partitioned, plain), ("shared", "shared", .shared, plain),
            ("partitioned.announced", "partitioned, announced", .partitionedAnnounced, change),
            ("shared.announced", "shared, announced", .sharedAnnounced, change),
        ]
        for (id, what, work, baseline) in rows {
            report.add(
                Figure(
                    "write.\(set.rawValue).\(id)", "one record, \(set.rawValue), \(what)", times[work], .nanoseconds,
                    beside: baseline))
        }
        if let announced = times[.plainAnnounced].median, set != .hot {
            report.note("\(set.rawValue): the plain change, announced likewise, takes \(shortNumber(announced)) ns")
        }
    }
}
