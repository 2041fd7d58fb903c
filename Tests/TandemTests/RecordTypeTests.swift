import Tandem
import TandemCore
import TestSupport
import Testing

/// Types of 16 bytes each, but for the last.
private enum Records {
    enum Kind: UInt8 { case idle, busy }
    struct Inner: BitwiseCopyable { var low: UInt32 = 0, high: UInt32 = 0 }
    struct Call: BitwiseCopyable { var state = 0, trunk = 0 }
    struct Account: BitwiseCopyable { var balance = 0, owner = 0 }
    struct Halves: BitwiseCopyable { var state = 0, trunk: Int32 = 0, rest: Int32 = 0 }
    struct Real: BitwiseCopyable { var state = 0, trunk = 0.0 }
    struct Nested: BitwiseCopyable { var state = 0, trunk = Inner() }
    struct Mixed: BitwiseCopyable { var kind = Kind.idle, pair: (UInt8, UInt16) = (0, 0), value: Int64? = nil }
    /// Another program's declaration of the same record.
    enum Other { struct Call: BitwiseCopyable { var state = 0, trunk = 0 } }
}

@Suite("A table is opened as the type that it was made for, or as one that the program vouches for")
struct RecordTypeTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var path: String { scratch.file("exchange") }

    private func makeSource(version: UInt32 = 0) throws(TandemError) -> SourceDataFile {
        try SourceDataFile.create(
            at: path,
            tables: [
                .of(Records.Call.self, name: "calls", capacity: 10, sharing: .shared, version: version),
                .of(Records.Mixed.self, name: "mixed", capacity: 10, sharing: .shared),
                TableDefinition(name: "bytes", payloadBytes: 16, capacity: 10, sharing: .shared),
            ], options: Exchange.options)
    }

    private func code(_ body: () throws(TandemError) -> Void) -> TandemError.Code? {
        do throws(TandemError) { try body() } catch { return error.code }
        return nil
    }

    @Test("Types of the same size whose fields have other names, places or kinds are refused, and the same is not")
    func fields() throws {
        _ = try makeSource()
        let source = try SourceDataFile.open(at: path)
        func refusal<Record: BitwiseCopyable>(
            _ name: String, _ type: Record.Type, matching match: RecordMatch = .version(0)
        ) -> TandemError.Code? {
            code { () throws(TandemError) in _ = try source.table(name, of: type, matching: match) }
        }
        #expect(MemoryLayout<Records.Halves>.size == 16 && MemoryLayout<Records.Nested>.size == 16)
        #expect(refusal("calls", Records.Account.self) == .wrongSchema)
        #expect(refusal("calls", Records.Halves.self) == .wrongSchema)
        #expect(refusal("calls", Records.Real.self) == .wrongSchema)
        #expect(refusal("calls", Records.Nested.self) == .wrongSchema)
        #expect(refusal("calls", SIMD2<Int64>.self) == .wrongSchema)
        #expect(refusal("calls", Records.Call.self) == nil)
        #expect(refusal("calls", Records.Other.Call.self) == nil)
        #expect(refusal("mixed", Records.Mixed.self) == nil)
        // Whoever knows better says so; the size has to fit all the same.
        #expect(refusal("calls", Records.Account.self, matching: .unchecked) == nil)
        #expect(refusal("calls", Int.self, matching: .unchecked) == .wrongSize)
        // Nothing is known of a table of bytes but the size, and bytes can be had of any table.
        #expect(refusal("bytes", Records.Account.self) == nil)
        _ = try source.rawTable("calls")
    }

    @Test("A version that the program raises is another type, in both directions")
    func versions() throws {
        let source = try makeSource(version: 2)
        func refusal(_ match: RecordMatch) -> TandemError.Code? {
            code { () throws(TandemError) in _ = try source.table("calls", of: Records.Call.self, matching: match) }
        }
        #expect(refusal(.version(0)) == .wrongSchema && refusal(.version(3)) == .wrongSchema)
        #expect(refusal(.version(2)) == nil && refusal(.unchecked) == nil)
    }

    @Test("What is known of the type is the same in every process, and goes with the copy through a promotion")
    func lasts() throws {
        #expect(RecordType.fingerprint(of: Records.Call.self, version: 0) == 3_259_727_199_860_160_992)
        let station = try FixtureFiles()
        let copied = try CopyStatus.read(at: station.copyPath)
        #expect(copied.tables["calls"] == 1000)
        _ = try Promotion.promote(copy: station.copyPath, to: path)
        let promoted = try SourceDataFile.open(at: path)
        #expect(promoted.layout.definitions[0].recordType == Exchange.calls.recordType)
        #expect(Exchange.calls.recordType != 0 && Exchange.calls.recordType != Exchange.trunks.recordType)
        #expect(
            code { () throws(TandemError) in _ = try promoted.table("trunks", of: Records.Call.self) } == .wrongSchema)
    }

    @Test("A source that was made before types were kept opens as before")
    func unknown() throws {
        let source = try SourceDataFile.create(
            at: path, tables: [TableDefinition(name: "calls", payloadBytes: 16, capacity: 10, sharing: .shared)],
            options: Exchange.options)
        #expect(source.layout.definitions[0].recordType == 0)
        #expect(code { () throws(TandemError) in _ = try source.table("calls", of: Records.Real.self) } == nil)
    }
}

@Suite("A program opens its source, or makes it at the first start, in one call")
struct OpenOrCreateTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var path: String { scratch.file("exchange") }

    private func start(_ tables: [TableDefinition] = Exchange.tables) throws(TandemError) -> SourceDataFile {
        try SourceDataFile.openOrCreate(at: path, tables: tables, options: Exchange.options)
    }

    @Test("The first start makes it, the second finds what the first has written")
    func twice() throws {
        for round in 0 ..< 2 {
            let source = try start()
            let calls = try source.table("calls", of: Call.self)
            #expect(try calls.read(at: 3).number == UInt64(round))
            var writer = try source.makeWriter()
            try writer.transaction { change throws(TandemError) in try change.update(calls, at: 3) { $0.number += 1 } }
        }
    }

    @Test("Of many that start together one makes it, and all have the same source")
    func together() async throws {
        let path = path
        let generations = try await withThrowingTaskGroup(of: Generation.self) { group in
            for _ in 0 ..< 8 {
                group.addTask {
                    try SourceDataFile.openOrCreate(at: path, tables: Exchange.tables, options: Exchange.options)
                        .generation
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(generations.count == 1)
    }

    @Test("Other tables than the source has are refused, and the first difference is named")
    func differences() throws {
        _ = try start()
        struct Other: BitwiseCopyable {
            var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
        }
        func calls(bytes: Int = 48, capacity: Int = 1000, sharing: Sharing = .shared) -> TableDefinition {
            TableDefinition(name: "calls", payloadBytes: bytes, capacity: capacity, sharing: sharing)
        }
        let refused: [([TableDefinition], String)] = [
            ([Exchange.calls], "its tables are calls, trunks, not calls"),
            ([calls(bytes: 56), Exchange.trunks], "table 'calls' has records of 48 bytes, not of 56"),
            ([calls(capacity: 999), Exchange.trunks], "table 'calls' has 1000 records, not 999"),
            ([calls(sharing: .partitioned), Exchange.trunks], "table 'calls' is shared, not partitioned"),
            (
                [.of(Other.self, name: "calls", capacity: 1000, sharing: .shared), Exchange.trunks],
                "table 'calls' was made for a type with other fields"
            ),
        ]
        for (tables, words) in refused {
            do throws(TandemError) {
                _ = try start(tables)
                Issue.record("accepted: \(words)")
            } catch {
                #expect(error.code == .wrongSchema && error.description.contains(words), "\(error)")
            }
        }
        _ = try start([calls(), Exchange.trunks])
    }
}
