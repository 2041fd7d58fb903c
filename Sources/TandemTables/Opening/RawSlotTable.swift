package import Tandem
internal import TandemCore

/// Slots as bytes, with keys or without, for programs that know a record's shape only when they run: what is known by
/// a handle.
package struct RawSlotTable: Sendable {
    let pool: SlotPool
    /// Keeps the memory mapped.
    private let source: SourceDataFile
    package let name: String
    package let clock: TableClock

    init(_ pool: SlotPool, _ header: TableHeader, _ name: String, _ source: SourceDataFile) {
        self.init(pool, TableClock(offset: header.clockOffset), name, source)
    }

    init(_ pool: SlotPool, _ clock: TableClock, _ name: String, _ source: SourceDataFile) {
        self.pool = pool
        self.clock = clock
        self.name = name
        self.source = source
    }

    /// The table of slots without keys called `name`, made for records of this length.
    package init(_ name: String, in source: SourceDataFile, recordBytes: Int) throws(TandemError) {
        let parts = try TableParts(of: name, in: source, isKeyed: false)
        try parts.check(keyBytesMax: 0, recordBytes: recordBytes, in: source)
        let header = try parts.open(source, keyBytesMax: 0, recordBytes: recordBytes)
        self.init(SlotPool(slots: parts.slots, lists: parts.lists, keyBytesMax: 0), header, name, source)
    }

    package var capacity: Int { pool.capacity }
    package var keyBytesMax: Int { pool.keyBytesMax }
    package var recordBytes: Int { pool.recordBytes }
    package var partitionCount: Int { pool.partitions.count }

    /// By which reads made on a transaction's behalf know what it holds. 0 is nobody: what is committed is read.
    package func owner(in transaction: borrowing Transaction) throws(TandemError) -> UInt64 {
        try transaction.log.owner(in: pool.slots.view)
    }

    /// What a slot in use says of itself.
    package struct Entry {
        package let handle: RecordHandle
        package let deadline: UInt64
        package let keyBytes: Int
    }

    /// Copies key and record that `handle` names, where they are wanted; nil when it names none any more.
    package func read(
        _ handle: RecordHandle, as owner: UInt64, key: UnsafeMutableRawPointer?, record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Entry? {
        guard handle.index < pool.capacity else { return nil }
        return try entry(handle.index, of: handle.generation, as: owner, key, record)
    }

    /// The first record in use from slot `place` on, and `place` behind it; nil behind the last.
    package func next(
        from place: inout Int, key: UnsafeMutableRawPointer?, record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Entry? {
        while (0 ..< pool.capacity).contains(place) {
            let partition = pool.partitions.partition(of: place)
            let range = pool.partitions.slots(of: partition)
            let used = range.lowerBound + Int(try pool.list(of: partition).used)
            while place < used {
                defer { place += 1 }
                if let entry = try entry(place, of: nil, as: 0, key, record) { return entry }
            }
            place = range.upperBound
        }
        return nil
    }

    private func entry(
        _ index: Int, of generation: UInt32?, as owner: UInt64, _ key: UnsafeMutableRawPointer?,
        _ record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Entry? {
        let (keyBytesMax, offset, byteCount) = (pool.keyBytesMax, pool.recordOffset, pool.recordBytes)
        return try pool.look(at: index, as: owner) { slot in
            let header = slot.header
            guard slot.isInUse(as: generation ?? header.generation) else { return nil }
            let keyBytes = min(header.keyBytes, keyBytesMax)
            key?.copyMemory(from: slot.key, byteCount: keyBytes)
            record?.copyMemory(from: slot.base + offset, byteCount: byteCount)
            return Entry(
                handle: RecordHandle(index: index, generation: header.generation), deadline: header.word,
                keyBytes: keyBytes)
        }
    }

    /// Slots in use, each partition's of some moment.
    package func count() throws(TandemError) -> Int { try pool.count() }

    /// Slots that have had all their generations.
    package func retired() throws(TandemError) -> Int { try pool.retired() }
}

// In a transaction.
extension RawSlotTable {
    /// Gives out a slot without a key, with a copy of `record` in it.
    package func allocate(
        _ record: UnsafeRawPointer, in transaction: inout Transaction, near partition: Int?
    ) throws(TandemError) -> RecordHandle {
        let given = try pool.allocate(in: &transaction.log, near: partition)
        given.record.copyMemory(from: record, byteCount: pool.recordBytes)
        return given.handle
    }

    /// The record that `handle` names, to be changed in place; nil when it names none any more.
    package func hold(
        _ handle: RecordHandle, in transaction: inout Transaction
    ) throws(TandemError) -> UnsafeMutableRawPointer? { try pool.holdRecord(handle, in: &transaction.log) }

    /// Gives the slot that `handle` names back; false when it had been before. A keyed table's is removed instead.
    package func release(_ handle: RecordHandle, in transaction: inout Transaction) throws(TandemError) -> Bool {
        try pool.release(handle, in: &transaction.log)
    }

    /// False when `handle` names no slot any more.
    package func setDeadline(
        _ handle: RecordHandle, to deadline: UInt64, in transaction: inout Transaction
    ) throws(TandemError) -> Bool {
        try pool.setDeadline(handle, to: deadline, in: &transaction.log)
    }
}
