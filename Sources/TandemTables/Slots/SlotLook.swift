public import TandemCore
public import TandemTypes

/// Where a look for a record has ended, at a slot that nobody was changing.
@usableFromInline package struct SlotLook {
    /// The slot meant, if the look is right, and else any: a record is read before it is known whether it counts.
    @usableFromInline let slot: StandingRecord
    /// That slot's; nil where it is not the one that is meant, or was being changed.
    @usableFromInline let handle: RecordHandle?

    @inline(__always)
    init(_ slot: StandingRecord, _ handle: RecordHandle?) {
        self.slot = slot
        self.handle = handle
    }

    /// Whether the slot was the one meant, and what was read of it until now is of that moment.
    @inlinable @inline(__always)
    var isRight: Bool { handle != nil && slot.isUnchanged }
}

extension SlotPool {
    /// The end of a look that has led nowhere.
    @inline(__always)
    var noLook: SlotLook { SlotLook(slots.view.anyRecord, nil) }

    /// The slot that `handle` names.
    @usableFromInline
    package func look(at handle: RecordHandle) -> SlotLook {
        guard let record = slots.view.standing(handle.index) else { return noLook }
        let isMeant = SlotBytes(looking: record.payload).isInUse(as: handle.generation)
        return SlotLook(record, isMeant ? handle : nil)
    }

    /// What `body` makes of the record at which `look` has ended, or which `again` finds and copies where it has not;
    /// nil when that finds none.
    ///
    /// The record is copied once, to where it is wanted. As a value that may be there or not it would be copied three
    /// times more: so it is read wherever the look has ended, and read again where that was nowhere.
    @inlinable @inline(__always)
    func withRecord<Record: BitwiseCopyable, Value>(
        _ look: SlotLook, orElse again: (UnsafeMutableRawPointer) throws(TandemError) -> RecordHandle?,
        _ body: (RecordHandle, borrowing Record) throws(TandemError) -> Value
    ) throws(TandemError) -> Value? {
        var handle = look.handle
        var record = look.slot.part(at: recordOffset, as: Record.self)
        if _slowPath(!look.isRight) {
            handle = try withUnsafeMutablePointer(to: &record) { room throws(TandemError) in
                try again(UnsafeMutableRawPointer(room))
            }
        }
        guard let handle else { return nil }
        return try body(handle, record)
    }
}
