import Tandem
import TandemCore
import TestSupport
import Testing

@Suite("A transaction reads what it has written, and what others have committed")
struct TransactionReadTests {
    private let scratch = Scratch(in: "/dev/shm")
    private let source: SourceDataFile
    private let calls: DataTable<Call>
    private let raw: RawDataTable

    init() throws {
        source = try SourceDataFile.create(
            at: scratch.file("exchange"), tables: Exchange.tables, options: Exchange.options)
        calls = try source.table("calls", of: Call.self)
        raw = try source.rawTable("calls")
    }

    private func first(_ change: borrowing Transaction, _ index: Int) throws(TandemError) -> UInt64 {
        var bytes = [UInt8](repeating: 0, count: raw.payloadBytes)
        return try readFirst(change, index, &bytes)
    }

    private func readFirst(
        _ change: borrowing Transaction, _ index: Int, _ bytes: inout [UInt8]
    ) throws(TandemError) -> UInt64 {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: raw.payloadBytes, alignment: 16)
        defer { room.deallocate() }
        try change.read(raw, at: index, into: room)
        return room.load(as: UInt64.self)
    }

    @Test("Its own changes are seen, typed and as bytes, and from outside the value before")
    func own() throws {
        var writer = try source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            try change.set(calls, at: 1, to: Call(7))
            try change.update(calls, at: 1) { $0.trunk = 8 }
            let mine = try change.read(calls, at: 1)
            let bytes = try first(change, 1)
            let committed = try calls.read(at: 1)
            #expect((mine.number, mine.trunk, bytes) == (7, 8, 7))
            #expect(committed == Call())
        }
        #expect(try calls.read(at: 1).trunk == 8)
    }

    @Test("Another writer's record has its committed value while it is changed, and the new one after the commit")
    func others() throws {
        var first = try source.makeWriter()
        var second = try source.makeWriter()
        try first.transaction { change throws(TandemError) in
            try change.set(calls, at: 2, to: Call(5))
            try second.transaction { other throws(TandemError) in
                let seen = try other.read(calls, at: 2)
                #expect(seen == Call())
                let bytes = try self.first(other, 2)
                #expect(bytes == 0)
            }
        }
        try second.transaction { other throws(TandemError) in
            let seen = try other.read(calls, at: 2)
            #expect(seen == Call(5))
        }
        // It has locked nothing: the first writer changes what the second has read and not ended with.
        try second.transaction { other throws(TandemError) in
            _ = try other.read(calls, at: 2)
            try first.transaction { change throws(TandemError) in try change.set(calls, at: 2, to: Call(6)) }
            let seen = try other.read(calls, at: 2)
            #expect(seen == Call(6))
        }
    }

    @Test("What a rolled-back transaction read of its own is gone")
    func rolledBack() throws {
        var writer = try source.makeWriter()
        do throws(TandemError) {
            try writer.transaction { change throws(TandemError) in
                try change.update(calls, at: 3) { call throws(TandemError) in
                    call.number = 9
                    if call.number == 9 { throw .abort(4) }
                }
            }
            Issue.record("it committed")
        } catch { #expect((error.code, error.abortReason) == (.aborted, 4)) }
        try writer.transaction { change throws(TandemError) in
            let seen = try change.read(calls, at: 3)
            #expect(seen == Call())
        }
    }

    @Test("An index out of range, a table of another source and a buffer of another length are refused")
    func refused() throws {
        let other = try SourceDataFile.create(
            at: scratch.file("other"), tables: Exchange.tables, options: Exchange.options)
        let foreign = try other.table("calls", of: Call.self)
        var writer = try source.makeWriter()
        func code(_ body: (borrowing Transaction) throws(TandemError) -> Void) -> TandemError.Code? {
            do throws(TandemError) { try writer.transaction { change throws(TandemError) in try body(change) } } catch {
                return error.code
            }
            return nil
        }
        #expect(code { change throws(TandemError) in _ = try change.read(calls, at: 1000) } == .indexOutOfRange)
        #expect(code { change throws(TandemError) in _ = try change.read(calls, at: -1) } == .indexOutOfRange)
        #expect(code { change throws(TandemError) in _ = try change.read(foreign, at: 0) } == .foreignTable)
        #expect(
            code { change throws(TandemError) in
                try change.read(raw, at: 0, into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
            } == .wrongSize)
    }

    @Test("Codes are printed by their names, and an error's numbers have names")
    func codes() throws {
        #expect(
            "\(TandemError.Code.recordInUse)" == "recordInUse" && "\(TandemError.Code.noSuchTable)" == "noSuchTable")
        #expect("\(TandemError.Code(rawValue: 999))" == "code 999")
        let error = TandemError(.indexOutOfRange, 1, UInt64(bitPattern: -5))
        #expect((error.table, error.index, error.abortReason, error.errno) == (1, -5, nil, nil))
        #expect(TandemError.abort(7).abortReason == 7 && TandemError.abort().index == nil)
        #expect(TandemError(.notReplicatedInTime, 12).commitEpoch == 12)
        #expect(TandemError(.noSpace, "f", "full", remedy: "r", errno: 28).errno == 28)
    }
}
