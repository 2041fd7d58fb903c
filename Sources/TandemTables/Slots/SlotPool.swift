public import TandemCore
public import TandemTypes

/// Slots with generations, and the lists of those that are free. Knows no type of record: the faces of it do.
///
/// Every operation of a transaction first holds all it needs and checks it, and changes then: one that throws has
/// changed nothing, so that the transaction may go on with something else.
///
/// A class, made once for a table that is opened: as a value it would be copied for every call.
@usableFromInline package final class SlotPool: Sendable {
    @usableFromInline let slots: SharedTable
    let lists: SharedTable
    let partitions: Partitions
    let keyBytesMax: Int
    /// Where the record begins in a slot's payload.
    @usableFromInline let recordOffset: Int
    let recordBytes: Int

    package init(slots: SharedTable, lists: SharedTable, keyBytesMax: Int) {
        self.slots = slots
        self.lists = lists
        self.keyBytesMax = keyBytesMax
        partitions = Partitions(
            count: lists.capacity - ListPlace.firstPartition, capacity: slots.capacity)
        recordOffset = SlotBytes.recordOffset(keyBytesMax: keyBytesMax)
        recordBytes = slots.view.layout.payloadBytes - recordOffset
    }

    var capacity: Int { slots.capacity }

    // MARK: Reading

    /// What `body` makes of slot `index`: as the transaction of `owner` has left it where it holds it, else as it was
    /// committed last. `body` may run twice, and be shown torn bytes the first time.
    @inline(__always)
    func look<Result>(
        at index: Int, as owner: UInt64, _ body: (SlotBytes) -> Result
    ) throws(TandemError) -> Result {
        try slots.look(at: index, as: owner) { body(SlotBytes(looking: $0)) }
    }

    /// The handle of the slot of `number`, which is one more than its index, if its key is `key`: its record is copied
    /// to `record` then. Nil for a number that no slot has, as 0 is.
    @inline(__always)
    func find(
        _ key: UnsafeRawBufferPointer, in number: UInt32, as owner: UInt64, into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> RecordHandle? {
        let index = Int(number) &- 1
        guard UInt(bitPattern: index) < UInt(bitPattern: capacity) else { return nil }
        let (offset, byteCount) = (recordOffset, recordBytes)
        let generation = try look(at: index, as: owner) { slot -> UInt32 in
            guard slot.state == .used, slot.hasKey(key) else { return 0 }
            record?.readShared(from: slot.base + offset, byteCount: byteCount)
            return slot.generation
        }
        return generation == 0 ? nil : RecordHandle(index: index, generation: generation)
    }

    /// Copies the record that `handle` names to `destination`; false when it names none any more.
    @usableFromInline
    package func read(_ handle: RecordHandle, as owner: UInt64, into destination: UnsafeMutableRawPointer)
        throws(TandemError)
        -> Bool
    {
        guard handle.index < capacity else { return false }
        let (offset, byteCount) = (recordOffset, recordBytes)
        return try look(at: handle.index, as: owner) { slot in
            guard slot.isInUse(as: handle.generation) else { return false }
            destination.readShared(from: slot.base + offset, byteCount: byteCount)
            return true
        }
    }

    /// All of a slot, brought here.
    struct Copy {
        let bytes: [UInt8]
        let keyBytesMax: Int

        var header: SlotBytes.Header { bytes.withUnsafeBytes { SlotBytes(looking: $0.baseAddress!).header } }

        func withKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            bytes.withUnsafeBytes {
                body(UnsafeRawBufferPointer(rebasing: $0[16 ..< 16 + min(header.keyBytes, keyBytesMax)]))
            }
        }
    }

    /// The slot that `handle` names; nil when it names none any more.
    func copy(_ handle: RecordHandle, as owner: UInt64) throws(TandemError) -> Copy? {
        guard handle.index < capacity, let copy = try copy(slot: handle.index, as: owner) else { return nil }
        return copy.header.generation == handle.generation ? copy : nil
    }

    /// Slot `index`, if it is in use.
    func copy(slot index: Int, as owner: UInt64) throws(TandemError) -> Copy? {
        let byteCount = slots.view.layout.payloadBytes
        let bytes = try look(at: index, as: owner) { slot in
            guard slot.state == .used else { return nil as [UInt8]? }
            return [UInt8](unsafeUninitializedCapacity: byteCount) { room, count in
                UnsafeMutableRawPointer(room.baseAddress!).readShared(from: slot.base, byteCount: byteCount)
                count = byteCount
            }
        }
        return bytes.map { Copy(bytes: $0, keyBytesMax: keyBytesMax) }
    }

    /// Holds the slot that `handle` names, and gives its payload; nil when it names none any more.
    @inline(__always)
    func hold(_ handle: RecordHandle, in transaction: inout WriterLog) throws(TandemError) -> SlotBytes? {
        guard handle.index < capacity else { return nil }
        let slot = SlotBytes(try slots.hold(handle.index, in: &transaction))
        return slot.isInUse(as: handle.generation) ? slot : nil
    }

    /// The record that `handle` names, held; nil when it names none any more.
    @usableFromInline
    package func holdRecord(_ handle: RecordHandle, in transaction: inout WriterLog) throws(TandemError)
        -> UnsafeMutableRawPointer?
    {
        try hold(handle, in: &transaction).map { $0.base + recordOffset }
    }
}
