internal import CTandemLayout

/// One bit per page, set by the write API; above it one bit per word, so that an idle engine reads 1/4096 of the bits.
@frozen public struct DirtyBitmap: @unchecked Sendable {
    @usableFromInline let bits: UnsafeMutableRawPointer
    @usableFromInline let summary: UnsafeMutableRawPointer

    @usableFromInline init(bits: UnsafeMutableRawPointer, summary: UnsafeMutableRawPointer) {
        self.bits = bits
        self.summary = summary
    }

    @inlinable @inline(__always)
    func word(_ index: Int) -> SharedWord { SharedWord(bits, at: index &* 8) }

    @inlinable @inline(__always)
    func summaryWord(_ index: Int) -> SharedWord { SharedWord(summary, at: index &* 8) }

    /// Marks `page`, and its word in the summary.
    ///
    /// Both are looked at every time. Were the summary set only by whoever sets the bit, a writer stopped between the
    /// two would hide the page from the controller while another writer, finding the bit set, commits into the cut.
    ///
    /// The loads must not overtake the caller's lock store: see *no fences on the write path* in
    /// `docs/internals/transaction.md`.
    @inlinable @inline(__always)
    public func mark(_ page: Int) {
        let bit = UInt64(1) &<< UInt64(truncatingIfNeeded: page)
        let word = word(page &>> 6)
        // Acquire: the bit is looked at before the summary, against the controller's clear summary, take bits.
        if _slowPath(word.loadAcquiring() & bit == 0) { word.set(bit) }
        let summaryBit = UInt64(1) &<< UInt64(truncatingIfNeeded: page &>> 6)
        let summaryWord = summaryWord(page &>> 12)
        if _slowPath(summaryWord.load() & summaryBit == 0) { summaryWord.set(summaryBit) }
    }

    package func isMarked(_ page: Int) -> Bool { word(page >> 6).load() & (1 << UInt64(page & 63)) != 0 }
}
