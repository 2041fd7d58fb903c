import TandemCore
import TestSupport
import Testing

@testable import TandemTables

@Suite("The first look for a key")
struct FirstLookTests {
    private let hall: Hall
    private var index: KeyIndex { hall.calls.index }

    init() throws {
        hall = try Hall()
        var writer = try hall.source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            for key in 1 ... 5 as ClosedRange<UInt64> { _ = try change.insert(hall.calls, key: key, Call(key * 10)) }
        }
    }

    private func look(for key: UInt64) -> SlotLook { key.withKeyBytes { index.lookFirst(for: $0) } }

    /// The trunk at which a look has ended, or -1 where it is looked for anew.
    private func trunk(_ look: SlotLook) throws -> Int? {
        try index.pool.withRecord(
            look,
            orElse: { room throws(TandemError) in
                room.storeBytes(of: Call(.max), as: Call.self)
                return RecordHandle(index: 0, generation: 1)
            }
        ) { (_, call: borrowing Call) in call.trunk == .max ? -1 : Int(call.trunk) }
    }

    @Test("It ends at the slot that has the key, with the handle that a search gives")
    func found() throws {
        for key in 1 ... 5 as ClosedRange<UInt64> {
            let found = try #require(try hall.calls.find(key))
            let look = look(for: key)
            #expect(look.handle == found.handle && look.isRight)
            #expect(try trunk(look) == Int(key * 10))
        }
    }

    @Test("What the first look has read of a slot does not count once the slot has been changed")
    func changed() throws {
        var writer = try hall.source.makeWriter()
        let look = look(for: 3)
        #expect(look.isRight)
        try writer.transaction { change throws(TandemError) in
            _ = try change.update(hall.calls, key: 3) { $0.trunk = 31 }
        }
        #expect(!look.isRight)
        #expect(try trunk(look) == -1)
    }

    @Test("A key that is nowhere, and one that is too long, end at no slot, and are looked for anew")
    func absent() throws {
        #expect(look(for: 99).handle == nil && !look(for: 99).isRight)
        #expect(try trunk(look(for: 99)) == -1)
        let long = [UInt8](repeating: 7, count: hall.calls.keyBytesMax + 1)
        #expect(long.withUnsafeBytes { index.lookFirst(for: $0) }.handle == nil)
    }

    @Test("A slot that a transaction holds is not taken as it stands, and its committed record is found")
    func held() throws {
        var writer = try hall.source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            _ = try change.update(hall.calls, key: 2) { $0 = Call(21) }
            _ = try change.insert(hall.calls, key: 6, Call(60))
            #expect(look(for: 2).handle == nil && look(for: 6).handle == nil)
            #expect(try hall.calls.find(2)?.record == Call(20))
            #expect(try hall.calls.find(6) == nil)
            #expect(try change.find(hall.calls, key: 2)?.record == Call(21))
        }
        #expect(try hall.calls.find(2)?.record == Call(21))
    }
}
