/// Runs of page images between live memory and the copy, with the memory that holds them: a ring of extents over a ring
/// of bytes, since extents leave in the order in which they came. They complete in any.
struct ImageRing {
    /// A run of pages, read as of one cut.
    struct Extent {
        var firstPage = 0
        var pageCount = 0
        var cut: UInt64 = 0
        var fileOffset = 0
        var arenaOffset = 0
        var byteCount = 0
        /// So many of its pages have been read, from the first on, and so many sealed.
        var pagesRead = 0
        var pagesSealed = 0
        var isDone = false
        /// Pages that a later cut changed again while this image was on its way: they stay owed.
        var superseded: UInt64 = 0
    }

    /// A mask of superseded pages has 64 bits.
    static let extentPages = 64
    static let extentBytes = 256 << 10
    private static let extentCountMax = 2048

    private let arena: UnsafeMutableRawBufferPointer
    // Extent `number` stands at `number & mask`.
    private var extents: [Extent]
    private let mask: Int
    private var oldest = 0
    private var unsubmitted = 0
    private var next = 0
    private var arenaNext = 0
    // What the open window has added, to be dropped with it.
    private var windowStart = (next: 0, arena: 0)

    init(arena: UnsafeMutableRawBufferPointer) {
        precondition(arena.count >= 2 * Self.extentBytes, "two extents at least, \(arena.count) bytes given")
        self.arena = arena
        // A power of two, and not many more than the arena has pages.
        var count = 128
        while count < Self.extentCountMax, count < arena.count >> 12 { count *= 2 }
        mask = count - 1
        extents = Array(repeating: Extent(), count: count)
    }

    var isEmpty: Bool { oldest == next }
    var first: Extent? { isEmpty ? nil : extents[oldest & mask] }
    subscript(number: Int) -> Extent { extents[number & mask] }

    /// Where in the arena the next extent can go; nil when the oldest is in the way, or what lanes still write to.
    func room(beside lent: LentRooms) -> Int? {
        guard let first else { return place(from: 0, below: arena.count, lent) }
        guard next - oldest <= mask else { return nil }
        guard arenaNext > first.arenaOffset else { return place(from: arenaNext, below: first.arenaOffset - 1, lent) }
        return place(from: arenaNext, below: arena.count, lent) ?? place(from: 0, below: first.arenaOffset - 1, lent)
    }

    private func place(from start: Int, below limit: Int, _ lent: LentRooms) -> Int? {
        var place = start
        while place + Self.extentBytes <= limit {
            guard let end = lent.endOfVoid(in: place ..< place + Self.extentBytes) else { return place }
            place = end
        }
        return nil
    }

    func memory(at offset: Int) -> UnsafeMutableRawPointer { arena.baseAddress! + offset }

    /// Returns its number.
    @discardableResult
    mutating func append(_ extent: Extent) -> Int {
        extents[next & mask] = extent
        next += 1
        arenaNext = extent.arenaOffset + extent.byteCount
        return next - 1
    }

    /// So many of its pages have been read, and so many of them sealed.
    mutating func note(_ number: Int, read: Int, sealed: Int) {
        extents[number & mask].pagesRead = read
        extents[number & mask].pagesSealed = sealed
    }

    /// The first of the open window's extents of which pages are still to be read, and by no lane.
    func firstShort(beside lent: LentRooms) -> Int? {
        for number in windowStart.next ..< next where self[number].pagesRead < self[number].pageCount {
            if !lent.has(number) { return number }
        }
        return nil
    }

    var hasUnsubmitted: Bool { @inline(__always) get { unsubmitted < next } }
    func hasUnsubmitted(through gate: UInt64) -> Bool { unsubmitted < next && self[unsubmitted].cut <= gate }

    /// The next extent to be written, if its cut is at most `gate`.
    mutating func takeUnsubmitted(through gate: UInt64) -> (number: Int, extent: Extent)? {
        guard hasUnsubmitted(through: gate) else { return nil }
        defer { unsubmitted += 1 }
        return (unsubmitted, self[unsubmitted])
    }

    /// It is on the copy. Nil when it was dropped meanwhile.
    mutating func complete(_ number: Int) -> Extent? {
        guard number >= oldest, number < next else { return nil }
        extents[number & mask].isDone = true
        return self[number]
    }

    /// The oldest extent, once it is done: what all before it have been is what the descriptor may pass.
    mutating func removeFirstDone() -> Extent? {
        guard let first, first.isDone else { return nil }
        oldest += 1
        return first
    }

    /// A page has been changed by a later cut than its image, if one is under way.
    mutating func supersede(_ page: Int) {
        guard let first, page >= first.firstPage else { return }
        var (low, high) = (oldest, next)
        while high - low > 1 {
            let middle = (low + high) / 2
            if self[middle].firstPage <= page { low = middle } else { high = middle }
        }
        let place = page - self[low].firstPage
        if place < self[low].pageCount { extents[low & mask].superseded |= 1 << UInt64(place) }
    }

    /// The oldest extents, as far as they are done.
    mutating func removeDone() { while removeFirstDone() != nil {} }

    mutating func removeAll() {
        oldest = next
        unsubmitted = next
    }

    mutating func openWindow() { windowStart = (next, arenaNext) }
    mutating func dropWindow() { (next, arenaNext) = windowStart }

    /// Drops the extents of the open window from `number` on.
    mutating func drop(from number: Int) {
        precondition(number >= windowStart.next && number < next, "extent \(number) of \(windowStart.next) to \(next)")
        (next, arenaNext) = (number, self[number].arenaOffset)
    }
}
