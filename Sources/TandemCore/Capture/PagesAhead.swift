internal import CTandemLayout

/// What is brought to the cache ahead of a capture: records of random pages are a cache miss each, and one of the
/// address translation, and asked for some pages ahead they overlap.
///
/// Asked for in batches: a prefetch is not over before its address is translated. One between two records that are
/// read stood alone, as a processor does not look ahead as far as the next: a third of the engine's time was waiting
/// for it. In a loop of their own the translations of many pages are under way at once.
struct PagesAhead {
    /// Pages of one record, of 4 lines each: more than a core can have under way.
    private static let batch = 24
    /// So many are ready when the next batch is asked for.
    private static let reserve = 8

    private var word = 0
    private var left: UInt64?
    /// Pages asked for, of all that were taken.
    private var places = 0

    /// Asks for what is named of the pages that follow, where `place` is the one to be read next.
    @inline(__always)
    mutating func prefetch(_ words: [PageWord], _ names: TakenNames, _ tables: TableDirectory, before place: Int) {
        if places <= place + Self.reserve, word < words.count { prefetchBatch(words, names, tables) }
    }

    @inline(never)
    private mutating func prefetchBatch(_ words: [PageWord], _ names: TakenNames, _ tables: TableDirectory) {
        for _ in 0 ..< Self.batch {
            guard let page = next(words) else { return }
            var parts = names[places]
            places += 1
            guard let view = tables.view(ofPage: page) else { continue }
            let base = view.pages + (page - view.layout.firstPage) * view.layout.pageBytes
            while let part = parts.first {
                for line in 0 ..< 4 { tandem_prefetch(base + part << 8 + line << 6) }
                parts.removeFirst()
            }
        }
    }

    @inline(__always)
    private mutating func next(_ words: [PageWord]) -> Int? {
        while word < words.count {
            let bits = left ?? words[word].bits
            if bits != 0 {
                left = bits & (bits &- 1)
                return words[word].index << 6 | bits.trailingZeroBitCount
            }
            word += 1
            left = nil
        }
        return nil
    }
}
