public import Tandem
public import TandemCore

/// Slots with generations, and the lists of those that are free. Knows no type of record: the faces of it do.
///
/// Every operation of a transaction first holds all it needs and checks it, and changes then: one that throws has
/// changed nothing, so that the transaction may go on with something else.
@usableFromInline struct SlotPool: Sendable {
    @usableFromInline let slots: TableView
    let lists: TableView
    let partitions: Partitions
    let keyBytesMax: Int
    /// Where the record begins in a slot's payload.
    let recordOffset: Int
    let recordBytes: Int

    init(slots: TableView, lists: TableView, keyBytesMax: Int) {
        self.slots = slots
        self.lists = lists
        self.keyBytesMax = keyBytesMax
        partitions = Partitions(
            count: lists.layout.capacity - ListPlace.firstPartition, capacity: slots.layout.capacity)
        recordOffset = SlotBytes.recordOffset(keyBytesMax: keyBytesMax)
        recordBytes = slots.layout.payloadBytes - recordOffset
    }

    var capacity: Int { slots.layout.capacity }

    /// What a list must have in common with the memory around it; refused, not repaired.
    func damaged(_ view: TableView, _ index: Int) -> TandemError {
        TandemError(.tableDamaged, UInt64(view.layout.number), UInt64(index))
    }

    // MARK: Reading

    /// What `body` makes of slot `index`: as the transaction of `owner` has left it where it holds it, else as it was
    /// committed last. `body` may run twice, and be shown torn bytes the first time.
    @inline(__always)
    func look<Result>(
        at index: Int, as owner: UInt64, _ body: (SlotBytes) -> Result
    ) throws(TandemError) -> Result {
        try slots.look(at: index, as: owner) { body(SlotBytes(looking: $0)) }
    }

    /// Copies the record that `handle` names to `destination`; false when it names none any more.
    @usableFromInline
    func read(_ handle: RecordHandle, as owner: UInt64, into destination: UnsafeMutableRawPointer) throws(TandemError)
        -> Bool
    {
        guard handle.index < capacity else { return false }
        let (offset, byteCount) = (recordOffset, recordBytes)
        return try look(at: handle.index, as: owner) { slot in
            guard slot.isInUse(as: handle.generation) else { return false }
            destination.copyMemory(from: slot.base + offset, byteCount: byteCount)
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
        let byteCount = slots.layout.payloadBytes
        let bytes = try look(at: index, as: owner) { slot in
            slot.state == .used ? [UInt8](UnsafeRawBufferPointer(start: slot.base, count: byteCount)) : nil
        }
        return bytes.map { Copy(bytes: $0, keyBytesMax: keyBytesMax) }
    }

    /// Holds the slot that `handle` names, and gives its payload; nil when it names none any more.
    func hold(_ handle: RecordHandle, in transaction: inout Transaction) throws(TandemError) -> SlotBytes? {
        guard handle.index < capacity else { return nil }
        let slot = SlotBytes(try transaction.log.hold(slots, handle.index))
        return slot.isInUse(as: handle.generation) ? slot : nil
    }

    /// The record that `handle` names, held; nil when it names none any more.
    @usableFromInline
    func holdRecord(_ handle: RecordHandle, in transaction: inout Transaction) throws(TandemError)
        -> UnsafeMutableRawPointer?
    {
        try hold(handle, in: &transaction).map { $0.base + recordOffset }
    }
}

extension TableView {
    /// What `body` makes of record `index`: as the transaction of `owner` has left it, or as it was committed last.
    @inline(__always)
    func look<Result>(
        at index: Int, as owner: UInt64, _ body: (UnsafeRawPointer) -> Result
    ) throws(TandemError) -> Result {
        if let payload = payload(index, heldBy: owner) { return body(payload) }
        if let result = readInPlace(index, body) { return result }
        return try lookSlowly(at: index, body)
    }

    /// Somebody is changing it: its committed value is brought here first.
    @inline(never)
    private func lookSlowly<Result>(
        at index: Int, _ body: (UnsafeRawPointer) -> Result
    ) throws(TandemError) -> Result {
        try withUnsafeTemporaryAllocation(
            byteCount: layout.payloadBytes, alignment: 16
        ) { room throws(TandemError) in
            try read(index, into: room.baseAddress!)
            return body(UnsafeRawPointer(room.baseAddress!))
        }
    }
}
