/// Pages that have changed since one copy's last cut, and that no later one of its own has taken.
///
/// In shared memory, so that the engine's successor finds them; above them, for the engine alone, a bit for each word:
/// to look through all that a source of 64 GiB has takes 100 µs.
package struct MissedPages {
    package let bits: PageBitmap
    private var summary: [UInt64]

    package init(_ bits: PageBitmap) {
        self.bits = bits
        summary = Array(repeating: 0, count: (bits.wordCount + 63) / 64)
        look()
    }

    /// Somebody else may have written there.
    mutating func look() {
        for place in summary.indices { summary[place] = 0 }
        for index in 0 ..< bits.wordCount where bits.load(word: index) != 0 { note(index) }
    }

    package var isEmpty: Bool { summary.allSatisfy { $0 == 0 } }

    package mutating func add(_ word: PageWord) {
        bits.set(word: word.index, word.bits)
        note(word.index)
    }

    /// What the copy turned out to have.
    package func remove(_ word: PageWord) { bits.clear(word: word.index, word.bits) }

    /// Hands over what is missed below page `limit`, a word at a time: it is cleared when `body` has put it elsewhere.
    /// At most `portion` pages; false when something is left.
    package mutating func take(below limit: Int, portion: Int, _ body: (PageWord) -> Void) -> Bool {
        let end = (limit + 63) >> 6
        var room = portion
        for place in summary.indices where summary[place] != 0 {
            var marks = summary[place]
            while marks != 0 {
                let bit = marks.trailingZeroBitCount
                marks &= marks &- 1
                let index = place << 6 | bit
                guard index < end else { return true }
                let all = bits.load(word: index)
                let wanted = all & PageWord.mask(below: limit, word: index)
                let taken = wanted.lowest(room)
                if taken != 0 {
                    room -= taken.nonzeroBitCount
                    body(PageWord(index: index, bits: taken))
                    bits.clear(word: index, taken)
                }
                if taken != wanted { return false }
                if all == taken { summary[place] &= ~(1 << UInt64(bit)) }
            }
        }
        return true
    }

    private mutating func note(_ index: Int) { summary[index >> 6] |= 1 << UInt64(index & 63) }
}

/// A copy that the source knows and that nobody follows.
struct AbsentCopy {
    let number: Int
    var missed: MissedPages

    init(_ area: RuntimeArea) {
        number = area.copy
        missed = MissedPages(area.missed)
    }
}

extension PageWord {
    /// Those pages of word `index` that are below page `limit`.
    @inline(__always)
    static func mask(below limit: Int, word index: Int) -> UInt64 {
        limit >= (index + 1) << 6 ? .max : limit <= index << 6 ? 0 : 1 << UInt64(limit & 63) &- 1
    }
}

extension UInt64 {
    /// At most `count` of the bits that are set, from the lowest on.
    fileprivate func lowest(_ count: Int) -> UInt64 {
        var bits = self
        while bits.nonzeroBitCount > count { bits &= ~(1 << UInt64(63 - bits.leadingZeroBitCount)) }
        return bits
    }
}

extension [PageWord] {
    /// In order, each word once.
    mutating func merge() {
        // Mostly they are: what is dirty is taken in order.
        if zip(self, dropFirst()).allSatisfy({ $0.index < $1.index }) { return }
        sort { $0.index < $1.index }
        var count = 0
        for word in self {
            if count > 0, self[count - 1].index == word.index {
                self[count - 1].bits |= word.bits
            } else {
                self[count] = word
                count += 1
            }
        }
        removeSubrange(count...)
    }
}
