internal import CTandemLayout

/// A copy in memory as its bytes arrive from another host. Whatever is written to it goes through here.
///
/// A cut is applied to the tables when the last of its bytes arrives, before that write is answered: so an image that
/// has seen the cut, which is not sent before that answer, always comes behind it. An image that has not seen it was
/// under way meanwhile; of a record that a cut has brought the newer one stays. Every record is seen to carry its seal.
///
/// So a promotion finds the journal in the tables and the seals verified, and takes as long for 8 GiB as for one.
///
/// Threads: one at a time.
package struct ArrivingCopy<Bytes: CopyBytes> {
    let bytes: Bytes
    let checksum: Checksum
    /// What the copy says of itself; nil while it is none.
    package private(set) var layout: FileLayout?
    /// The newest state slot that was written to it.
    package private(set) var slot: StateSlot?
    package internal(set) var ledger = SealLedger(pageCount: 0)
    /// Nil while the tables are no whole cut: then images come in any order, and nothing is applied.
    private var journal: Applied?
    /// Pages that a cut has changed which was applied here: an image of them may be older.
    var applied: [UInt64] = []
    /// Whether what writers of a source share is zeros; nil: nobody has looked.
    private var isBlank: Bool?
    /// Where the next look at what is unknown begins.
    var walk = (table: 0, page: 0)
    let rooms = (record: RecordBuffer(), stored: RecordBuffer(), made: RecordBuffer())

    private struct Applied {
        let generation: Generation
        var end: JournalEnd
        var wallNanoseconds: UInt64 = 0
        /// Where the last cut that was applied begins.
        var last: JournalEnd?
        /// Bytes of the next cut's record that have arrived, at least; `max` where some may have come before.
        var arrived = Int.max
        /// The cut that the header behind `end` spoke of when the session was opened.
        var givenUp: UInt64?
    }

    package init(_ bytes: Bytes, checksum: Checksum) throws(CopyFailure) {
        self.bytes = bytes
        self.checksum = checksum
        try readWords()
    }

    /// Where its journal ends, all of which stands in the tables; nil while it is no whole cut.
    package var end: JournalEnd? { journal?.end }

    package var arrival: Arrival? {
        guard let layout, let journal, let slot else { return nil }
        return Arrival(
            generation: journal.generation, sequence: slot.sequence, end: journal.end,
            wallNanoseconds: journal.wallNanoseconds,
            newest: ledger.newest, isBlank: isBlank == true, written: layout.tables.map { ledger.written($0) },
            sound: ledger.sound)
    }

    // MARK: What arrives

    package mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        let range = offset ..< offset + source.count
        guard let layout, range.upperBound > layout.tablesOffset else {
            try write(source, range, before: range.upperBound)
            if offset < CopyExaminer.headerBytes { try readWords() }
            return
        }
        try write(source, range, before: layout.tablesOffset)
        for table in layout.tables {
            let part = range.clamped(to: table.offset ..< table.offset + table.byteCount)
            if !part.isEmpty { try lay(slice(source, range, part), at: part.lowerBound, table) }
        }
        let rest = range.clamped(to: layout.tablesEnd ..< max(layout.tablesEnd, range.upperBound))
        if !rest.isEmpty {
            try bytes.write(slice(source, range, rest), at: rest.lowerBound)
            try noteArrived(rest.count)
        }
        if offset < CopyExaminer.headerBytes { try readWords() }
    }

    private mutating func write(
        _ source: UnsafeRawBufferPointer, _ range: Range<Int>, before end: Int
    ) throws(CopyFailure) {
        let part = range.clamped(to: 0 ..< end)
        guard !part.isEmpty else { return }
        if part.upperBound > CopyExaminer.headerBytes { isBlank = false }
        try bytes.write(slice(source, range, part), at: part.lowerBound)
    }

    func slice(
        _ source: UnsafeRawBufferPointer, _ range: Range<Int>, _ part: Range<Int>
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: source[part.lowerBound - range.lowerBound ..< part.upperBound - range.lowerBound])
    }

    /// What the copy says of itself was written: is it a whole cut, and of which life?
    private mutating func readWords() throws(CopyFailure) {
        slot = nil
        guard bytes.count >= CopyExaminer.headerBytes else { return become(nil) }
        let header = try CopyExaminer.header(of: bytes)
        slot = StateSlot.newest(in: header, checksum: checksum)
        let said = try? header.withBytes { raw throws(TandemError) in
            try Identity.decode(raw, path: "", checksum: checksum)
        }
        if said != layout { become(said) }
        guard let layout, layout.copyBytes <= bytes.count, let slot, slot.role == .consistent else {
            // From here on images come in any order, of whatever source: none of them is older than what is there.
            journal = nil
            for word in applied.indices { applied[word] = 0 }
            return
        }
        if let journal, journal.generation == slot.generation,
            journal.end.position &- slot.journalTail <= UInt64(layout.journalBytes)
        {
            return
        }
        journal = Applied(
            generation: slot.generation, end: JournalEnd(position: slot.journalTail, cut: slot.tailCut),
            wallNanoseconds: slot.tailCut == slot.cut ? slot.wallNanoseconds : 0)
        try advance(isOpening: true)
    }

    private mutating func become(_ said: FileLayout?) {
        layout = said
        ledger = SealLedger(pageCount: said?.pageCount ?? 0)
        applied = Array(repeating: 0, count: said?.runtime.wordCount ?? 0)
        (walk, isBlank) = ((0, 0), nil)
        journal = nil
    }

    /// What writers of a source share, which a copy leaves alone, if nobody has looked there and nobody written.
    package var unknownBytes: Range<Int>? {
        guard let layout, isBlank == nil else { return nil }
        return CopyExaminer.headerBytes ..< layout.tablesOffset
    }

    /// Somebody has looked, a moment ago. What was written there since is known.
    package mutating func note(_ bytes: Range<Int>, areZeros: Bool) { if bytes == unknownBytes { isBlank = areZeros } }

    // MARK: Cuts

    /// A session is opened. What is whole by now is found by who sends from here on, and gone on behind. A record that
    /// is not is of a cut that was given up, and another is written over it, of which most bytes may be the same. Those
    /// that it lacked would make it whole, and it would be applied, a moment before its header is gone.
    package mutating func beginSession() throws(CopyFailure) {
        journal?.givenUp = nil
        try advance()
        guard let layout, let present = journal else { return }
        journal!.givenUp = try reader(layout, present.generation, from: present.end).header()?.cut
    }

    /// It is not applied, though it may have become whole.
    package var givenUp: UInt64? { journal?.givenUp }

    private mutating func noteArrived(_ count: Int) throws(CopyFailure) {
        guard journal != nil else { return }
        // A part of a page may be all that was lacking: what is behind a cut's last change need not come.
        if count % FileLayout.pageBytes != 0 { journal!.arrived = .max }
        if journal!.arrived != .max { journal!.arrived += count }
        try advance()
    }

    /// Applies the cuts that are whole. One is begun only when the one before was answered: nothing of the next is
    /// here.
    private mutating func advance(isOpening: Bool = false) throws(CopyFailure) {
        guard let layout else { return }
        while let present = journal {
            var reader = reader(layout, present.generation, from: present.end)
            // A record of many writes is read once, and not for each of them.
            guard present.arrived >= FileLayout.pageBytes, let header = try reader.header(),
                header.cut != present.givenUp, header.bytes <= UInt64(present.arrived),
                let cut = try reader.next(), cut.isSound(checksum)
            else { return }
            try apply(cut)
            journal!.last = present.end
            journal!.end = reader.end
            journal!.wallNanoseconds = cut.wallNanoseconds
            journal!.givenUp = nil
            // What was there when it was opened may hold a part of the next one.
            if !isOpening { journal!.arrived = 0 }
        }
    }

    private func reader(
        _ layout: FileLayout, _ generation: Generation, from end: JournalEnd
    ) -> JournalReader<Unmapped<Bytes>> {
        // Into memory of its own: who sends may still change what has arrived.
        JournalReader(
            Unmapped(bytes: bytes), layout: layout, generation: generation, from: end, through: rooms.record,
            checksum: checksum)
    }

    /// Whether what was written last still stands there: the newest slot, and the last cut that was applied. An older
    /// state that somebody has put over it has others.
    package func isAsLeft() throws(CopyFailure) -> Bool {
        let header = try CopyExaminer.header(of: bytes)
        guard let layout, let slot, slot == StateSlot.newest(in: header, checksum: checksum) else { return false }
        guard let journal, let last = journal.last else { return true }
        var reader = reader(layout, journal.generation, from: last)
        guard let cut = try reader.next() else { return false }
        return cut.number == journal.end.cut && reader.end == journal.end
    }

    private mutating func apply<Source: CopyBytes>(_ cut: JournalReader<Source>.Cut) throws(CopyFailure) {
        do throws(CopyFailure) {
            try CopyRecovery.apply(cut, to: bytes) { change, isFirst in
                let page = change.table.firstPage + change.table.page(of: change.index)
                applied[page / 64] |= 1 << UInt64(page % 64)
                ledger.put(on: page, epoch: change.epoch, isFirst: isFirst)
            }
        } catch {
            // A part of it may stand in the tables, and nobody has been told that it is whole.
            journal = nil
            throw error
        }
    }
}

/// The same bytes, none of them to be read where they lie.
private struct Unmapped<Bytes: CopyBytes>: CopyBytes {
    let bytes: Bytes
    var count: Int { bytes.count }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try bytes.read(into: destination, at: offset)
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try bytes.write(source, at: offset)
    }
}
