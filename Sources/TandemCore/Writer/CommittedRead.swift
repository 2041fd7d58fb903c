internal import CTandemLayout

extension TableView {
    /// The committed value of record `index`, of a table whose records are of type `Record`; nil when somebody is
    /// changing it, or was, and for an index out of range: `read` knows what to do then.
    ///
    /// With the record's size the compiler knows everything but the index, and the value comes by straight loads.
    @inlinable @inline(__always)
    public func readAtOnce<Record: BitwiseCopyable>(_ index: Int, as type: Record.Type) -> Record? {
        guard _fastPath(contains(index)) else { return nil }
        let record = record(at: RecordPlace(of: index, RecordShape(payloadBytes: MemoryLayout<Record>.size)))
        // Acquire: the header is read before the payload, as in `read`.
        let lockWord = record.lockWord.loadAcquiring()
        guard _fastPath(RecordHeader.owner(lockWord) == 0) else { return nil }
        let value = record.payload.readShared(as: Record.self)
        // The payload is read before the header is looked at again, seen against a writer that locks before it changes.
        tandemAcquireFence()
        return _fastPath(record.lockWord.load() == lockWord) ? value : nil
    }

    /// The same of a record that registers do not hold: `again` reads it anew, into the place where it was read, when
    /// somebody was changing it. As a value that may count or not it would be copied once more.
    ///
    /// - Precondition: the index is the table's.
    @inlinable @inline(__always)
    public func readLarge<Record: BitwiseCopyable, Failure: Error>(
        _ index: Int, as type: Record.Type, orElse again: (UnsafeMutableRawPointer) throws(Failure) -> Void
    ) throws(Failure) -> Record {
        let record = record(at: RecordPlace(of: index, RecordShape(payloadBytes: MemoryLayout<Record>.size)))
        // Acquire: the header is read before the payload, as in `read`.
        let lockWord = record.lockWord.loadAcquiring()
        var value = record.payload.readShared(as: Record.self)
        // The payload is read before the header is looked at again, seen against a writer that locks before it changes.
        tandemAcquireFence()
        if _slowPath(RecordHeader.owner(lockWord) != 0 || record.lockWord.load() != lockWord) {
            try withUnsafeMutablePointer(to: &value) { place throws(Failure) in
                try again(UnsafeMutableRawPointer(place))
            }
        }
        return value
    }

    /// Copies the last committed payload of record `index` to `destination`. Never blocks a writer, and waits for none:
    /// a record that is being changed is read from its writer's undo log.
    ///
    /// Lock-free: tries again only because some writer moved on. Its patience makes scribbled memory an error, not a
    /// hang.
    @inlinable
    public func read(_ index: Int, into destination: UnsafeMutableRawPointer) throws(TandemError) {
        guard contains(index) else { throw Self.outOfRange(layout.number, index) }
        let record = record(index)
        // Acquire: the header is read before the payload, against a commit that changes the payload before it unlocks.
        let lockWord = record.lockWord.loadAcquiring()
        if RecordHeader.owner(lockWord) == 0 {
            destination.readShared(from: record.payload, byteCount: layout.payloadBytes)
            // The payload is read before the header is looked at again, seen against a writer that locks before it
            // changes.
            tandemAcquireFence()
            if record.lockWord.load() == lockWord { return }
        }
        try readChanging(index, record, into: destination)
    }

    @usableFromInline @inline(never)
    func readChanging(_ index: Int, _ record: RecordHeader, into destination: UnsafeMutableRawPointer)
        throws(TandemError)
    {
        var patience = RetryBudget()
        while !patience.isOver {
            // Acquire: the header first, as in `read`.
            let lockWord = record.lockWord.loadAcquiring()
            let holder = Int(RecordHeader.owner(lockWord))
            guard holder <= memory.writerCount else { break }
            if holder == 0 || isCommitted(holder, record, lockWord) {
                destination.readShared(from: record.payload, byteCount: layout.payloadBytes)
                // The payload before the header's second look, as in `read`.
                tandemAcquireFence()
                if record.lockWord.load() == lockWord { return }
            } else if readPreImage(of: holder - 1, index, record, lockWord, into: destination, &patience) {
                return
            }
            patience.noteTry(lockWord)
            tandemSpinHint()
        }
        throw TandemError(.readContended, UInt64(layout.number), UInt64(index))
    }

    /// Whether the transaction that holds the record has passed its commit point.
    private func isCommitted(_ holder: Int, _ record: RecordHeader, _ lockWord: UInt64) -> Bool {
        let status = WriterStatus(word: memory.writer(holder - 1).status.loadAcquiring())
        // An unchanged header means that the status belongs to the transaction that holds this record.
        return status.state == WriterStatus.committed && record.lockWord.load() == lockWord
    }

    /// The value before the transaction that holds the record: its undo entry, or, while there is none, the payload,
    /// which it has not touched yet.
    private func readPreImage(
        of writer: Int, _ index: Int, _ record: RecordHeader, _ lockWord: UInt64,
        into destination: UnsafeMutableRawPointer, _ patience: inout RetryBudget
    ) -> Bool {
        let slot = memory.writer(writer)
        // Acquire: entries are whole before they are counted, so those below the count may be read.
        let position = UndoPosition(word: slot.undoPosition.loadAcquiring())
        let name = UndoName(table: layout.number, index: index, payloadBytes: layout.payloadBytes)
        var walk = UndoWalk(memory.pool, of: writer, slot, at: position.clamped(to: memory.pool.units))
        while let entry = walk.next() {
            patience.note(looks: 1)
            guard UndoName(word: entry.name.load()) == name else { continue }
            destination.readShared(from: entry.payload, byteCount: layout.payloadBytes)
            // The payload before the header's second look: the same holder has had the record throughout, so that this
            // is its entry, and it had not committed.
            tandemAcquireFence()
            return record.lockWord.load() == lockWord
        }
        guard walk.isWhole else { return false }
        destination.readShared(from: record.payload, byteCount: layout.payloadBytes)
        // The payload before the second look at position and header.
        tandemAcquireFence()
        return slot.undoPosition.load() == position.word && record.lockWord.load() == lockWord
    }
}

extension TableView {
    /// Payload and epoch of a record that nobody is changing; nil after some looks at one that somebody is.
    package func readUnlocked(_ index: Int, into destination: UnsafeMutableRawPointer) -> UInt64? {
        let record = record(index)
        for _ in 0 ..< 1000 {
            // Acquire: the header first, as in `read`.
            let lockWord = record.lockWord.loadAcquiring()
            // Locked by nobody who will unlock it: as good as unlocked.
            guard RecordHeader.owner(lockWord) == 0 || isLockDamaged(index) else {
                tandemSpinHint()
                continue
            }
            let epoch = record.epoch.load()
            destination.readShared(from: record.payload, byteCount: layout.payloadBytes)
            // The payload before the header's second look, as in `read`.
            tandemAcquireFence()
            if record.lockWord.load() == lockWord { return epoch }
        }
        return nil
    }
}
