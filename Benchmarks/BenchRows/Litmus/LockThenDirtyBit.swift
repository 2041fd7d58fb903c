internal import TandemCore

/// *Lock before looking at the dirty bit.*
///
/// Each round begins with the record's page marked, and the record not named. The writer runs one transaction: lock the
/// record, name it in the page's map, look at the bit, set it if it is clear. At the same moment the controller takes
/// the bit, then what is named, and then reads the record's header.
///
/// **Lost** is a round after which all of this holds:
/// - the controller, having cleared the bit, did not find the record named, or found its header as it was before the
///   round: unlocked, old version. So it believes that the cut needs the old value, and that whoever changes the record
///   later will name it and mark the page;
/// - the writer has committed;
/// - the bit is clear: the writer saw it set, before the controller cleared it, and left it alone.
///
/// Nobody would ever look at that page again. It takes a lock that was still in the writer's store buffer when the
/// header was read, and a bit that was loaded before that. Had the controller seen the lock it would have marked the
/// page again, and had it seen the new version it would have shipped it: those are no losses.
struct LockThenDirtyBit: StoreLoadOrder {
    static let name = "lock before looking at the dirty bit"

    private let source: LitmusSource
    private let page: Int
    private var pages: [PageWord] = []
    private var before: UInt64 = 0
    private var seen: UInt64 = 0
    private var wasNamed = false

    init(_ source: LitmusSource) {
        self.source = source
        page = source.table.layout.firstPage
        pages.reserveCapacity(4)
    }

    mutating func prepare() {
        source.memory.dirty.mark(page)
        source.memory.dirty.changes.clear(page)
        before = source.table.headerWord(0)
        pages.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func open() {
        let (layout, area) = (source.layout, source.area)
        source.memory.dirty.take(
            below: layout.pageCount, wordCount: layout.runtime.wordCount, into: area.taken, pages: &pages)
    }

    @inline(__always)
    mutating func look() {
        wasNamed = source.memory.dirty.changes.names(page, slotOffset: 0)
        seen = source.table.headerWord(0)
    }

    mutating func settle() -> Verdict {
        let isMarked = source.memory.dirty.isMarked(page)
        return Verdict(isLost: (seen == before || !wasNamed) && !isMarked, wasEarly: isMarked)
    }
}
