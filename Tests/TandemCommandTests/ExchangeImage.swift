import CTandemLayout
import Glibc
import TestSupport

@testable import TandemCommand

/// A small exchange as bytes of a file, laid out by hand from `CTandemLayout`, so that the audit is tested against the
/// documented layout and not against the engine.
struct ExchangeImage {
    static let calls = 64
    static let trunks = 4
    static let accounts = 8
    private static let journalBytes = 64 << 10

    private struct Place {
        let name: String
        let payload: Int
        let slot: Int
        let capacity: Int
        let offset: Int
    }

    private var places: [Place] = []
    private(set) var bytes: [UInt8] = []
    private let tablesEnd: Int
    var role: UInt32
    var cut: UInt64 = 7
    private var journal: [UInt8] = []
    private var lastCut: UInt64 = 7

    init(role: UInt32) {
        self.role = role
        var offset = 32768
        for (name, payload, capacity) in [
            ("calls", 240, Self.calls), ("trunks", 32, Self.trunks), ("accounts", 32, Self.accounts),
        ] {
            let slot = (16 + payload + 15) & ~15
            places.append(Place(name: name, payload: payload, slot: slot, capacity: capacity, offset: offset))
            offset += (capacity + 4096 / slot - 1) / (4096 / slot) * 4096
        }
        tablesEnd = offset
        bytes = [UInt8](repeating: 0, count: offset + (role == 1 ? 0 : Self.journalBytes))
    }

    private func offset(_ table: Int, _ index: Int) -> Int {
        let place = places[table]
        let perPage = 4096 / place.slot
        return place.offset + index / perPage * 4096 + index % perPage * place.slot
    }

    private func load<Record: BitwiseCopyable>(_ table: Int, _ index: Int, as type: Record.Type) -> Record {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset(table, index) + 16, as: type) }
    }

    private mutating func store<Record: BitwiseCopyable>(_ table: Int, _ index: Int, _ record: Record) {
        let place = offset(table, index) + 16
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: record, toByteOffset: place, as: Record.self) }
    }

    subscript(call index: Int) -> CallRecord {
        get { load(0, index, as: CallRecord.self) }
        set { store(0, index, newValue) }
    }
    subscript(trunk index: Int) -> TrunkRecord {
        get { load(1, index, as: TrunkRecord.self) }
        set { store(1, index, newValue) }
    }
    subscript(account index: Int) -> AccountRecord {
        get { load(2, index, as: AccountRecord.self) }
        set { store(2, index, newValue) }
    }

    /// The record's header says that writer `slot` holds it.
    mutating func lock(call index: Int, by slot: Int) {
        let place = offset(0, index)
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: 5 << 16 | UInt64(slot + 1), toByteOffset: place, as: UInt64.self)
        }
    }

    mutating func setEpoch(_ epoch: UInt64, ofCall index: Int) { store(0, index, epoch: epoch) }
    mutating func setEpoch(_ epoch: UInt64, ofTrunk index: Int) { store(1, index, epoch: epoch) }

    private mutating func store(_ table: Int, _ index: Int, epoch: UInt64) {
        let place = offset(table, index) + 8
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: epoch, toByteOffset: place, as: UInt64.self) }
    }

    mutating func setUp(_ index: Int, trunk: Int, payer: Int = 0, payee: Int = 1, charge: Int64 = 30) {
        self[call: index].setUp(at: index, trunk: trunk, payer: payer, payee: payee, charge: charge)
        self[trunk: trunk].seize()
    }

    mutating func release(_ index: Int) {
        self[call: index].release(at: index)
        let call = self[call: index]
        self[trunk: Int(call.trunk)].free()
        self[account: Int(call.payer)].book(-call.charge)
        self[account: Int(call.payee)].book(call.charge)
    }

    /// Some traffic.
    static func busy(role: UInt32 = 1) -> ExchangeImage {
        var image = ExchangeImage(role: role)
        for index in 0 ..< 40 {
            image.setUp(index, trunk: index % trunks, payer: index % accounts, payee: (index + 3) % accounts)
        }
        for index in stride(from: 0, to: 40, by: 3) { image.release(index) }
        return image
    }

    /// One change of a cut, as it stands in the journal.
    struct Change {
        let table: Int
        let index: Int
        let payload: [UInt8]

        init<Record: BitwiseCopyable>(_ table: Int, _ index: Int, _ record: Record) {
            self.table = table
            self.index = index
            payload = withUnsafeBytes(of: record) { Array($0) }
        }
    }

    /// Appends a cut to the journal, after a pad as the engine makes at a chunk's end.
    mutating func append(_ changes: [Change], previous: UInt64? = nil, spoil: Bool = false) {
        var body = [UInt8](repeating: 0, count: 64)
        body.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt32.max, as: UInt32.self)
            $0.storeBytes(of: 64, toByteOffset: 8, as: UInt64.self)
        }
        for change in changes {
            var entry = [UInt8](repeating: 0, count: (24 + change.payload.count + 15) & ~15)
            entry.withUnsafeMutableBytes {
                $0.storeBytes(of: UInt32(change.table), as: UInt32.self)
                $0.storeBytes(of: UInt64(change.index), toByteOffset: 8, as: UInt64.self)
                $0.storeBytes(of: lastCut + 1, toByteOffset: 16, as: UInt64.self)
            }
            entry.replaceSubrange(24 ..< 24 + change.payload.count, with: change.payload)
            body += entry
        }
        var header = tandem_cut()
        header.magic = TANDEM_CUT_MAGIC
        header.generation = (11, 12)
        header.cut = lastCut + 1
        header.previous = previous ?? lastCut
        header.position = UInt64(journal.count)
        header.bytes = UInt64((128 + body.count + 4095) & ~4095)
        header.count = UInt64(changes.count)
        header.used = UInt64(body.count)
        header.body_checksum = body.withUnsafeBytes(CRC32C.sum)
        header.checksum = withUnsafeBytes(of: &header, CRC32C.sum)
        if spoil { body[80] ^= 1 }
        let padding = [UInt8](repeating: 0, count: Int(header.bytes) - 128 - body.count)
        journal += withUnsafeBytes(of: &header) { Array($0) } + body + padding
        lastCut += 1
    }

    /// The finished file.
    func file() -> [UInt8] {
        var file = bytes
        file.withUnsafeMutableBytes { raw in
            for (row, place) in places.enumerated() {
                var entry = tandem_table()
                withUnsafeMutableBytes(of: &entry.name) { $0.copyBytes(from: place.name.utf8) }
                entry.payload_bytes = UInt32(place.payload)
                entry.slot_bytes = UInt32(place.slot)
                entry.page_bytes = 4096
                entry.capacity = UInt64(place.capacity)
                entry.offset = UInt64(place.offset)
                entry.page_count = UInt64((place.capacity + 4096 / place.slot - 1) / (4096 / place.slot))
                raw.storeBytes(of: entry, toByteOffset: 256 + row * 128, as: tandem_table.self)
            }
            var identity = raw.load(as: tandem_identity.self)
            identity.magic = TANDEM_MAGIC
            identity.format = UInt32(TANDEM_FORMAT)
            identity.table_count = UInt32(places.count)
            identity.tables_end = UInt64(tablesEnd)
            identity.journal_bytes = UInt64(Self.journalBytes)
            identity.checksum = withUnsafeBytes(of: &identity, CRC32C.sum)
            raw.storeBytes(of: identity, as: tandem_identity.self)
            var state = tandem_state()
            state.magic = TANDEM_STATE_MAGIC
            state.sequence = 3
            state.generation = (11, 12)
            state.role = role
            state.tail_cut = 7
            state.cut = cut
            state.checksum = withUnsafeBytes(of: &state, CRC32C.sum)
            raw.storeBytes(of: state, toByteOffset: 12288, as: tandem_state.self)
        }
        if role != 1 { file.replaceSubrange(tablesEnd ..< tablesEnd + journal.count, with: journal) }
        return file
    }
}

/// A file that is gone when the test is over.
final class TemporaryFile {
    private let scratch = Scratch()
    var path: String { scratch.file("file") }

    init(_ bytes: [UInt8] = []) { scratch.write(bytes, to: "file") }
}
