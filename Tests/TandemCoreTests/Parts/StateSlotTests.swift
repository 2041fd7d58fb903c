import TandemCore
import Testing

@Suite("StateSlot: what a file says of itself, in one of two sectors")
struct StateSlotTests {
    private static func slot(_ sequence: UInt64, cut: UInt64 = 9) -> StateSlot {
        StateSlot(
            sequence: sequence, generation: Generation(high: 1, low: 2),
            lineage: Lineage(ancestors: [Generation(high: 3, low: 4), Generation(high: 5, low: 6)], ends: [7, 5]),
            role: .consistent, journalTail: 8192, tailCut: 8, cut: cut, wallNanoseconds: 77,
            copy: CopyID(high: 11, low: 12))
    }

    private func encode(_ slot: StateSlot) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: StateSlot.byteCount)
        bytes.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: testChecksum) }
        return bytes
    }

    private func decode(_ bytes: [UInt8]) -> StateSlot? {
        bytes.withUnsafeBytes { StateSlot.decode($0.baseAddress!, checksum: testChecksum) }
    }

    /// The first 16 KiB of a file with these slots where they belong.
    private func header(_ slots: StateSlot...) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 16384)
        for slot in slots { header.replaceSubrange(slot.offset ..< slot.offset + 512, with: encode(slot)) }
        return header
    }

    @Test(
        "A slot is read as it was written, in each role",
        arguments: [.source, .syncing, .consistent] as [StateSlot.Role])
    func roundTrip(role: StateSlot.Role) {
        var slot = Self.slot(7)
        slot.role = role
        #expect(decode(encode(slot)) == slot)
    }

    @Test("The eight newest of its ancestors are kept")
    func ancestors() {
        var slot = Self.slot(7)
        let ancestors = (1 ... 10).map { Generation(high: $0, low: 0) }
        slot.lineage = Lineage(ancestors: ancestors)
        #expect(decode(encode(slot))?.ancestors == Array(ancestors.prefix(8)))
    }

    @Test("A slot of which any bit is wrong is none")
    func rot() {
        let whole = encode(Self.slot(7))
        for bit in 0 ..< whole.count * 8 {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(decode(bytes) == nil, "bit \(bit)")
        }
    }

    @Test("A cut that no source lives to see is a forgery, under a valid checksum")
    func forged() {
        #expect(decode(encode(Self.slot(7, cut: StateSlot.cutMax))) != nil)
        #expect(decode(encode(Self.slot(7, cut: StateSlot.cutMax + 1))) == nil)
        var slot = Self.slot(7)
        slot.tailCut = StateSlot.cutMax + 1
        #expect(decode(encode(slot)) == nil)
    }

    @Test("Slots alternate between two sectors, and the newer one counts", arguments: [6, 7])
    func newest(sequence: UInt64) {
        let (older, newer) = (Self.slot(sequence), Self.slot(sequence + 1))
        #expect(older.offset != newer.offset)
        #expect(StateSlot.newest(in: header(older, newer), checksum: testChecksum) == newer)
    }

    @Test("A torn slot leaves the other one, and two torn ones leave none", arguments: [0, 100, 508, 511])
    func torn(at byte: Int) {
        let (older, newer) = (Self.slot(6), Self.slot(7))
        var header = header(older, newer)
        header[newer.offset + byte] ^= 1
        #expect(StateSlot.newest(in: header, checksum: testChecksum) == older)
        header[older.offset + byte] ^= 1
        #expect(StateSlot.newest(in: header, checksum: testChecksum) == nil)
        #expect(StateSlot.newest(in: [UInt8](repeating: 0, count: 16384), checksum: testChecksum) == nil)
    }
}
