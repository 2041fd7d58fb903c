internal import CTandemLayout

/// What is brought to the cache ahead of a capture: records of random pages are a cache miss each, and asked for some
/// pages ahead they overlap.
struct PagesAhead {
    /// 24 pages of one record, of 4 lines each, keep as many misses under way as a core can have.
    private static let distance = 24

    private var word = 0
    private var left: UInt64?
    private var pages = 0

    /// Asks for what the map names of the pages that follow, `read` of which have been read.
    @inline(__always)
    mutating func prefetch(_ words: [PageWord], _ tables: TableDirectory, read: Int, _ memory: SourceMemory) {
        while pages < read + Self.distance, word < words.count {
            let bits = left ?? words[word].bits
            if bits == 0 {
                word += 1
                left = nil
                continue
            }
            left = bits & (bits &- 1)
            let page = words[word].index << 6 | bits.trailingZeroBitCount
            guard let view = tables.view(ofPage: page) else { continue }
            prefetch(page, view, memory)
            pages += 1
        }
    }

    @inline(__always)
    private func prefetch(_ page: Int, _ view: TableView, _ memory: SourceMemory) {
        let base = view.pages + (page - view.layout.firstPage) * view.layout.pageBytes
        var parts = memory.dirty.changes.look(page)
        while let part = parts.first {
            for line in 0 ..< 4 { tandem_prefetch(base + part << 8 + line << 6) }
            parts.removeFirst()
        }
    }
}
