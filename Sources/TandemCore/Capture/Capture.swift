/// One cut being taken out of live memory: the pages that were taken, and how far they have been read.
///
/// Reads in slices, so that the engine polls everything else in between; the writers never stop.
package struct Capture {
    package enum Progress: Equatable {
        /// The slice is over; more pages are left.
        case unfinished
        case finished
        /// No staging memory until some journal writes complete.
        case waiting
        /// A writer is just committing; try the same record again.
        case inDoubt(writer: Int)
        /// The journal's free part cannot hold the cut.
        case noRoom
        /// A pre-image is gone: drop the capture.
        case lost
    }

    /// What copies have taken, together.
    package private(set) var taken: [PageWord] = []
    /// What of them is still to be read.
    private var pages: [PageWord] = []
    private var word = 0
    /// What is named of them, and which of all that were taken is being read.
    private var names: TakenNames
    private var place = 0
    /// The parts of the page being read that may have changed and are left to be read, and the next record.
    private var parts: PageParts?
    private var record = 0
    private var ahead = PagesAhead()
    /// Pages read of those that were taken.
    package private(set) var pagesRead = 0
    /// The follower that has no room, where reading has come to that.
    package private(set) var blocked = 0

    package init(wordCount: Int) {
        names = TakenNames(pageCount: wordCount * 64)
        taken.reserveCapacity(wordCount)
        pages.reserveCapacity(wordCount)
    }

    /// Takes, for each copy, all that it lacks below its descriptor. What is dirty there becomes taken by some, and
    /// missed by the others: those that have no part in this window, or whose descriptor is lower, and those that are
    /// `absent`.
    mutating func take<Follower: CutFollower>(
        for followers: inout [Follower], absent: inout [AbsentCopy], area: RuntimeArea
    ) {
        taken.removeAll(keepingCapacity: true)
        var limit = 0
        for place in followers.indices {
            followers[place].taker.takeMissed(into: &taken)
            guard let part = followers[place].taker.part else { continue }
            limit = max(limit, part.foldsEverything ? area.layout.pageCount : part.descriptor ?? 0)
        }
        let isMixed = !taken.isEmpty
        area.memory.dirty.take(below: limit, wordCount: area.layout.runtime.wordCount) { word in
            for place in followers.indices { followers[place].taker.fold(word) }
            for place in absent.indices { absent[place].missed.add(word) }
            taken.append(word)
        }
        if isMixed { taken.merge() }
        start()
    }

    private mutating func start() {
        pages.replaceSubrange(pages.startIndex..., with: taken)
        (word, place) = (0, 0)
        names.begin()
        leavePage()
        ahead = PagesAhead()
        pagesRead = 0
    }

    private mutating func leavePage() {
        parts = nil
        record = 0
    }

    /// Reads up to `pageBudget` pages: of each record the value as of the cut, into the body of every copy that took
    /// the page and lacks it. Bits of pages that no table has cost nothing of it: a scribbled bitmap is full of them,
    /// and nothing is read for one.
    package mutating func read<Follower: CutFollower>(
        with reader: inout RecordReader, tables: TableDirectory, pageBudget: Int, into followers: inout [Follower]
    ) -> Progress {
        // Once for all records: each access to the array would ask whether it is shared.
        followers.withUnsafeMutableBufferPointer { read(with: &reader, tables, pageBudget, into: $0) }
    }

    private mutating func read<Follower: CutFollower>(
        with reader: inout RecordReader, _ tables: TableDirectory, _ pageBudget: Int,
        into followers: UnsafeMutableBufferPointer<Follower>
    ) -> Progress {
        guard takeNames(from: reader.memory.dirty.changes, budget: pageBudget * 4, followers) else {
            return .unfinished
        }
        var budget = pageBudget
        while word < pages.count {
            while pages[word].bits != 0 {
                guard budget > 0, !reader.isSliceOver else { return .unfinished }
                ahead.prefetch(pages, names, tables, before: place)
                let page = pages[word].index << 6 | pages[word].bits.trailingZeroBitCount
                let takers = PageTakers(of: page, among: followers)
                // Whoever took it may have left.
                if let first = takers.first, let view = tables.view(ofPage: page) {
                    blocked = first
                    let progress =
                        takers.areSeveral
                        ? readShared(page, view, takers, &reader, followers)
                        : readPage(page, view, takers, &reader, &followers[first].taker.body)
                    guard progress == .finished else { return progress }
                    budget -= 1
                    pagesRead += 1
                }
                pages[word].bits &= pages[word].bits &- 1
                place += 1
                leavePage()
            }
            word += 1
        }
        return .finished
    }

    @inline(__always)
    private mutating func takeNames<Follower: CutFollower>(
        from changes: ChangeMap, budget: Int, _ followers: UnsafeMutableBufferPointer<Follower>
    ) -> Bool {
        // One alone took whatever is read.
        if followers.count == 1 { return names.take(of: pages, from: changes, budget: budget) { _ in false } }
        return names.take(of: pages, from: changes, budget: budget) { PageTakers.leaveNames(of: $0, followers) }
    }

    @inline(never)
    private mutating func readShared<Follower: CutFollower>(
        _ page: Int, _ view: TableView, _ takers: PageTakers, _ reader: inout RecordReader,
        _ followers: UnsafeMutableBufferPointer<Follower>
    ) -> Progress {
        var shared = SharedBody(followers, takers: takers)
        let progress = readPage(page, view, takers, &reader, &shared)
        blocked = shared.blocked
        return progress
    }

    @inline(__always)
    private mutating func readPage<Body: ChangeSink>(
        _ page: Int, _ view: TableView, _ takers: PageTakers, _ reader: inout RecordReader, _ body: inout Body
    ) -> Progress {
        let table = view.layout
        let records = table.records(onPage: page - table.firstPage)
        var left = parts ?? names[place]
        defer { parts = left }
        while let part = left.first {
            let named = PageParts.records(of: table, in: part)
            record = max(record, named.lowerBound)
            while record < min(named.upperBound, records.count) {
                let index = records.lowerBound + record
                let progress = readRecord(index, view, page, from: takers.threshold, &reader, &body)
                guard progress == .finished else { return progress }
                record += 1
                if reader.isSliceOver, record < records.count { return .unfinished }
            }
            left.removeFirst()
        }
        return .finished
    }

    @inline(__always)
    private mutating func readRecord<Body: ChangeSink>(
        _ index: Int, _ view: TableView, _ page: Int, from threshold: UInt64, _ reader: inout RecordReader,
        _ body: inout Body
    ) -> Progress {
        let table = view.layout
        let slotOffset = table.slotOffset(of: index, page: page - table.firstPage)
        let header = RecordHeader(base: view.pages + slotOffset)
        if reader.isUnchanged(header, from: threshold) { return .finished }
        let room: UnsafeMutableRawPointer
        switch body.reserve(for: table) {
        case .room(let pointer): room = pointer
        case .waiting: return .waiting
        case .noRoom: return .noRoom
        }
        switch reader.read(table, index, header, into: room + ChangeOffset.payload) {
        case .value(let epoch, let later):
            note(later, page, slotOffset, reader.memory)
            if epoch >= threshold {
                body.append(table: table, index: index, epoch: epoch, page: page, at: room)
            }
            return .finished
        case .inDoubt(let writer): return .inDoubt(writer: writer)
        case .lost: return .lost
        }
    }

    /// What a later cut has to come back for.
    @inline(__always)
    private mutating func note(
        _ later: RecordReader.Later, _ page: Int, _ slotOffset: Int, _ memory: SourceMemory
    ) {
        switch later {
        case .nothing: break
        // No fence: who takes what is set here is this thread, or comes when it has died.
        case .changed: memory.dirty.mark(page, slotOffset: slotOffset)
        // Its commit will mark the page, and may have named the record long ago.
        case .held: memory.dirty.changes.note(page, slotOffset: slotOffset)
        }
    }
}

extension Capture {
    /// The undo room did not last: says which would have.
    ///
    /// It was full when so many of the pages had been read; the others would have taken as much for each. But no more
    /// than the pre-images of all records, each once, and the writers' homes.
    func noteAbandoned(in area: RuntimeArea) {
        let layout = area.layout
        let pages = taken.reduce(0) { $0 + $1.bits.nonzeroBitCount }
        let all = layout.tables.reduce(0.0) {
            $0 + Double($1.capacity) * Double(RecordShape(payloadBytes: $1.payloadBytes).undoBytes)
        }
        let most = all + Double(layout.writerCount * layout.undoSegmentBytes)
        let needed = Double(layout.undoBytes) * Double(max(pages, 1)) / Double(max(pagesRead, 1))
        // Not less than there is, as that did not do; in whole MiB, so that it is said in few words.
        let wanted = UInt64(max(min(needed, most), Double(layout.undoBytes)) / 1_048_576) + 1
        let word = area.replicator[.undoWanted]
        if word.load() < wanted << 20 { word.store(wanted << 20) }
    }
}

/// From which epoch on a page's records have to be shipped.
///
/// Usually from the one behind the last shipped cut. Pages that the bulk copy has passed since the last capture may be
/// older in their image, so for those it is the oldest image among them. Where nobody knows what the copy's records
/// are, from 0 on: one that was never changed may have been on the copy.
package struct ShippedThreshold {
    private let usual: UInt64
    private let passedFrom: Int
    private let passedImage: UInt64

    package init(lastShipped: UInt64, passedFrom: Int, passedImage: UInt64) {
        usual = lastShipped &+ 1
        self.passedFrom = passedFrom
        // No image is as of the last epoch of all, which says that none has been passed.
        self.passedImage = passedImage == .max ? .max : passedImage &+ 1
    }

    /// Every page that is taken, with all that is named there.
    static let everything = ShippedThreshold(lastShipped: .max, passedFrom: .max, passedImage: .max)

    @inline(__always)
    func epoch(forPage page: Int) -> UInt64 { page >= passedFrom ? min(usual, passedImage) : usual }
}

/// The tables of one source, found by page number.
package struct TableDirectory {
    package let views: [TableView]

    package init(memory: SourceMemory, layout: FileLayout) {
        views = layout.tables.map { TableView(layout: $0, memory: memory) }
    }

    /// The table that page `page` belongs to; nil for the padding between tables.
    @inline(__always)
    func view(ofPage page: Int) -> TableView? {
        var low = 0
        var high = views.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if views[middle].layout.firstPage <= page { low = middle } else { high = middle }
        }
        let table = views[low].layout
        return page - table.firstPage < table.pageCount ? views[low] : nil
    }
}
