/// Compares a copy of which nobody knows what it lacks with its source, in table order: a page that is as it ought to
/// be is missed no more.
///
/// What the copy holds is read ahead; nobody else writes to it. The source's page is read in a window, as an image is.
/// The two are equal as of that window's cut, and only where nothing is known of a later change: what comes later is
/// dirty, and then missed.
///
/// *Threads:* the engine's. *Crash:* `missed` is not to be believed before it has ended; `part_way` says so.
struct ContentComparison {
    /// Pages of one table that follow each other, as the copy holds them, or their digests.
    private struct Chunk {
        let table: TableView
        /// The table's.
        let pages: Range<Int>
        let number: Int
        var isRead = false
    }

    private static let chunkBytes = 128 << 10
    private static let chunksMax = 8
    /// A server has to read 8 MiB for them.
    private static let digestsInChunk = 2048
    /// What a server that names no smaller one is read by.
    private static let blockBytes = 512
    /// A page of any table fits.
    private static let pageBytesMax = 64 << 10

    private let access: ContentAccess
    private let tables: TableDirectory
    private let checksum: Checksum
    private let scratch: UnsafeMutableRawPointer
    private let room: UnsafeMutableRawBufferPointer
    private let chunkCountMax: Int

    // What is asked of the copy next.
    private var nextTable = 0
    private var nextPage = 0
    private var nextNumber = 0
    private var chunks: [Chunk] = []

    // What is compared next: a chunk, and how many of its pages have been.
    private var place = 0
    private var done = 0
    private var hasFolded = false
    // Where the open window began, and what it has found.
    private var windowStart = (place: 0, done: 0)
    private var equal: [PageWord] = []
    private var different = (pages: 0, bytes: 0)

    private(set) var pagesDone = 0
    /// Pages that are not as they ought to be, and what they take in a journal.
    private(set) var pagesDifferent = 0
    private(set) var bytesDifferent = 0

    /// - Parameter arena: memory for reads that nobody else uses meanwhile.
    init(
        _ access: ContentAccess, tables: TableDirectory, arena: UnsafeMutableRawBufferPointer, checksum: Checksum
    ) {
        precondition(access != .none, "nothing to compare with")
        let bytes = arena.count - Self.pageBytesMax
        precondition(bytes >= Self.chunkBytes, "\(arena.count) bytes are no room for a comparison")
        self.access = access
        self.tables = tables
        self.checksum = checksum
        scratch = arena.baseAddress!
        room = UnsafeMutableRawBufferPointer(rebasing: arena[Self.pageBytesMax...])
        chunkCountMax = min(Self.chunksMax, bytes / Self.chunkBytes)
    }

    /// Everything has been compared, and the window in which the last page was is closed.
    var isFinished: Bool { nextTable == tables.views.count && chunks.isEmpty }
    /// The first window folds what is dirty: bits from before would be there still when their pages have long been
    /// found equal, and be taken for later changes.
    var wantsFold: Bool { wantsWindow && !hasFolded }
    /// There is something to compare.
    var wantsWindow: Bool { place < chunks.count && chunks[place].isRead }

    // MARK: The copy's pages

    /// Asks for what comes next, as far as there is memory.
    mutating func readAhead(into batch: inout CommandBatch) {
        while chunks.count < chunkCountMax, nextTable < tables.views.count {
            let view = tables.views[nextTable]
            let layout = view.layout
            let most = access == .pages ? max(1, Self.chunkBytes / layout.pageBytes) : Self.digestsInChunk
            let pages = nextPage ..< min(nextPage + most, layout.pageCount)
            batch.issue(.content(nextNumber), read(layout, pages, into: memory(nextNumber)))
            chunks.append(Chunk(table: view, pages: pages, number: nextNumber))
            nextNumber += 1
            nextPage = pages.upperBound
            if nextPage == layout.pageCount { (nextTable, nextPage) = (nextTable + 1, 0) }
        }
    }

    private func read(
        _ table: TableLayout, _ pages: Range<Int>, into memory: UnsafeMutableRawPointer
    ) -> CopyCommand.Operation {
        if case .digests(let offset) = access {
            return .read(
                memory, count: (pages.count * PageDigest.byteCount + Self.blockBytes - 1) & ~(Self.blockBytes - 1),
                offset: offset + (table.firstPage + pages.lowerBound) * PageDigest.byteCount)
        }
        return .readOnce(
            memory, count: pages.count * table.pageBytes, offset: table.offset + pages.lowerBound * table.pageBytes)
    }

    /// Chunks leave in the order in which they came.
    private func memory(_ number: Int) -> UnsafeMutableRawPointer {
        room.baseAddress! + number % chunkCountMax * Self.chunkBytes
    }

    /// A read has ended.
    mutating func noteRead(_ number: Int) {
        if let place = chunks.firstIndex(where: { $0.number == number }) { chunks[place].isRead = true }
    }

    // MARK: Window

    mutating func openWindow() {
        windowStart = (place, done)
        hasFolded = true
    }

    /// What the source's pages were as of this window nobody knows: they are compared again.
    mutating func dropWindow() {
        (place, done) = windowStart
        equal.removeAll(keepingCapacity: true)
        different = (0, 0)
    }

    /// The window has been read whole: what was found in it holds.
    mutating func closeWindow(into missed: inout MissedPages) {
        for word in equal { missed.remove(word) }
        pagesDifferent += different.pages
        bytesDifferent += different.bytes
        different = (0, 0)
        equal.removeAll(keepingCapacity: true)
        pagesDone += chunks[..<place].reduce(done - windowStart.done) { $0 + $1.pages.count }
        chunks.removeFirst(place)
        place = 0
    }

    /// Compares the next pages as of the reader's cut. Returns what stopped it.
    mutating func compare(with reader: inout RecordReader, pageBudget: Int) -> Capture.Progress {
        var budget = pageBudget
        while budget > 0, !reader.isSliceOver, wantsWindow {
            let chunk = chunks[place]
            let page = chunk.pages.lowerBound + done
            let table = chunk.table.layout
            prefetch(chunk, page)
            switch PageImage.read(chunk.table, page: page, with: &reader, into: scratch) {
            case .value(_, let later): note(table, page, later == .nothing && isEqual(chunk, page))
            case .inDoubt(let writer): return .inDoubt(writer: writer)
            case .lost: return .lost
            }
            budget -= 1
            done += 1
            if done == chunk.pages.count { (place, done) = (place + 1, 0) }
        }
        return .finished
    }

    /// Asks for the copy's page, which another processor may have read and have in its own cache, and for the source's
    /// next one, as the processor's own looking ahead ends with a page.
    private func prefetch(_ chunk: Chunk, _ page: Int) {
        let (view, byteCount) = (chunk.table, chunk.table.layout.pageBytes)
        if access == .pages { PageImage.prefetch(memory(chunk.number) + done * byteCount, byteCount: byteCount) }
        if page + 1 < view.layout.pageCount {
            PageImage.prefetch(view.pages + (page + 1) * byteCount, byteCount: byteCount)
        }
    }

    /// Whether the copy's page is what was read of the source.
    private func isEqual(_ chunk: Chunk, _ page: Int) -> Bool {
        let table = chunk.table.layout
        let place = page - chunk.pages.lowerBound
        guard access == .pages else {
            let digest = (memory(chunk.number) + place * PageDigest.byteCount).load(as: UInt64.self)
            return UInt64(littleEndian: digest) == PageDigest.of(table, page: page, at: scratch)
        }
        PageImage.seal(table, page: page, at: scratch, checksum: checksum)
        let own = UnsafeRawBufferPointer(
            start: memory(chunk.number) + place * table.pageBytes, count: table.pageBytes)
        return own.isEqual(to: UnsafeRawBufferPointer(start: scratch, count: table.pageBytes))
    }

    private mutating func note(_ table: TableLayout, _ page: Int, _ isEqual: Bool) {
        guard isEqual else {
            different.pages += 1
            different.bytes += table.records(onPage: page).count * table.changeBytes
            return
        }
        let number = table.firstPage + page
        let bit = 1 << UInt64(number & 63) as UInt64
        if let last = equal.last, last.index == number >> 6 {
            equal[equal.count - 1].bits |= bit
        } else {
            equal.append(PageWord(index: number >> 6, bits: bit))
        }
    }
}
