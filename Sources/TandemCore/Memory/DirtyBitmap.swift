internal import CTandemLayout

/// One bit per page, set by the write API; above it one bit per word, so that an idle engine reads 1/4096 of the bits;
/// below it the map of what has changed on each page.
///
/// Nobody sets a bit here without having set a byte of the page's map, or all of them.
@frozen public struct DirtyBitmap: @unchecked Sendable {
    @usableFromInline let bits: UnsafeMutableRawPointer
    @usableFromInline let summary: UnsafeMutableRawPointer
    @usableFromInline package let changes: ChangeMap

    @usableFromInline
    init(bits: UnsafeMutableRawPointer, summary: UnsafeMutableRawPointer, changes: ChangeMap) {
        self.bits = bits
        self.summary = summary
        self.changes = changes
    }

    @inlinable @inline(__always)
    func word(_ index: Int) -> SharedWord { SharedWord(bits, at: index &* 8) }

    @inlinable @inline(__always)
    func summaryWord(_ index: Int) -> SharedWord { SharedWord(summary, at: index &* 8) }

    /// Names the record at `slotOffset` of `page`, which has changed, and marks its page: for who takes both itself.
    @inline(__always)
    func mark(_ page: Int, slotOffset: Int) {
        changes.note(page, slotOffset: slotOffset)
        setBits(page)
    }

    /// Marks all of `page`.
    package func mark(_ page: Int) {
        changes.noteAll(page)
        setBits(page)
    }

    /// Sets the bit of `page`, and that of its word in the summary.
    ///
    /// Both are looked at every time. Were the summary set only by whoever sets the bit, a writer stopped between the
    /// two would hide the page from the controller while another writer, finding the bit set, commits into the cut.
    ///
    /// A full barrier stands between the caller's lock, or the name of its record, and these looks: see *one fence a
    /// transaction* in `docs/internals/transaction.md`.
    @inlinable @inline(__always)
    func setBits(_ page: Int) {
        let bit = UInt64(1) &<< UInt64(truncatingIfNeeded: page)
        let word = word(page &>> 6)
        // Acquire: the bit is looked at before the summary, against the controller's clear summary, take bits.
        if _slowPath(word.loadAcquiring() & bit == 0) { word.set(bit) }
        let summaryBit = UInt64(1) &<< UInt64(truncatingIfNeeded: page &>> 6)
        let summaryWord = summaryWord(page &>> 12)
        // Acquire: the summary is looked at before the caller loads E, against a controller that moves E first.
        if _slowPath(summaryWord.loadAcquiring() & summaryBit == 0) { summaryWord.set(summaryBit) }
    }

    package func isMarked(_ page: Int) -> Bool { word(page >> 6).load() & (1 << UInt64(page & 63)) != 0 }
}
