import Synchronization
import TandemCore

/// A source in plain memory.
final class TestSource: @unchecked Sendable {
    let layout: FileLayout
    let memory: SourceMemory
    let area: RuntimeArea
    let generation = Generation(high: 7, low: 7)
    /// What its engines say that it is.
    lazy var life = Life(generation)
    /// Bytes of the engine's memory for a cut on its way.
    var journalStaging = 8 << 20
    private let base: UnsafeMutableRawPointer

    init(
        tables: [TableDefinition] = [
            TableDefinition(name: "calls", payloadBytes: 240, capacity: 2000, sharing: .partitioned),
            TableDefinition(name: "trunks", payloadBytes: 16, capacity: 40, sharing: .shared),
        ], writers: Int = 4, undoBytes: Int = 512 << 10, undoSegmentBytes: Int = 8 << 10,
        journalBytes: Int = 4 << 20
    ) {
        layout = try! FileLayout(
            tables: tables, writerCount: writers, undoBytes: undoBytes, undoSegmentBytes: undoSegmentBytes,
            journalBytes: journalBytes)
        base = .allocate(byteCount: layout.tablesEnd, alignment: 4096)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: layout.tablesEnd)
        memory = SourceMemory(base: base, layout: layout)
        area = RuntimeArea(memory: memory, layout: layout)
        area.initialize(afterCut: 0)
    }

    /// Small enough to be compared whole, often.
    static func small(undoBytes: Int = 512 << 10, undoSegmentBytes: Int = 8 << 10) -> TestSource {
        TestSource(
            tables: [
                TableDefinition(name: "calls", payloadBytes: 240, capacity: 400, sharing: .partitioned),
                TableDefinition(name: "trunks", payloadBytes: 16, capacity: 40, sharing: .shared),
            ], undoBytes: undoBytes, undoSegmentBytes: undoSegmentBytes, journalBytes: 1 << 20)
    }

    /// One table of 20,000 records on 1,250 pages, 5 MB: more than a journal of 1 MiB holds.
    static func large(undoBytes: Int = 512 << 10, journalBytes: Int = 4 << 20) -> TestSource {
        TestSource(
            tables: [TableDefinition(name: "calls", payloadBytes: 240, capacity: 20_000, sharing: .partitioned)],
            undoBytes: undoBytes, journalBytes: journalBytes)
    }

    deinit { base.deallocate() }

    func view(_ table: Int) -> TableView { TableView(layout: layout.tables[table], memory: memory) }
    func writer(_ number: Int) -> WriterLog { WriterLog(memory: memory, writer: number) }

    /// The committed payload of a record, as 8-byte words.
    func read(_ table: Int, _ index: Int) throws(TandemError) -> [UInt64] {
        var words = [UInt8](repeating: 0, count: layout.tables[table].payloadBytes)
        try words.withMutableBytes { raw throws(TandemError) in try view(table).read(index, into: raw.baseAddress!) }
        return words.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    }

    func engine(_ options: EngineOptions = EngineOptions()) -> ReplicationEngine {
        engine(of: [FollowedCopy(number: 0, staging: staging())], options)
    }

    func engine(of copies: [FollowedCopy], _ options: EngineOptions = EngineOptions()) -> ReplicationEngine {
        ReplicationEngine(
            memory: memory, layout: layout, life: life,
            checksum: testChecksum, copies: copies, options: options)
    }

    func staging() -> EngineStaging {
        func region(_ bytes: Int) -> UnsafeMutableRawBufferPointer { .allocate(byteCount: bytes, alignment: 4096) }
        return EngineStaging(
            journal: region(journalStaging), images: region(4 << 20), state: region(EngineStaging.stateBytes))
    }
}

extension WriterLog {
    /// Changes record `index`: every word of its payload becomes `value`.
    mutating func fill(_ view: TableView, _ index: Int, _ value: UInt64) throws(TandemError) {
        let payload = try hold(view, index)
        for word in 0 ..< view.layout.payloadBytes / 8 {
            payload.storeBytes(of: value, toByteOffset: word * 8, as: UInt64.self)
        }
    }

    /// As `commitFill`, run again when it is refused a lock or room in the undo log, as `Writer.transaction` does.
    mutating func retryFill(_ view: TableView, _ index: Int, _ value: UInt64) throws(TandemError) {
        for _ in 0 ..< 3 {
            do throws(TandemError) { return try commitFill(view, index, value) } catch {
                guard error.code == .conflict else { throw error }
                rollBack()
            }
        }
        throw TandemError(.conflict)
    }

    /// One transaction that fills one record.
    mutating func commitFill(_ view: TableView, _ index: Int, _ value: UInt64) throws(TandemError) {
        try begin()
        try fill(view, index, value)
        try commit()
    }
}
