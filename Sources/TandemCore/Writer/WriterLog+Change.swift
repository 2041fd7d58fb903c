internal import CTandemLayout

extension WriterLog {
    /// Locks record `index`, saves its pre-image, names it in the map of its page, and returns its payload, to be
    /// changed in place.
    ///
    /// A record that this transaction already holds is returned as it stands.
    @inlinable @inline(__always)
    public mutating func hold(_ table: borrowing TableView, _ index: Int) throws(TandemError) -> UnsafeMutableRawPointer
    {
        let byteCount = table.layout.payloadBytes
        return try hold(table, index, at: table.layout.place(of: index), byteCount: byteCount) {
            $0.copyShared(from: $1, byteCount: byteCount)
        }
    }

    /// The same for a table whose records are of type `Record`, which the caller has made sure of: with the record's
    /// size the compiler knows everything but the index.
    @inlinable @inline(__always)
    public mutating func hold<Record: BitwiseCopyable>(
        _ table: borrowing TableView, _ index: Int, as record: Record.Type
    ) throws(TandemError) -> UnsafeMutablePointer<Record> {
        let shape = RecordShape(payloadBytes: MemoryLayout<Record>.size)
        return try hold(table, index, at: RecordPlace(of: index, shape), byteCount: shape.payloadBytes) {
            $0.copyShared(Record.self, from: $1)
        }.assumingMemoryBound(to: Record.self)
    }

    @inlinable @inline(__always)
    mutating func hold(
        _ table: borrowing TableView, _ index: Int, at place: RecordPlace, byteCount: Int,
        save: (_ preImage: UnsafeMutableRawPointer, _ payload: UnsafeRawPointer) -> Void
    ) throws(TandemError) -> UnsafeMutableRawPointer {
        guard _fastPath(table.memory.base == memory.base) else { throw foreignTable() }
        guard _fastPath(table.contains(index)) else { throw TableView.outOfRange(table.layout.number, index) }
        let record = table.record(at: place)
        var lockWord = record.lockWord.load()
        let holder = RecordHeader.owner(lockWord)
        if holder == owner { return record.payload }
        // Also where the transaction is doomed: then there is none.
        if _slowPath(limit - cursor < RecordShape(payloadBytes: byteCount).undoBytes) { try makeRoom() }
        let entry = UndoEntry(base: cursor)
        // The name is stored before the lock, seen by whoever recovers this writer: one that dies between the lock and
        // the entry has left, in this uncounted entry, which record it may hold.
        entry.name.store(UndoName(table: table.layout.number, index: index, payloadBytes: byteCount).word)
        tandemReleaseFence()
        // The lock: a plain store where one writer has the record to itself, else acquire, as the last holder's stores
        // come before what is saved here.
        if table.layout.sharing == .partitioned {
            if _slowPath(holder != 0) { lockWord = try waitForHolder(table.layout.number, index, record) }
            record.lockWord.store(lockWord | owner)
        } else if _slowPath(holder != 0 || !record.lockWord.compareExchange(lockWord, lockWord | owner)) {
            lockWord = try lockContended(table.layout.number, index, record)
        }
        entry.transaction.store(number)
        entry.commitEpoch.store(UndoEntry.uncommitted)
        entry.epochWord.store(record.epoch.load())
        save(entry.payload, record.payload)
        held[heldCount] = Held(
            record: record, lockWord: lockWord, entry: entry, byteCount: byteCount,
            page: table.layout.firstPage &+ place.page)
        heldCount &+= 1
        let bytes = RecordShape(payloadBytes: byteCount).undoBytes
        cursor += bytes
        position.count(units: bytes &>> 4)
        // Release: the entry is whole before it is counted, seen by a capture; and counted before the payload changes,
        // so that a capture which finds no entry read an unchanged payload.
        slot.undoPosition.storeReleasing(position.word)
        // Behind the lock: seen by a capture that takes the name. The page is marked by the commit.
        memory.dirty.changes.note(table.layout.firstPage &+ place.page, slotOffset: place.slotOffset)
        // Lock, entry and position before the payload changes, seen by who reads the record and looks at them again.
        tandemReleaseFence()
        return record.payload
    }

    @usableFromInline @inline(never)
    func foreignTable() -> TandemError { TandemError(.foreignTable) }

    /// Another writer holds a record of a partitioned table: dead, or the partition is not kept. Waits a little and
    /// gives up; whoever runs the transaction again finds out which.
    @usableFromInline @inline(never)
    mutating func waitForHolder(_ table: Int, _ index: Int, _ record: RecordHeader) throws(TandemError) -> UInt64 {
        for _ in 0 ..< 200 {
            // Acquire: what the last holder did before it unlocked is seen by what this transaction saves.
            let lockWord = record.lockWord.loadAcquiring()
            if RecordHeader.owner(lockWord) == 0 { return lockWord }
            tandemSpinHint()
        }
        throw conflict(table, index, record)
    }

    /// Bounded spin for a shared record, then conflict: two transactions that wait for each other must both let go.
    @usableFromInline @inline(never)
    mutating func lockContended(_ table: Int, _ index: Int, _ record: RecordHeader) throws(TandemError) -> UInt64 {
        // A transaction holds its records for tens of nanoseconds; 200 pauses are some microseconds.
        for _ in 0 ..< 200 {
            let lockWord = record.lockWord.load()
            // Acquire, as above. Nothing but the lock itself is published by it.
            if RecordHeader.owner(lockWord) == 0, record.lockWord.compareExchange(lockWord, lockWord | owner) {
                return lockWord
            }
            tandemSpinHint()
        }
        throw conflict(table, index, record)
    }

    private mutating func conflict(_ table: Int, _ index: Int, _ record: RecordHeader) -> TandemError {
        doom(.doomed)
        blocker = RecordHeader.owner(record.lockWord.load())
        blocked = (table, index)
        slot.bump(WriterOffset.conflicts)
        return TandemError(.conflict, UInt64(table), UInt64(index))
    }
}
