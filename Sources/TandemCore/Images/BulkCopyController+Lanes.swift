/// Images that lanes read. The walk stays here: which pages come next, where their images lie, and what of them holds.
///
/// The bad interleavings, and why this is enough: docs/internals/lanes.md.
extension BulkCopyController {
    /// Lanes read in the open window.
    var usesLanes: Bool { pagesLeft != nil }
    /// No lane writes to the arena.
    package var isArenaFree: Bool { lent.isEmpty }
    /// Nothing is left to read in the open window but what lanes have.
    var awaitsLanes: Bool { lent.awaited > 0 && (pagesLeft == 0 || !wantsImages) }

    /// The open window has been closed, or dropped. Until then the descriptor stands still: the next cut would ship
    /// each record of the pages that it passes in a window, as their images may be as old as the walk.
    mutating func endWindow() {
        guard holdsDescriptor else { return }
        (pagesLeft, holdsDescriptor) = (nil, false)
        advanceDescriptor()
    }

    /// As `readImages`, with lanes that read meanwhile. Called until everything is read: `.unfinished` says that it is
    /// not, and nothing is in the way.
    mutating func readImages(
        with reader: inout RecordReader, over desk: inout LaneDesk, pageBudget: Int
    ) -> Capture.Progress {
        guard walk != .none else { return .finished }
        var left = pagesLeft ?? pageBudget
        defer { (pagesLeft, canWrite) = (left, false) }
        if let stop = readShort(with: &reader) { return stop }
        // It reads beside them with nothing to write, and where none of them has got on since the last poll.
        let reads = !canWrite || desk.free == nil
        handOut(over: &desk, &left)
        if lent.awaited == 0, desk.allRest {
            // What is left is read as if there were no lanes.
            let stop = readImages(with: &reader, pageBudget: left)
            left = 0
            return stop
        }
        if reads, left > 0, let next = nextRun() {
            let (count, stop) = readRun(from: next.page, next.view, room: next.room, budget: left, &reader)
            left -= max(count, 1)
            if stop != .finished { return stop }
        }
        return lent.awaited > 0 || left > 0 && wantsImages ? .unfinished : .finished
    }

    private mutating func handOut(over desk: inout LaneDesk, _ left: inout Int) {
        while left > 0, let lane = desk.free, let next = nextRun() {
            let table = next.view.layout
            let first = next.page - table.firstPage
            let count = ownedRun(from: next.page, in: table, most: left)
            let job = desk.handOut(
                to: lane, copy: area.copy, table: table.number, pages: first ..< first + count,
                room: images.memory(at: next.room))
            let extent = ImageRing.Extent(
                firstPage: next.page, pageCount: count, cut: desk.cut,
                fileOffset: table.offset + first * table.pageBytes,
                arenaOffset: next.room, byteCount: count * table.pageBytes)
            lent.lend(next.room ..< next.room + extent.byteCount, of: images.append(extent), for: job)
            cursor = next.page + count
            left -= count
        }
    }

    /// The next owed page, and where its run can go; nil: there is none, or no room.
    private mutating func nextRun() -> (page: Int, view: TableView, room: Int)? {
        while cursor < end {
            guard let page = area.owed.first(in: cursor ..< end) else {
                cursor = end
                return nil
            }
            if let view = tables.view(ofPage: page) {
                return images.room(beside: lent).map { (page, view, $0) }
            }
            area.owed.remove(page)  // scribbled: no such page
            cursor = page + 1
        }
        return nil
    }

    /// How many pages from `page` on, which is owed, one extent takes.
    private func ownedRun(from page: Int, in table: TableLayout, most: Int) -> Int {
        let most = min(
            ImageRing.extentPages, max(1, ImageRing.extentBytes / table.pageBytes), most,
            table.firstPage + table.pageCount - page)
        var count = 1
        while count < most, area.owed.contains(page + count) { count += 1 }
        return count
    }

    /// Reads on what came back short. Nil when nothing of it is left; else what is in the way.
    private mutating func readShort(with reader: inout RecordReader) -> Capture.Progress? {
        while hasShort, let number = images.firstShort(beside: lent) {
            let extent = images[number]
            guard let view = tables.view(ofPage: extent.firstPage) else { preconditionFailure("extent \(extent)") }
            var count = extent.pagesRead
            defer { images.note(number, read: count, sealed: extent.pagesSealed) }
            while count < extent.pageCount {
                if reader.isSliceOver { return .unfinished }
                let page = extent.firstPage + count
                let image = images.memory(at: extent.arenaOffset + count * view.layout.pageBytes)
                switch PageImage.read(view, page: page - view.layout.firstPage, with: &reader, into: image) {
                case .value(_, let later): if later != .nothing { area.memory.dirty.mark(page) }
                case .inDoubt(let writer): return .inDoubt(writer: writer)
                case .lost: return .lost
                }
                count += 1
            }
        }
        hasShort = false
        return nil
    }

    /// A lane has answered. Nothing comes of it where the window is over: then its room alone is free again.
    mutating func take(_ answer: LaneAnswer) {
        guard let number = lent.takeBack(answer.job) else { return }
        let extent = images[number]
        images.note(number, read: answer.pagesRead, sealed: answer.pagesRead)
        if answer.pagesRead < extent.pageCount { hasShort = true }
        var left = answer.later
        while left != 0 {
            // Before the window is closed, so that the next one takes it.
            area.memory.dirty.mark(extent.firstPage + left.trailingZeroBitCount)
            left &= left &- 1
        }
        area.count(.preImages, answer.preImages)
        area.count(.pagesByLanes, answer.pagesRead)
    }

    /// Lanes were waited for in vain: the window holds what was read before the first of theirs, and the next one goes
    /// on there.
    mutating func giveUpLate() {
        guard let first = lent.firstAwaited else { return }
        cursor = images[first].firstPage
        images.drop(from: first)
        voidLent()
    }

    mutating func voidLent() {
        lent.void()
        hasShort = false
    }
}
