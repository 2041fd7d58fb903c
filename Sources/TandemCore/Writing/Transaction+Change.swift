internal import CTandemLayout

extension Transaction {
    /// Locks record `index`, saves its pre-image, marks its page, and returns its payload, to be changed in place.
    ///
    /// A record that this transaction already holds is returned as it stands.
    @inlinable @inline(__always)
    public mutating func hold(_ table: borrowing TableView, _ index: Int) throws(TandemError) -> UnsafeMutableRawPointer
    {
        guard table.memory.base == memory.base else { throw TandemError(.foreignTable) }
        guard table.contains(index) else { throw outOfRange(table.layout.number, index) }
        let page = table.layout.page(of: index)
        let record = table.record(index, page: page)
        var word0 = record.word0.load()
        let holder = RecordHeader.owner(word0)
        if holder == owner { return record.payload }
        let byteCount = table.layout.payloadBytes
        guard position.count < slot.entryCount, byteCount <= slot.payloadBytes &- payloadUsed, !doomed else {
            throw noRoom(byteCount)
        }
        let entry = slot.entry(position.count)
        // Invalid until published. Table and index first of all: a writer that dies between the lock and the entry has
        // left, in this unpublished entry, the name of the record that it may hold.
        entry.transaction.store(0)
        tandemReleaseFence()
        entry.tableAndBytes.store(
            UInt64(truncatingIfNeeded: byteCount) &<< 32 | UInt64(truncatingIfNeeded: table.layout.number))
        entry.index.store(UInt64(truncatingIfNeeded: index))
        tandemReleaseFence()
        if table.layout.sharing == .partitioned {
            if holder != 0 { word0 = try waitForHolder(table.layout.number, index, record) }
            record.word0.store(word0 | owner)
        } else if holder != 0 || !record.word0.compareExchange(word0, word0 | owner) {
            word0 = try lockContended(table.layout.number, index, record)
        }
        let preImage = slot.payloads + payloadUsed
        let saved = record.epoch.load()
        entry.commitEpoch.store(UndoEntry.uncommitted)
        entry.word0.store(word0)
        entry.word1.store(saved)
        entry.payloadOffset.store(UInt64(truncatingIfNeeded: payloadUsed))
        preImage.copyShared(from: record.payload, byteCount: byteCount)
        // The entry is whole before it is valid, and valid before it is counted, seen by a capture; counted before the
        // payload changes, so that a capture which finds no entry read an unchanged payload.
        entry.transaction.storeReleasing(number)
        held[heldCount] = Held(record: record, word0: word0, preImage: preImage, byteCount: byteCount)
        position.count &+= 1
        payloadUsed &+= (byteCount &+ 15) & ~15
        if saved < oldestSaved { oldestSaved = saved }
        slot.undoPosition.storeReleasing(position.word)
        // The lock above is seen by a capture that clears the dirty bit after we look at it.
        tandemStoreLoadFence(fenced: fenced)
        memory.dirty.mark(table.layout.firstPage &+ page)
        tandemReleaseFence()
        return record.payload
    }

    @usableFromInline @inline(never)
    func outOfRange(_ table: Int, _ index: Int) -> TandemError {
        TandemError(.indexOutOfRange, UInt64(table), UInt64(bitPattern: Int64(index)))
    }

    @usableFromInline @inline(never)
    mutating func noRoom(_ byteCount: Int) -> TandemError {
        let alone = position.kept == 0
        if !doomed {
            doomed = true
            blocker = 0
            mustAbandon = !alone
            isTooLarge = alone
        }
        return isTooLarge
            ? TandemError(.transactionTooLarge, UInt64(slot.entryCount), UInt64(slot.payloadBytes))
            : TandemError(.conflict)
    }

    /// Another writer holds a record of a partitioned table: dead, or the partition is not kept. Waits a little and gives
    /// up; whoever runs the transaction again finds out which.
    @usableFromInline @inline(never)
    mutating func waitForHolder(_ table: Int, _ index: Int, _ record: RecordHeader) throws(TandemError) -> UInt64 {
        for _ in 0 ..< 200 {
            let word0 = record.word0.loadAcquiring()
            if RecordHeader.owner(word0) == 0 { return word0 }
            tandemSpinHint()
        }
        throw conflict(table, index, record)
    }

    /// Bounded spin for a shared record, then conflict: two transactions that wait for each other must both let go.
    @usableFromInline @inline(never)
    mutating func lockContended(_ table: Int, _ index: Int, _ record: RecordHeader) throws(TandemError) -> UInt64 {
        // A transaction holds its records for tens of nanoseconds; 200 pauses are some microseconds.
        for _ in 0 ..< 200 {
            let word0 = record.word0.load()
            if RecordHeader.owner(word0) == 0, record.word0.compareExchange(word0, word0 | owner) { return word0 }
            tandemSpinHint()
        }
        throw conflict(table, index, record)
    }

    private mutating func conflict(_ table: Int, _ index: Int, _ record: RecordHeader) -> TandemError {
        doomed = true
        blocker = RecordHeader.owner(record.word0.load())
        bump(WriterOffset.conflicts)
        return TandemError(.conflict, UInt64(table), UInt64(index))
    }
}
