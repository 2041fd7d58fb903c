internal import CTandemLayout

/// What is named of the pages that a window has taken, for the reading of the window.
///
/// The names are taken as soon as the window is open, of all its pages, before any of them is read: what is changed
/// while it is read is named for a later window, and is not looked for in this one. Taken page by page as they were
/// read, the names of a long window were more and more of records whose values before it had to be sought in undo logs,
/// only to be found shipped long ago: where writers outran the engine that was half of its time, and so they outran it
/// the more.
struct TakenNames {
    /// Words of 64 pages for which the map's lines are asked ahead: another core has stored to them a moment ago.
    private static let ahead = 8

    /// For each page, in order.
    private var parts: [PageParts] = []
    private var word = 0

    init(pageCount: Int) { parts.reserveCapacity(pageCount) }

    mutating func begin() {
        parts.removeAll(keepingCapacity: true)
        word = 0
    }

    /// What is named of the page at `place` among all that were taken.
    subscript(place: Int) -> PageParts { @inline(__always) get { parts[place] } }

    /// Takes what is named, of some `budget` pages at most. True when all of it is taken.
    ///
    /// - Parameter leaves: whether the names of a page stay, for somebody else.
    @inline(__always)
    mutating func take(
        of words: [PageWord], from changes: ChangeMap, budget: Int, leaves: (_ page: Int) -> Bool
    ) -> Bool {
        guard word < words.count else { return true }
        let most = parts.count + budget
        if word == 0 { for early in words.prefix(Self.ahead) { changes.prefetch(early) } }
        while word < words.count {
            guard parts.count < most else { return false }
            if word + Self.ahead < words.count { changes.prefetch(words[word + Self.ahead]) }
            var bits = words[word].bits
            while bits != 0 {
                let page = words[word].index << 6 | bits.trailingZeroBitCount
                parts.append(leaves(page) ? changes.look(page) : changes.take(page))
                bits &= bits &- 1
            }
            word += 1
        }
        return true
    }
}
