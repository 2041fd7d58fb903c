/// A bitmap with one bit per page that only the engine writes: `taken`, `owed`, `missed`. In shared memory, so that the
/// engine's successor finds it.
package struct PageBitmap {
    let bits: UnsafeMutableRawPointer
    package let wordCount: Int

    package init(bits: UnsafeMutableRawPointer, wordCount: Int) {
        self.bits = bits
        self.wordCount = wordCount
    }

    // There is one engine, so that plain loads and stores do. A tool may read a word a moment old.

    package func load(word index: Int) -> UInt64 { bits.word(at: index * 8).load() }
    /// Release: bits move by *set there, then clear here*, and a successor that sees the second store sees the first.
    package func store(word index: Int, _ value: UInt64) { bits.word(at: index * 8).storeReleasing(value) }
    package func set(word index: Int, _ mask: UInt64) { store(word: index, load(word: index) | mask) }
    package func clear(word index: Int, _ mask: UInt64) { store(word: index, load(word: index) & ~mask) }

    package func contains(_ page: Int) -> Bool { load(word: page >> 6) & (1 << UInt64(page & 63)) != 0 }
    package func insert(_ page: Int) { set(word: page >> 6, 1 << UInt64(page & 63)) }
    package func remove(_ page: Int) { clear(word: page >> 6, 1 << UInt64(page & 63)) }

    package func removeAll() {
        for index in 0 ..< wordCount where load(word: index) != 0 { store(word: index, 0) }
    }

    package var count: Int { (0 ..< wordCount).reduce(0) { $0 + load(word: $1).nonzeroBitCount } }

    package var isEmpty: Bool { (0 ..< wordCount).allSatisfy { load(word: $0) == 0 } }

    /// The first page in `range` that is in the bitmap; nil if there is none.
    package func first(in range: Range<Int>) -> Int? {
        var page = range.lowerBound
        while page < range.upperBound {
            let word = load(word: page >> 6) & (UInt64.max << UInt64(page & 63))
            if word != 0 {
                let found = page & ~63 | word.trailingZeroBitCount
                return found < range.upperBound ? found : nil
            }
            page = (page | 63) + 1
        }
        return nil
    }

    /// Inserts the pages that the tables really have; the padding up to each multiple of 64 stays clear.
    package func insertAll(of layout: FileLayout) {
        for table in layout.tables {
            for page in stride(from: 0, to: table.pageCount, by: 64) {
                let left = table.pageCount - page
                set(word: (table.firstPage + page) >> 6, left >= 64 ? .max : (1 << UInt64(left)) - 1)
            }
        }
    }
}
