package import Tandem
internal import TandemCore

/// A keyed table as bytes, for programs that know its shape only when they run.
package struct RawKeyedTable: Sendable {
    let index: KeyIndex
    /// The same table, for whoever has a handle.
    package let slots: RawSlotTable
    package var name: String { slots.name }

    /// The table called `name`, made for keys and records of these lengths. Who opens it first makes its secret.
    package init(
        _ name: String, in source: SourceDataFile, keyBytesMax: Int, recordBytes: Int
    ) throws(TandemError) {
        let parts = try TableParts(of: name, in: source, isKeyed: true)
        try parts.check(keyBytesMax: keyBytesMax, recordBytes: recordBytes, in: source)
        let header = try parts.open(source, keyBytesMax: keyBytesMax, recordBytes: recordBytes)
        try self.init(parts, header, source)
    }

    /// The table called `name` as it is, to be looked at: nothing is written. Nil when nobody has opened it, and no key
    /// can be in it.
    package init?(lookingAt name: String, in source: SourceDataFile) throws(TandemError) {
        let parts = try TableParts(of: name, in: source, isKeyed: true)
        let header = try parts.read()
        guard header.mark != 0 else { return nil }
        try self.init(parts, header, source)
    }

    private init(_ parts: TableParts, _ header: TableHeader, _ source: SourceDataFile) throws(TandemError) {
        let (keyBytesMax, recordBytes) = (Int(header.keyBytesMax), Int(header.recordBytes))
        guard header.mark == TableHeader.mark, let buckets = parts.buckets,
            (1 ... TableParts.keyBytesMax).contains(keyBytesMax),
            SlotBytes.recordOffset(keyBytesMax: keyBytesMax) + recordBytes == parts.slots.view.layout.payloadBytes
        else { throw TableParts.misfit(parts.name, in: source, "its header is none of a keyed table of its size") }
        let pool = SlotPool(slots: parts.slots, lists: parts.lists, keyBytesMax: keyBytesMax)
        slots = RawSlotTable(pool, header, parts.name, source)
        index = KeyIndex(buckets: buckets, pool: pool, secret: header.secret)
    }

    /// Names of the source's keyed tables, in the order of its tables.
    package static func names(in source: SourceDataFile) -> [String] {
        let all = Set(source.tables.map(\.name))
        return source.tables.map(\.name).filter {
            all.contains($0 + TableParts.lists) && all.contains($0 + TableParts.buckets)
        }
    }

    /// The record of `key` and its handle, as committed last; nil when the key is not there.
    package func find(_ key: [UInt8]) throws(TandemError) -> (handle: RecordHandle, record: [UInt8])? {
        var record = [UInt8](repeating: 0, count: index.pool.recordBytes)
        let found = record.withUnsafeMutableBytes { room in
            key.withUnsafeBytes { bytes in
                result { () throws(TandemError) in try index.find(bytes, as: 0, into: room.baseAddress) }
            }
        }
        return try found.get().map { ($0, record) }
    }

    /// How full it is.
    package func fill() throws(TandemError) -> TableFill { try index.fill() }
    /// Overflow buckets of the longest chain, which takes a look at every bucket.
    package func longestChain() throws(TandemError) -> Int { try index.survey().longestChain }
}

// By key, as a transaction of `owner` sees it, and in a transaction.
extension RawKeyedTable {
    /// The handle of `key`, and a copy of its record where it is wanted; nil when the key is not there.
    package func find(
        _ key: UnsafeRawBufferPointer, as owner: UInt64, into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> RecordHandle? { try index.find(key, as: owner, into: record) }

    /// Puts a copy of `record` under `key`; where the key is there already only if it `replaces` what is there.
    package func insert(
        _ key: UnsafeRawBufferPointer, _ record: UnsafeRawPointer, replaces: Bool,
        in transaction: inout Transaction, near partition: Int?
    ) throws(TandemError) -> Insertion {
        let placed = try index.insert(key, in: &transaction.log, near: partition, deadline: 0, holdsFound: replaces)
        placed.record?.copyMemory(from: record, byteCount: index.pool.recordBytes)
        return placed.isNew ? .inserted(placed.handle) : .present(placed.handle)
    }

    /// The record of `key`, to be changed in place; nil when the key is not there.
    package func hold(
        _ key: UnsafeRawBufferPointer, in transaction: inout Transaction
    ) throws(TandemError) -> UnsafeMutableRawPointer? { try index.holdRecord(key, in: &transaction.log) }

    /// False when the key was not there.
    package func remove(
        _ key: UnsafeRawBufferPointer, in transaction: inout Transaction
    ) throws(TandemError) -> Bool { try index.remove(key, in: &transaction.log) }

    /// The same for the record that `handle` names.
    package func remove(_ handle: RecordHandle, in transaction: inout Transaction) throws(TandemError) -> Bool {
        try index.remove(handle, in: &transaction.log)
    }
}
