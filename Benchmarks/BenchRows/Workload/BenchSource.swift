internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// A source of 240-byte records in a scratch directory.
final class BenchSource: Sendable {
    let file: SourceDataFile
    let partitioned: DataTable<BenchRecord>
    let capacity: Int

    /// - Parameters:
    ///   - bytes: size of the table, at least one page.
    ///   - shared: adds a shared table of the same size.
    ///   - undoBytes: nil for what a source takes by itself.
    init(
        _ scratch: Scratch, name: String = "source", bytes: Int, shared: Bool = false, undoBytes: Int? = nil,
        journalBytes: Int? = nil
    ) throws {
        capacity = max(16, bytes / BenchRecord.slotBytes)
        var tables: [TableDefinition] = [
            .of(BenchRecord.self, name: "partitioned", capacity: capacity, sharing: .partitioned)
        ]
        if shared { tables.append(.of(BenchRecord.self, name: "shared", capacity: capacity, sharing: .shared)) }
        var options = SourceOptions()
        options.undoBytes = undoBytes
        options.journalBytes = journalBytes
        file = try SourceDataFile.create(at: scratch.path(name), tables: tables, options: options)
        partitioned = try file.table("partitioned", of: BenchRecord.self)
        // Every page mapped now: first touches are not what is measured.
        file.file.populate()
    }

    /// What was a copy until it was promoted.
    init(opening path: String) throws {
        file = try SourceDataFile.open(at: path)
        partitioned = try file.table("partitioned", of: BenchRecord.self)
        capacity = partitioned.capacity
        file.file.populate()
    }

    func sharedTable() throws -> DataTable<BenchRecord> { try file.table("shared", of: BenchRecord.self) }

    /// Bytes of all tables' pages.
    var tableBytes: Int { file.layout.tables.reduce(0) { $0 + $1.byteCount } }

    /// Gives every record a value of its own, in its own transactions, as a program would.
    func fill() throws {
        try WorkerThread.run(cpu: Processors.writer) { [self] in try fillHere() }
    }

    /// The same on the calling thread.
    func fillHere() throws {
        var writer = try file.makeWriter()
        for table in try tables() { try Self.fill(&writer, table) }
    }

    /// Changes the first record of every so manyth page.
    func changeOneRecord(ofEach pages: Int) throws {
        try WorkerThread.run(cpu: Processors.writer) { [self] in
            let recordsAPage = file.layout.tables[0].recordsPerPage
            var writer = try file.makeWriter()
            for index in stride(from: 0, to: capacity, by: recordsAPage * pages) {
                try Transactions.changeOne(&writer, partitioned, index)
            }
        }
    }

    private func tables() throws -> [DataTable<BenchRecord>] {
        try file.layout.definitions.map { try file.table($0.name, of: BenchRecord.self) }
    }

    private static func fill(_ writer: inout Writer, _ table: DataTable<BenchRecord>) throws(TandemError) {
        var random = SplitMix(seed: 1)
        var value = BenchRecord()
        for index in 0 ..< table.capacity {
            for word in 0 ..< 30 { value.words[word] = random.next() }
            let value = value
            try writer.transaction { change throws(TandemError) in try change.set(table, at: index, to: value) }
        }
    }

    private static func words(_ found: Verification.Difference) -> String {
        "; \(found.table)[\(found.index)] is of epoch \(found.copyEpoch), and of \(found.sourceEpoch) in the source"
    }

    // MARK: What the replicator says

    var counters: ReplicatorBlock { file.area.firstFollowed }
    var committed: UInt64 { file.area.committed.loadAcquiring() }
    var isInSync: Bool { counters[.state].load() == CopyState.inSync.rawValue }
    var dirtyPages: Int { file.memory.dirty.count(wordCount: file.layout.runtime.wordCount) }

    /// Compares source and copy, record by record.
    func check(_ copy: String, into report: inout Report) throws {
        let result = try Verification.compare(source: file, copy: copy)
        let total = file.layout.tables.reduce(0) { $0 + $1.capacity }
        guard result.differences.isEmpty, result.recordsTooHot == 0, result.recordsCompared == total else {
            return report.fail(
                """
                of \(total) records \(result.recordsCompared) are equal on the copy of cut \(result.cut), \
                \(result.differences.count) differ\(result.differences.prefix(5).map(Self.words).joined())
                """
            )
        }
        report.note("afterwards all \(total) records compared: equal on the copy")
    }
}
