extension WriterLog {
    /// Commits: the epoch, the commit point, then every record's epoch and unlock.
    ///
    /// - Precondition: none; a doomed transaction is refused by `canCommit` before.
    @inlinable @inline(__always)
    public mutating func commit() {
        // Release: every change is stored before *committing*, seen by a capture that reads the status.
        slot.status.storeReleasing(WriterStatus(number, WriterStatus.committing).word)
        // *Committing* is seen before E is read: else the engine could move E, find us still active, take the
        // pre-image, and we would commit with the old E into a cut that lacks us.
        tandemStoreLoadFence(usesFences: usesFences)
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
