/// Pages of one bitmap word.
package struct PageWord: Equatable {
    package let index: Int
    package var bits: UInt64
}

extension DirtyBitmap {
    /// Whether any summary bit in `summaryRange` is set. A stale no is corrected by the next look.
    package func mayBeDirty(summaryCount: Int) -> Bool {
        for index in 0 ..< summaryCount where summaryWord(index).load() != 0 { return true }
        return false
    }

    /// Takes all dirty pages below `limit`, a word at a time: `keep` puts its bits elsewhere.
    ///
    /// The summary bit is cleared before its word is taken: a writer that marks in between sets it anew. The bits are
    /// kept elsewhere before they are cleared here, so that a replicator killed in between forgets nothing.
    @inline(__always)
    package func take(below limit: Int, wordCount: Int, _ keep: (PageWord) -> Void) {
        let limitWord = limit >> 6
        let summaryEnd = min((limitWord >> 6) + 1, (wordCount + 63) >> 6)
        for summaryIndex in 0 ..< summaryEnd where summaryWord(summaryIndex).load() != 0 {
            // A full barrier: the summary is cleared before the word is read, against `mark`, which sets the word
            // first.
            var marks = summaryWord(summaryIndex).takeAll()
            var kept: UInt64 = 0
            while marks != 0 {
                let position = marks.trailingZeroBitCount
                marks &= marks &- 1
                let index = summaryIndex << 6 | position
                guard index < wordCount else { continue }
                let all = word(index).load()
                let bits = all & PageWord.mask(below: limit, word: index)
                if all != bits { kept |= 1 << UInt64(position) }
                guard bits != 0 else { continue }
                keep(PageWord(index: index, bits: bits))
                // A full barrier: kept elsewhere before no longer dirty, seen by a successor.
                word(index).clear(bits)
            }
            // Set again: what is kept must be found by the next look.
            if kept != 0 { summaryWord(summaryIndex).set(kept) }
        }
    }

    /// Sets the bits of `word` again, and the summary. Which of their records had changed is not known any more.
    package func restore(_ pages: PageWord) {
        changes.noteAll(pages)
        // A full barrier: what has changed is named before the page is dirty, seen by whoever takes it.
        word(pages.index).set(pages.bits)
        // The word before its summary: a summary bit too many costs a look, one too few hides a page.
        summaryWord(pages.index >> 6).set(1 << UInt64(pages.index & 63))
    }

    /// Sets every summary bit whose word is not zero: a predecessor may have died between clearing one and taking the
    /// word.
    package func rebuildSummary(wordCount: Int) {
        for index in 0 ..< wordCount where word(index).load() != 0 {
            // The word was read first; a writer that marks it meanwhile sets the summary by itself.
            summaryWord(index >> 6).set(1 << UInt64(index & 63))
        }
    }

    /// Whether any page is marked now; for status only.
    package func isAnyMarked(wordCount: Int) -> Bool { (0 ..< wordCount).contains { word($0).load() != 0 } }

    /// Pages marked now; for status only.
    package func count(wordCount: Int) -> Int { count(below: wordCount << 6) }

    /// Pages below `limit` that are marked now; for status only.
    package func count(below limit: Int) -> Int {
        let whole = (0 ..< limit >> 6).reduce(0) { $0 + word($1).load().nonzeroBitCount }
        guard limit & 63 != 0 else { return whole }
        return whole + (word(limit >> 6).load() & ((1 << UInt64(limit & 63)) &- 1)).nonzeroBitCount
    }
}
