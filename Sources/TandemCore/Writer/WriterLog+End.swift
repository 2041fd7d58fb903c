extension WriterLog {
    /// Commits: the pages' marks, the epoch, the commit point, then every record's epoch and unlock.
    ///
    /// - Precondition: none; a doomed transaction is refused by `canCommit` before.
    /// - Throws: `.handingOver`, `.superseded`; the transaction holds what it held, and has to be rolled back.
    @inlinable @inline(__always)
    public mutating func commit() throws(TandemError) {
        // A full barrier, the transaction's only one: every lock, name and change, and *committing*, are seen before
        // anything below is looked at. Else the engine could move E, take the bits, find a record still unlocked or us
        // still active, and take the old value, while we find the bit still set or the old E, and commit into a cut
        // that lacks us.
        slot.status.storeFencing(WriterStatus(number, WriterStatus.committing).word)
        try commitBehindBarrier()
    }

    @inlinable @inline(__always)
    mutating func commitBehindBarrier() throws(TandemError) {
        // The bits before E: a transaction that reads the old E has marked its pages before E moved, and only then are
        // the bits of its cut taken.
        if _fastPath(heldCount > 0) {
            memory.dirty.setBits(held[0].page)
            if _slowPath(heldCount > 1) { markRest() }
        }
        // Behind the barrier: who hands the source over sets the bit and then looks at our status.
        if _slowPath(memory.control(ControlOffset.attention).load() != 0) { try mayStillCommit() }
        // Release, below: the commit's epoch is stored before *committed*, seen by captures and by recovery.
        let epoch = memory.control(ControlOffset.epoch).loadAcquiring()
        slot.commitEpoch.store(epoch)
        slot.status.storeReleasing(WriterStatus(number, WriterStatus.committed).word)
        // Each entry learns the epoch before its record is unlocked: after that only the entry can tell a capture
        // whether it is the image before the cut.
        if _fastPath(heldCount > 0) {
            release(0, epoch)
            if _slowPath(heldCount > 1) { releaseRest(epoch) }
        }
        // Release: every record is unlocked before *idle*, seen by whoever recovers the slot.
        slot.status.storeReleasing(WriterStatus(number, WriterStatus.idle).word)
    }

    /// The same without a full barrier: what `litmus` shows to lose changes.
    package mutating func commitWithoutBarrier() throws(TandemError) {
        slot.status.storeReleasing(WriterStatus(number, WriterStatus.committing).word)
        try commitBehindBarrier()
    }

    // Mutating, so that the log is not copied for the call.
    @usableFromInline
    mutating func markRest() {
        for index in 1 ..< heldCount { memory.dirty.setBits(held[index].page) }
    }

    /// Who hands the source over, or has taken it over, has set the bit before looking at our status: it waits for us,
    /// or we see the bit.
    @usableFromInline @inline(never)
    mutating func mayStillCommit() throws(TandemError) {
        if let refusal = ControlFlags.refusal(memory.control(ControlOffset.attention).load()) { throw refusal }
    }

    @inlinable @inline(__always)
    func release(_ index: Int, _ epoch: UInt64) {
        let held = held[index]
        // Release, each: the entry's epoch before the record's, and that before the unlock, seen by a capture that
        // reads the header first.
        held.entry.commitEpoch.store(epoch)
        held.record.epoch.storeReleasing(epoch)
        held.record.lockWord.storeReleasing(RecordHeader.unlocked(after: held.lockWord))
    }

    // Mutating, so that the log is not copied for the call.
    @usableFromInline
    mutating func releaseRest(_ epoch: UInt64) {
        for index in 1 ..< heldCount { release(index, epoch) }
    }

    @inlinable @inline(__always)
    public var canCommit: Bool { !care.contains(.doomed) }

    /// Puts every held record back as it was and unlocks it under a new version.
    @usableFromInline @inline(never)
    package mutating func rollBack() {
        for index in (0 ..< heldCount).reversed() {
            let held = held[index]
            held.record.payload.copyShared(from: held.entry.payload, byteCount: held.byteCount)
            // Restored before the entry dies, dead before the unlock: at no moment are there two entries that a capture
            // could take for this record.
            held.entry.commitEpoch.storeReleasing(UndoEntry.rolledBack)
            held.record.lockWord.storeReleasing(RecordHeader.unlocked(after: held.lockWord))
        }
        // No capture wants an entry that is dead.
        heldCount = 0
        // Release: every record is back and unlocked before *idle*, seen by whoever recovers the slot.
        slot.status.storeReleasing(WriterStatus(number, WriterStatus.idle).word)
        slot.bump(WriterOffset.aborts)
    }
}
