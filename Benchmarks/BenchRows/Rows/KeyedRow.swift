internal import TandemTables

/// `keyed`: what a record found by its key costs beside a plain hash, and putting one in beside a transaction.
public struct KeyedRow: BenchRow {
    public static let name = "keyed"
    public static let abstract = "What keyed records cost beside a plain hash, and beside one-record transactions."
    public var common = CommonOptions()
    /// Keys of the cold tables.
    public var keys = 4_000_000
    public var finds = 2_000_000
    public var changes = 400_000

    public init() {}

    public var expectedSeconds: Double {
        6e-6 * Double(keys) + Double(common.repetitions) * (1e-6 * Double(finds) + 6e-6 * Double(changes))
    }

    public mutating func makeQuick() { (keys, finds, changes) = (400_000, 200_000, 50_000) }

    private enum Work: Hashable {
        case find(WorkingSet), look(WorkingSet), plainFind(WorkingSet)
        case insert, remove, transaction
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        var times = Series<Work>()
        for set in [WorkingSet.hot, .cold] {
            let count = set == .hot ? WorkingSet.hotRecords : keys
            progress.step("filling tables of \(count) keys")
            let (scratch, hash) = (try Scratch(), PlainHash(capacity: count))
            let station = try KeyedStation(scratch, count: count)
            let all = try WorkerThread.run(cpu: Processors.writer) { try station.fill(hash) }
            let asked = KeyedStation.drawn(finds, from: all)
            for repetition in 0 ..< common.repetitions {
                progress.repetition(repetition, of: common.repetitions, "\(set.rawValue)")
                let (theirs, looked, found) = try WorkerThread.run(cpu: Processors.writer) {
                    (
                        Self.each(asked) { hash.find(asked, after: $0) },
                        try Self.each(asked) { try station.look(asked, $0) },
                        try Self.each(asked) { try station.find(asked, $0) }
                    )
                }
                times.add(.plainFind(set), theirs)
                times.add(.look(set), looked)
                times.add(.find(set), found)
                guard set == .hot else { continue }
                let cost = try WorkerThread.run(cpu: Processors.writer) { try station.change(changes) }
                times.add(.transaction, cost.transaction)
                times.add(.insert, cost.insert)
                times.add(.remove, cost.remove)
            }
            report.note("\(set.rawValue): \(try station.shape)")
        }
        for set in [WorkingSet.hot, .cold] {
            let plain = Figure.Baseline("plain hash", times[.plainFind(set)])
            report.add(
                Figure(
                    "keyed.find.\(set.rawValue)", "withRecord of a key, \(set.rawValue)", times[.look(set)],
                    .nanoseconds, beside: plain))
            report.add(
                Figure(
                    "keyed.find.\(set.rawValue).copied", "find, its record handed over, \(set.rawValue)",
                    times[.find(set)], .nanoseconds, beside: plain))
        }
        for (work, name) in [(Work.insert, "insert"), (.remove, "remove")] {
            report.add(
                Figure(
                    "keyed.\(name).hot", "\(name), hot", times[work], .nanoseconds,
                    beside: .init("one-record transaction", times[.transaction])))
        }
        report.note("8-byte keys, 240-byte records, all of whose words are added up; nobody else writes")
        report.note("the plain hash is private memory without locks, half full, with a hash that is not keyed")
    }

    /// Once beforehand, so that caches and address translations are as they stay.
    private static func each(_ asked: [UInt64], _ body: (UInt64) throws -> UInt64) rethrows -> Double {
        var sum = try body(0)
        let time = try Clock.each(asked.count) { sum = try body(sum) }
        return sum == .max ? .nan : time
    }
}
