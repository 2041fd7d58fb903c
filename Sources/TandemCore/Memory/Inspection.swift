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

    package var keptSegmentWord: UInt64 {
        get { keptSegment.load() }
        nonmutating set { keptSegment.store(newValue) }
    }

    package var undoPositionWord: UInt64 {
        get { undoPosition.load() }
        nonmutating set { undoPosition.store(newValue) }
    }
}

extension SourceMemory {
    /// What `hold` leaves before it locks, at the end of a writer's log.
    package func leaveIntent(writer: Int, table: TableLayout, index: Int) {
        let slot = self.writer(writer)
        var walk = UndoWalk(pool, of: writer, slot, at: UndoPosition(word: slot.undoPosition.load()))
        while walk.next() != nil {}
        walk.uncounted?.name.store(UndoName(table: table.number, index: index, payloadBytes: table.payloadBytes).word)
    }

    /// What the log of the writer's current transaction names.
    package func undoNames(of writer: Int) -> [(transaction: UInt64, table: Int, index: Int)] {
        let slot = self.writer(writer)
        var walk = UndoWalk(
            pool, of: writer, slot, at: UndoPosition(word: slot.undoPosition.load()).clamped(to: pool.units))
        var names: [(transaction: UInt64, table: Int, index: Int)] = []
        while let entry = walk.next() {
            let name = UndoName(word: entry.name.load())
            // What is not of the table's size is nobody's, and left alone.
            names.append((entry.transaction.load(), name.table, name.index))
        }
        return names
    }

    /// Leaves none to anybody else, and none that could be taken back.
    package func claimAllRoom(for writer: Int) {
        while pool.claim(for: writer, transaction: 0, from: 0) != nil {}
    }

    /// Segments beyond its home that the writer has, and those that nobody has.
    package func segments(of writer: Int) -> [Int] { pool.chain(of: writer) }
    package var freeSegments: Int { pool.freeCount }
}

extension DirtyBitmap {
    /// As a writer leaves it that is stopped between the bit and the summary.
    package func setWithoutSummary(_ page: Int) { word(page >> 6).set(1 << UInt64(page & 63)) }

    /// Takes all dirty pages below `limit` for one copy: moves their bits to `taken` and appends them to `pages`.
    package func take(below limit: Int, wordCount: Int, into taken: PageBitmap, pages: inout [PageWord]) {
        take(below: limit, wordCount: wordCount) {
            taken.set(word: $0.index, $0.bits)
            pages.append($0)
        }
    }
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
