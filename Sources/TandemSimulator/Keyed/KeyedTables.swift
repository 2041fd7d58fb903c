import TandemCore
import TandemTables

/// A keyed table in the source's memory, as the product makes one: three ordinary tables, and the production code over
/// them. Its header stays zero, as nobody opens the table from a file: the secret is the seed's.
final class KeyedTables {
    static let keyCount = 60
    static let slotCount = 52
    static let partitions = 2
    static let homes = 2
    static let overflow = KeyIndex.overflowCount(capacity: slotCount)
    /// Sixteen bytes, the key with its padding, and a record of two words, both the change's stamp.
    static let recordOffset = 32

    static let definitions = [
        TableDefinition(name: "sessions", payloadBytes: recordOffset + 16, capacity: slotCount, sharing: .shared),
        TableDefinition(name: "sessions.free", payloadBytes: 112, capacity: 2 + partitions, sharing: .shared),
        TableDefinition(name: "sessions.keys", payloadBytes: 112, capacity: homes + overflow, sharing: .shared),
    ]

    let slots, lists, buckets: TableView
    let history = KeyedHistory()
    private(set) var index: KeyIndex
    private(set) var plan: KeyedPlan
    private(set) var keys: [UInt64] = []

    init(_ views: ArraySlice<TableView>, _ plan: KeyedPlan) {
        (slots, lists, buckets) = (views[views.startIndex], views[views.startIndex + 1], views[views.startIndex + 2])
        index = Self.index(slots, lists, buckets, plan)
        self.plan = plan
    }

    /// Another seed's table.
    func begin(_ plan: KeyedPlan) {
        self.plan = plan
        index = Self.index(slots, lists, buckets, plan)
        history.clear()
        keys.removeAll(keepingCapacity: true)
        var candidate = plan.secret.0
        while keys.count < Self.keyCount {
            candidate &+= 1
            if !plan.hasOneHome || location(of: candidate).home == 0 { keys.append(candidate) }
        }
    }

    private static func index(
        _ slots: TableView, _ lists: TableView, _ buckets: TableView, _ plan: KeyedPlan
    ) -> KeyIndex {
        KeyIndex(
            buckets: SharedTable(buckets),
            pool: SlotPool(slots: SharedTable(slots), lists: SharedTable(lists), keyBytesMax: 8), secret: plan.secret)
    }

    func location(of key: UInt64) -> KeyIndex.Location { withUnsafeBytes(of: key) { index.location(of: $0) } }

    /// A key's handle, and its record's two words.
    func find(_ key: Int, as owner: UInt64) throws(TandemError) -> (handle: RecordHandle, record: Record)? {
        var record = Record()
        let bytes = keys[key]
        let handle = try withUnsafeMutableBytes(of: &record) { room throws(TandemError) in
            try withUnsafeBytes(of: bytes) { key throws(TandemError) in
                try index.find(key, as: owner, into: room.baseAddress)
            }
        }
        return handle.map { ($0, record) }
    }

    /// The record that a handle names.
    func read(_ handle: RecordHandle, as owner: UInt64) throws(TandemError) -> Record? {
        var record = Record()
        let isThere = try withUnsafeMutableBytes(of: &record) { room throws(TandemError) in
            try index.pool.read(handle, as: owner, into: room.baseAddress!)
        }
        return isThere ? record : nil
    }

    struct Record {
        var first: UInt64 = 0
        var second: UInt64 = 0
    }
}
