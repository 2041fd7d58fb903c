internal import TandemTables

/// A source with a keyed table, and an ordinary one of as many records.
final class KeyedStation: Sendable {
    private let source: SourceDataFile
    private let table: KeyedTable<UInt64, BenchRecord>
    private let plain: DataTable<BenchRecord>
    private let count: Int

    /// - Parameter load: below a third all keys stand in their home, whatever the table's secret is.
    init(_ scratch: Scratch, count: Int, load: Double = 0.7) throws {
        self.count = count
        // Room for those that come and go.
        source = try SourceDataFile.create(
            at: scratch.path("keyed"),
            tables: .keyed("keyed", key: UInt64.self, of: BenchRecord.self, capacity: count * 5 / 4, load: load)
                + [.of(BenchRecord.self, name: "plain", capacity: count, sharing: .shared)])
        table = try source.keyedTable("keyed", key: UInt64.self, of: BenchRecord.self)
        plain = try source.table("plain", of: BenchRecord.self)
    }

    /// The keys that are put in, here and into `hash`.
    func fill(_ hash: PlainHash? = nil) throws -> [UInt64] {
        var random = SplitMix(seed: 3)
        var writer = try source.makeWriter()
        return try (0 ..< count).map { _ in
            var record = BenchRecord()
            for word in 0 ..< 30 { record.words[word] = random.next() }
            hash?.insert(record)
            let (key, value) = (record.words[0], record)
            try writer.transaction { change throws(TandemError) in _ = try change.insert(table, key: key, value) }
            return key
        }
    }

    /// So many of `keys`, at random.
    static func drawn(_ count: Int, from keys: [UInt64]) -> [UInt64] {
        var random = SplitMix(seed: 7)
        return (0 ..< count).map { _ in keys[random.index(below: keys.count)] }
    }

    @inline(never)
    func find(_ keys: [UInt64], _ before: UInt64) throws(TandemError) -> UInt64 {
        var sum = before
        for key in keys {
            guard let found = try table.find(key) else { throw .abort() }
            sum &+= found.record.sum
        }
        return sum
    }

    /// The same, and no record is handed about.
    @inline(never)
    func look(_ keys: [UInt64], _ before: UInt64) throws(TandemError) -> UInt64 {
        var sum = before
        for key in keys {
            guard let found = try table.withRecord(key, { $0.sum }) else { throw .abort() }
            sum &+= found
        }
        return sum
    }

    /// Nanoseconds of a transaction that changes one record, of one that puts a key in, and of one that takes it out.
    func change(_ changes: Int) throws -> (transaction: Double, insert: Double, remove: Double) {
        var writer = try source.makeWriter()
        let one = try Clock.each(changes) {
            for number in 0 ..< changes {
                try writer.transaction { change throws(TandemError) in
                    try change.update(plain, at: number % count) { $0.changeAll() }
                }
            }
        }
        var (insert, remove) = (0.0, 0.0)
        // As many at a time as there is room for.
        let batch = count / 8
        let batches = max(changes / batch, 1)
        let record = BenchRecord()
        for number in 0 ..< batches {
            let first = UInt64(number * batch) | 1 << 63
            insert += try Clock.each(batch) {
                for key in first ..< first + UInt64(batch) {
                    try writer.transaction { change throws(TandemError) in
                        _ = try change.insert(table, key: key, record)
                    }
                }
            }
            remove += try Clock.each(batch) {
                for key in first ..< first + UInt64(batch) {
                    try writer.transaction { change throws(TandemError) in try change.remove(table, key: key) }
                }
            }
        }
        return (one, insert / Double(batches), remove / Double(batches))
    }

    /// How full it is, in words.
    var shape: String {
        get throws {
            let (fill, survey) = (try table.fill(), try table.survey())
            return
                """
                \(fill.count) keys, \(Int(fill.load * 100)) % of the places, \(survey.keysAway) in their second \
                bucket, \(fill.overflowBucketsUsed) chained buckets
                """
        }
    }
}
