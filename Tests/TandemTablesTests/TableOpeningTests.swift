import TandemCore
import TestSupport
import Testing

@testable import TandemTables

@Suite("Keyed tables, made and opened")
struct TableOpeningTests {
    private let scratch = Scratch(in: "/dev/shm")

    private func make(_ tables: [TableDefinition]) throws(TandemError) -> SourceDataFile {
        var options = SourceOptions()
        options.writers = 2
        options.undoBytes = 1 << 17
        return try SourceDataFile.create(at: scratch.file("hall"), tables: tables, options: options)
    }

    private func calls(_ name: String = "calls", capacity: Int = 10) throws(TandemError) -> [TableDefinition] {
        try .keyed(name, key: UInt64.self, of: Call.self, capacity: capacity)
    }

    private func refusal(_ body: () throws(TandemError) -> Void) -> String {
        do throws(TandemError) { try body() } catch { return "\(error.code): \(error)" }
        return "nothing"
    }

    @Test("A table's secret is made when it is first opened, and is the same for all who open it afterwards")
    func secret() throws {
        let source = try make(calls())
        let first = try Hall.calls(of: source).index.hash.secret
        let second = try Hall.calls(of: SourceDataFile.open(at: source.path)).index.hash.secret
        #expect(first == second && first != (0, 0))
    }

    @Test("A keyed table is three ordinary tables, named after it")
    func parts() throws {
        let definitions = try calls(capacity: 1000)
        #expect(definitions.map(\.name) == ["calls", "calls.free", "calls.keys"])
        #expect(definitions.map(\.payloadBytes) == [16 + 16 + MemoryLayout<Call>.size, 112, 112])
        #expect(definitions.allSatisfy { $0.sharing == .shared })
        // 1,000 ∕ (16 × 0.7) homes, and a bucket for every sixteen keys.
        #expect(definitions[2].capacity == 90 + 63)
    }

    @Test("What a definition cannot be is refused by name")
    func definitions() {
        let cases: [(String, () throws(TandemError) -> Void)] = [
            (
                "keys of type String have different lengths",
                { () throws(TandemError) in
                    _ = try [TableDefinition].keyed("t", key: String.self, of: Call.self, capacity: 1)
                }
            ),
            (
                "keys of type UInt64 have 8 bytes",
                { () throws(TandemError) in
                    _ = try [TableDefinition].keyed("t", key: UInt64.self, keyBytesMax: 9, of: Call.self, capacity: 1)
                }
            ),
            (
                "bytes that belong to no field",
                { () throws(TandemError) in
                    _ = try [TableDefinition].keyed("t", key: Gappy.self, of: Call.self, capacity: 1)
                }
            ),
            (
                "a capacity of 0 records",
                { () throws(TandemError) in
                    _ = try [TableDefinition].keyed("t", key: UInt64.self, of: Call.self, capacity: 0)
                }
            ),
            (
                "a load of 1.5",
                { () throws(TandemError) in
                    _ = try [TableDefinition].keyed("t", key: UInt64.self, of: Call.self, capacity: 1, load: 1.5)
                }
            ),
            (
                "0 partitions",
                { () throws(TandemError) in
                    _ = try [TableDefinition].slots("t", of: Call.self, capacity: 1, partitions: 0)
                }
            ),
            (
                "must be 1 to 26 letters",
                { () throws(TandemError) in
                    _ = try [TableDefinition].slots(String(repeating: "t", count: 27), of: Call.self, capacity: 1)
                }
            ),
        ]
        for (words, body) in cases {
            let text = refusal(body)
            #expect(text.hasPrefix("badArgument: table 't") && text.contains(words), "\(text)")
        }
    }

    private struct Gappy: BitwiseCopyable, TableKey {
        var small: UInt8 = 0
        var large: UInt64 = 0
    }

    private struct Session: BitwiseCopyable, TableKey, Equatable {
        var node: UInt32
        var number: UInt32
        var time: UInt64
    }

    @Test("A key may be a type of the program's own, of fixed size and without gaps")
    func ownKeys() throws {
        let source = try make(.keyed("calls", key: Session.self, of: Call.self, capacity: 10))
        let calls = try source.keyedTable("calls", key: Session.self, of: Call.self)
        var writer = try source.makeWriter()
        let key = Session(node: 1, number: 2, time: 3)
        try writer.transaction { change throws(TandemError) in _ = try change.insert(calls, key: key, Call(1)) }
        let found = try #require(try calls.find(key))
        #expect(try calls.key(of: found.handle) == key)
        #expect(try calls.find(Session(node: 1, number: 2, time: 4)) == nil)
    }

    @Test("A table that is opened as what it is not is refused in words")
    func misfits() throws {
        let source = try make(
            calls() + .slots("legs", of: Call.self, capacity: 5)
                + [.of(Call.self, name: "plain", capacity: 3, sharing: .shared)])
        let cases: [(String, () throws(TandemError) -> Void)] = [
            (
                "noSuchTable",
                { () throws(TandemError) in
                    _ = try source.keyedTable("other", key: UInt64.self, of: Call.self)
                }
            ),
            (
                "there is no table 'plain.free' beside it",
                { () throws(TandemError) in
                    _ = try source.keyedTable("plain", key: UInt64.self, of: Call.self)
                }
            ),
            (
                "there is no table 'legs.keys' beside it",
                { () throws(TandemError) in
                    _ = try source.keyedTable("legs", key: UInt64.self, of: Call.self)
                }
            ),
            ("it has keys", { () throws(TandemError) in _ = try source.slotTable("calls", of: Call.self) }),
            (
                "its slots have",
                { () throws(TandemError) in
                    _ = try source.keyedTable("calls", key: UInt64.self, of: Trunk.self)
                }
            ),
            (
                "another kind of key",
                { () throws(TandemError) in
                    _ = try source.keyedTable("calls", key: UInt32.self, of: Call.self)
                }
            ),
            (
                "another kind of key",
                { () throws(TandemError) in
                    _ = try source.keyedTable("calls", key: String.self, keyBytesMax: 8, of: Call.self)
                }
            ),
        ]
        for (words, body) in cases {
            let text = refusal(body)
            #expect(text.contains(words) && text.contains(scratch.path), "\(text)")
        }
        #expect(code { () throws(TandemError) in _ = try Hall.calls(of: source) } == nil)
    }

    @Test("A companion of another shape is refused, and so is a header that somebody has written over")
    func companions() throws {
        var tables = try calls()
        tables[2] = TableDefinition(name: "calls.keys", payloadBytes: 112, capacity: 2, sharing: .shared)
        let source = try make(tables)
        let text = refusal { () throws(TandemError) in _ = try Hall.calls(of: source) }
        #expect(text.contains("too few for 10 keys"), "\(text)")
        let hall = try Hall()
        let lists = hall.calls.index.pool.lists
        var writer = try hall.source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            try lists.hold(ListPlace.header, as: TableHeader.self, in: &change.log).pointee.mark = 5
        }
        #expect(
            refusal { () throws(TandemError) in _ = try Hall.calls(of: hall.source) }.contains("its header is none"))
    }

    @Test("Keys and records of another source are refused by a transaction")
    func foreign() throws {
        let (mine, other) = (try Hall(), try Hall())
        var writer = try mine.source.makeWriter()
        func check(_ body: (inout Transaction) throws(TandemError) -> Void) {
            #expect(code { () throws(TandemError) in try writer.transaction(body) } == .foreignTable)
        }
        check { change throws(TandemError) in _ = try change.insert(other.calls, key: 1, Call(1)) }
        check { change throws(TandemError) in _ = try change.find(other.calls, key: 1) }
        check { change throws(TandemError) in try change.remove(other.calls, key: 1) }
        check { change throws(TandemError) in _ = try change.allocate(other.legs, Call(1)) }
        check { change throws(TandemError) in _ = try change.read(other.legs, RecordHandle(rawValue: 1 << 32)) }
    }
}
