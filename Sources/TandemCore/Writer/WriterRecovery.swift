/// Finishes the transaction of a writer that died: forward if it had committed, back if it had not.
///
/// Each step may be repeated, so that a recoverer that dies is followed by another. The caller holds the slot's lock.
package enum WriterRecovery {
    /// Recovers slot `number`. Returns the number of records that were still locked.
    @discardableResult
    package static func recover(slot number: Int, in memory: SourceMemory, layout: FileLayout) -> Int {
        let slot = memory.writer(number)
        let status = WriterStatus(word: slot.status.load())
        defer { memory.settleRoom(of: number) }
        guard status.state != WriterStatus.idle else { return 0 }
        let forward = status.state == WriterStatus.committed
        let epoch = slot.commitEpoch.load()
        let position = UndoPosition(word: slot.undoPosition.load()).clamped(to: memory.pool.units)
        let owner = UInt64(number + 1)
        var unlocked = 0
        var walk = UndoWalk(memory.pool, of: number, slot, at: position)
        while let entry = walk.next() {
            guard entry.transaction.load() == status.number,
                let (table, index, record, page) = locate(entry, in: memory, layout: layout)
            else { continue }
            // It may have died between the dirty bit and its summary, or before either.
            memory.dirty.changes.note(table.firstPage + page, slotOffset: table.slotOffset(of: index, page: page))
            // The byte is seen before the bit is looked at, by a capture that clears the bit and then takes the byte.
            tandemFullFence()
            memory.dirty.setBits(table.firstPage + page)
            let lockWord = record.lockWord.loadAcquiring()
            guard RecordHeader.owner(lockWord) == owner else { continue }
            if forward {
                entry.commitEpoch.store(epoch)
                // Release, as in a commit: the entry's epoch before the record's, and that before the unlock.
                record.epoch.storeReleasing(epoch)
            } else {
                record.payload.copyShared(from: entry.payload, byteCount: table.payloadBytes)
                // Release: the payload is back before the entry dies, and that before the unlock.
                entry.commitEpoch.storeReleasing(UndoEntry.rolledBack)
            }
            record.lockWord.storeReleasing(RecordHeader.unlocked(after: lockWord))
            unlocked += 1
        }
        // Locked, but not yet saved: nothing of it was changed.
        if let entry = walk.uncounted, let (_, _, record, _) = locate(entry, in: memory, layout: layout) {
            // Acquire, as above: the lock is looked at before anything of the record is changed.
            let lockWord = record.lockWord.loadAcquiring()
            if RecordHeader.owner(lockWord) == owner {
                record.lockWord.storeReleasing(RecordHeader.unlocked(after: lockWord))
                unlocked += 1
            }
        }
        // Release: every record is unlocked before *idle*, seen by the next who recovers the slot.
        slot.status.storeReleasing(WriterStatus(status.number, WriterStatus.idle).word)
        slot.bump(WriterOffset.recovered)
        if !forward { slot.bump(WriterOffset.aborts) }
        return unlocked
    }

    private static func locate(
        _ entry: UndoEntry, in memory: SourceMemory, layout: FileLayout
    ) -> (table: TableLayout, index: Int, record: RecordHeader, page: Int)? {
        let name = UndoName(word: entry.name.load())
        guard name.table < layout.tables.count else { return nil }
        let table = layout.tables[name.table]
        // Its size too: the walk has seen that the payload of that size is within its segment.
        guard name.index < table.capacity, name.payloadBytes == table.payloadBytes else { return nil }
        let index = name.index
        let page = table.page(of: index)
        return (table, index, TableView(layout: table, memory: memory).record(index, page: page), page)
    }
}
