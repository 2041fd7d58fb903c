/// Words of records and writer slots, for tests that stand where a process died.
extension TableView {
    package func headerWord(_ index: Int) -> UInt64 { record(index).lockWord.load() }
    package func epochWord(_ index: Int) -> UInt64 { record(index).epoch.load() }
    package func lockByHand(_ index: Int, owner: UInt64) {
        record(index).lockWord.store(record(index).lockWord.load() | owner)
    }
    package func setEpochByHand(_ index: Int, _ epoch: UInt64) { record(index).epoch.store(epoch) }
}

extension WriterSlot {
    package var statusWord: UInt64 {
        get { status.load() }
        nonmutating set { status.store(newValue) }
    }

    package var commitEpochWord: UInt64 {
        get { commitEpoch.load() }
        nonmutating set { commitEpoch.store(newValue) }
    }

    package var undoPositionWord: UInt64 {
        get { undoPosition.load() }
        nonmutating set { undoPosition.store(newValue) }
    }

    /// The unpublished entry behind the last one, as `hold` leaves it before it locks.
    package func leaveIntent(table: Int, index: Int) {
        let next = entry(UndoPosition(word: undoPosition.load()).clamped(to: entryCount).count)
        next.transaction.store(0)
        next.tableAndBytes.store(UInt64(table))
        next.index.store(UInt64(index))
    }
}

extension DirtyBitmap {
    /// As a writer leaves it that is stopped between the bit and the summary.
    package func setWithoutSummary(_ page: Int) { word(page >> 6).set(1 << UInt64(page & 63)) }
}

extension ChangeMap {
    /// Whether the record at `slotOffset` is named.
    package func names(_ page: Int, slotOffset: Int) -> Bool { byte(page, slotOffset >> 8 & 15) != 0 }
    /// Whether every part of the page is named.
    package func isWhole(_ page: Int) -> Bool { (0 ..< Self.bytesPerPage).allSatisfy { byte(page, $0) != 0 } }
    /// Nothing of the page is named any more.
    package func clear(_ page: Int) {
        (bytes + page * Self.bytesPerPage).initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytesPerPage)
    }

    private func byte(_ page: Int, _ part: Int) -> UInt8 {
        (bytes + page * Self.bytesPerPage + part).load(as: UInt8.self)
    }
}
