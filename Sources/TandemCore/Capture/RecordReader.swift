internal import CTandemLayout

/// Reads records as they were at a cut, while writers go on. The one function behind journal and page images.
package struct RecordReader {
    package enum Outcome: Equatable {
        /// The payload is in place; `epoch` is of the change it holds.
        case value(epoch: UInt64, later: Later)
        /// Its writer is between *committing* and *committed*; look again.
        case inDoubt(writer: Int)
        /// No pre-image: the capture has been abandoned, or somebody scribbled.
        case lost
    }

    /// What there is of a record besides its value in the cut.
    package enum Later: Equatable {
        case nothing
        /// It is newer than the cut: a later one has to come for it.
        case changed
        /// A transaction holds it that has no epoch yet: its commit marks the page.
        case held
    }

    let memory: SourceMemory
    private(set) var cut: UInt64 = 0
    private(set) var preImages: PreImageIndex
    /// It is known of some records where their values stand.
    var hasPreImages: Bool { @inline(__always) get { !preImages.isEmpty } }
    private(set) var preImageCount = 0
    /// Entries of undo logs that were looked at before the running slice.
    private var looksBefore = 0
    /// Set after several captures were lost in a row without a writer having abandoned one: then a record that makes no
    /// sense was scribbled on, and is taken as it stands, so that it does not stop the others for ever.
    package var takesDamaged = false
    private(set) var damagedCount = 0

    package init(memory: SourceMemory) {
        self.memory = memory
        preImages = PreImageIndex(memory: memory)
    }

    /// Starts the window of `cut`. E has been moved, and the window's barrier passed.
    package mutating func open(cut: UInt64) {
        self.cut = cut
        preImages.reset(cut: cut)
        preImageCount = 0
        damagedCount = 0
    }

    /// Nothing is read any more of tables before `table`, and of this one before record `index`.
    mutating func pass(_ table: TableLayout, before index: Int) { preImages.pass(table: table.number, before: index) }

    /// Starts a slice of the window's reading.
    package mutating func openSlice() { looksBefore = preImages.looks }

    /// What else there is to do is due. In scribbled memory every record may cost a look through all undo logs, and a
    /// slice that is measured in pages would take minutes.
    var isSliceOver: Bool { preImages.looks - looksBefore >= 1 << 22 }

    /// Whether the record certainly has no change in the cut from epoch `first` on, and is not being changed.
    ///
    /// One look is enough: a transaction of this cut that changed the record had its lock visible behind the window's
    /// barrier, so an unlocked header read after it carries that transaction's epoch.
    @inline(__always)
    func isUnchanged(_ record: RecordHeader, from first: UInt64) -> Bool {
        // Acquire: the lock is looked at before the epoch, against a commit that stores the epoch before it unlocks.
        RecordHeader.owner(record.lockWord.loadAcquiring()) == 0 && record.epoch.load() < first
    }

    /// Copies the record's payload as of the cut.
    @inline(__always)
    package mutating func read(
        _ table: TableLayout, _ index: Int, _ record: RecordHeader, into destination: UnsafeMutableRawPointer
    ) -> Outcome {
        // Acquire: the header is read before epoch and payload, against a commit that stores both before it unlocks.
        let lockWord = record.lockWord.loadAcquiring()
        if RecordHeader.owner(lockWord) == 0 {
            let epoch = record.epoch.load()
            if epoch <= cut {
                destination.readShared(from: record.payload, byteCount: table.payloadBytes)
                // The payload is read before the header is looked at again, against a writer that locks first.
                tandemAcquireFence()
                if record.lockWord.load() == lockWord { return .value(epoch: epoch, later: .nothing) }
            }
        }
        return readChanging(table, index, record, into: destination)
    }

    @inline(never)
    private mutating func readChanging(
        _ table: TableLayout, _ index: Int, _ record: RecordHeader, into destination: UnsafeMutableRawPointer
    ) -> Outcome {
        var committing = -1
        // A retry means that a writer moved on, a few at most; the bounds make a hostile header a result, not a hang.
        var patience = RetryBudget()
        for attempt in 0 ..< 4096 {
            if patience.isOver { break }
            // Acquire: the header first, as in `read`.
            let lockWord = record.lockWord.loadAcquiring()
            let owner = Int(RecordHeader.owner(lockWord))
            guard owner <= memory.writerCount else { break }
            var later = Later.changed
            if owner == 0 {
                let epoch = record.epoch.load()
                if epoch <= cut {
                    destination.readShared(from: record.payload, byteCount: table.payloadBytes)
                    // The payload before the header's second look, as in `read`.
                    tandemAcquireFence()
                    if record.lockWord.load() == lockWord { return .value(epoch: epoch, later: .nothing) }
                    continue
                }
            } else {
                let slot = memory.writer(owner - 1)
                // Acquire: *committed* is read before the epoch, against a commit that stores the epoch first.
                let status = WriterStatus(word: slot.status.loadAcquiring())
                let committed = slot.commitEpoch.load()
                let epoch = record.epoch.load()
                // Unchanged header: the status is of the transaction that holds the record.
                guard record.lockWord.loadAcquiring() == lockWord else { continue }
                // One that has committed may have marked the page before the window took it. And beneath the lock of
                // one that has not, another may have changed the record since: that change is of the next cut.
                if status.state != WriterStatus.committed, epoch <= cut { later = .held }
                if status.state == WriterStatus.committing {
                    committing = owner - 1
                    if attempt > 256 { break }
                    tandemSpinHint()
                    continue
                }
                // Locked by a writer that is in no transaction: nobody will unlock it, so there is no *later* to wait
                // for.
                if status.state == WriterStatus.idle, epoch <= cut {
                    return readDamaged(table, record, epoch: epoch, into: destination)
                }
                if status.state == WriterStatus.committed, committed <= cut {
                    destination.readShared(from: record.payload, byteCount: table.payloadBytes)
                    // The payload before the header's second look, as in `read`.
                    tandemAcquireFence()
                    if record.lockWord.load() == lockWord { return .value(epoch: committed, later: later) }
                    continue
                }
            }
            let looks = preImages.looks
            if let epoch = preImages.copy(table: table, index: index, into: destination) {
                preImageCount += 1
                return .value(epoch: epoch, later: later)
            }
            if owner != 0, let epoch = readUntouched(table, record, lockWord, owner, into: destination) {
                return .value(epoch: epoch, later: later)
            }
            patience.note(looks: preImages.looks - looks)
            patience.noteTry(lockWord)
        }
        if committing >= 0 { return .inDoubt(writer: committing) }
        return takesDamaged ? readDamaged(table, record, epoch: cut, into: destination) : .lost
    }

    private mutating func readDamaged(
        _ table: TableLayout, _ record: RecordHeader, epoch: UInt64, into destination: UnsafeMutableRawPointer
    ) -> Outcome {
        damagedCount += 1
        destination.readShared(from: record.payload, byteCount: table.payloadBytes)
        return .value(epoch: epoch, later: .nothing)
    }

    /// The payload of a record that is locked but not yet saved to the undo log, and therefore not yet changed.
    private func readUntouched(
        _ table: TableLayout, _ record: RecordHeader, _ lockWord: UInt64, _ owner: Int,
        into destination: UnsafeMutableRawPointer
    ) -> UInt64? {
        let slot = memory.writer(owner - 1)
        // Acquire: the position is read before the payload, so that two equal looks at it enclose the copying.
        let position = slot.undoPosition.loadAcquiring()
        let epoch = record.epoch.load()
        guard epoch <= cut, !isSaved(table, record, by: owner - 1, position) else { return nil }
        destination.readShared(from: record.payload, byteCount: table.payloadBytes)
        // The payload is read before the undo position is looked at again, against a writer that counts the entry
        // first.
        tandemAcquireFence()
        guard slot.undoPosition.load() == position, record.lockWord.load() == lockWord else { return nil }
        return epoch
    }

    /// Whether the current transaction of `writer` has an entry for the record, or may have.
    private func isSaved(_ table: TableLayout, _ record: RecordHeader, by writer: Int, _ word: UInt64) -> Bool {
        let position = UndoPosition(word: word).clamped(to: memory.pool.units)
        var walk = UndoWalk(memory.pool, of: writer, memory.writer(writer), at: position)
        while let entry = walk.next() {
            let name = UndoName(word: entry.name.load())
            guard entry.commitEpoch.load() != UndoEntry.rolledBack, name.table == table.number,
                name.index < table.capacity
            else { continue }
            if TableView(layout: table, memory: memory).record(name.index).base == record.base { return true }
        }
        return !walk.isWhole
    }
}
