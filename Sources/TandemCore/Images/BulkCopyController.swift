/// Copies owed pages in table order: all of them in a bulk copy, those changed since in a sweep.
///
/// The descriptor stands below the lowest page that is not *complete*. Images complete in any order, and a crash
/// between a later and an earlier one must not leave a hole that nobody cares for.
package struct BulkCopyController {
    package enum Walk: Equatable {
        case none
        /// Advances the descriptors. `start`: every page that is not owed is as of this cut at least.
        case bulkCopy(start: UInt64)
        /// Walks a copy that is in sync; leaves the descriptors at the end.
        case sweep
    }

    /// Writes under way: more give no more speed on any device tried, and each one late delays an outage's end.
    static let inFlightMax = 32
    /// So many of these are issued in a poll while lanes read: one that blocks holds up the window that they read in.
    static let submittedBesideLanes = 1

    let area: RuntimeArea
    let tables: TableDirectory
    private let checksum: Checksum
    let end: Int

    package internal(set) var walk = Walk.none
    /// A bulk copy that reads everything in one window; nil: it does so in many, with cuts in between.
    var onlyWindow: OnlyWindow?
    var cursor = 0
    /// The page below which all images are on the copy: cuts take what is dirty there, and what is above it the walk
    /// will come by and read.
    package private(set) var descriptor: Int
    private var passedFrom = 0
    private var passedImage = UInt64.max

    var images: ImageRing
    package private(set) var inFlight = 0
    /// What lanes write to; and pages left to be read in the open window, where lanes read in it.
    var lent = LentRooms()
    var pagesLeft: Int?
    /// From when a window is opened until it has ended, where there are lanes.
    var holdsDescriptor = false
    /// A run came back that is still to be read to its end.
    var hasShort = false
    /// An image was left in the last poll that may be written.
    var canWrite = false
    package private(set) var pagesDone = 0
    var arrived: UnflushedPages
    // Where the open window began, to go back to when it is dropped.
    private var windowCursor = 0

    package init(area: RuntimeArea, tables: TableDirectory, arena: UnsafeMutableRawBufferPointer, checksum: Checksum) {
        self.area = area
        self.tables = tables
        self.checksum = checksum
        end = area.layout.pageCount
        descriptor = 0
        images = ImageRing(arena: arena)
        arrived = UnflushedPages(owed: area.owed)
    }

    /// Starts a walk. A bulk copy sets every descriptor to zero.
    package mutating func begin(_ walk: Walk, inOnlyWindow: Bool = false) {
        precondition(inFlight == 0, "walk begun with \(inFlight) images under way")
        arrived.removeAll()
        self.walk = walk
        onlyWindow = inOnlyWindow ? OnlyWindow() : nil
        holdsDescriptor = false
        images.removeAll()
        cursor = 0
        pagesDone = 0
        if case .bulkCopy = walk {
            descriptor = 0
            passedFrom = 0
            passedImage = .max
            publish()
        }
    }

    /// The copy is whole as far as pages go, as after resuming a consistent one.
    package mutating func standAtEnd() {
        precondition(inFlight == 0, "descriptors moved with \(inFlight) images under way")
        walk = .none
        images.removeAll()
        descriptor = end
        passedFrom = end
        passedImage = .max
        publish()
    }

    /// The walk is over. What the last pages' images lack is still known, for the cut that makes the copy whole.
    package mutating func finish() {
        precondition(isFinished, "walk ended at page \(descriptor) of \(end)")
        (walk, onlyWindow) = (.none, nil)
    }

    /// Stops the walk; images under way complete into nothing.
    package mutating func stop() {
        (walk, onlyWindow) = (.none, nil)
        images.removeAll()
        voidLent()
        (pagesLeft, holdsDescriptor) = (nil, false)
        arrived.removeAll()
    }

    package var isFinished: Bool { walk != .none && cursor == end && images.isEmpty }
    package var wantsImages: Bool { walk != .none && cursor < end && images.room(beside: lent) != nil }
    /// Images are read that are still to be written.
    var hasUnsubmitted: Bool { @inline(__always) get { images.hasUnsubmitted } }
    package var isDrained: Bool { inFlight == 0 }

    /// From which epoch on records below the descriptor have to be shipped in the next cut.
    package func threshold(lastShipped: UInt64) -> ShippedThreshold {
        ShippedThreshold(lastShipped: lastShipped, passedFrom: passedFrom, passedImage: passedImage)
    }

    /// A cut was captured of everything below page `limit`: all of it is now as of that cut.
    package mutating func noteCaptured(below limit: Int) {
        passedFrom = limit
        passedImage = descriptor == limit ? .max : min(passedImage, extentFloor)
    }

    private var extentFloor: UInt64 {
        if case .bulkCopy(let start) = walk { return start }
        return .max
    }

    /// A cut carries a change on this page: its image, if one is under way, will be behind it.
    package mutating func supersede(_ page: Int) {
        area.owed.insert(page)
        arrived.supersede(page)
        images.supersede(page)
    }

    // MARK: Window

    /// - Parameter holdsDescriptor: images that arrive before its end are passed then.
    package mutating func openWindow(holdsDescriptor: Bool = false) {
        self.holdsDescriptor = holdsDescriptor
        windowCursor = cursor
        images.openWindow()
        pagesLeft = nil
    }

    /// Drops what was read in this window: its capture was abandoned.
    package mutating func dropWindow() {
        if onlyWindow != nil { return stop() }
        cursor = windowCursor
        images.dropWindow()
        voidLent()
        endWindow()
    }

    /// Reads images of the next owed pages as of the reader's cut. Returns what stopped it.
    package mutating func readImages(with reader: inout RecordReader, pageBudget: Int) -> Capture.Progress {
        guard walk != .none else { return .finished }
        var budget = pageBudget
        while budget > 0, !reader.isSliceOver, cursor < end {
            guard let page = area.owed.first(in: cursor ..< end) else {
                cursor = end
                break
            }
            guard let view = tables.view(ofPage: page) else {
                area.owed.remove(page)  // scribbled: no such page
                cursor = page + 1
                continue
            }
            guard let room = images.room(beside: lent) else { break }
            let (count, stop) = readRun(from: page, view, room: room, budget: budget, &reader)
            budget -= max(count, 1)
            if stop != .finished { return stop }
        }
        if images.isEmpty, onlyWindow == nil { advanceDescriptor() }
        return .finished
    }

    mutating func readRun(
        from page: Int, _ view: TableView, room: Int, budget: Int, _ reader: inout RecordReader
    ) -> (Int, Capture.Progress) {
        let table = view.layout
        let most = min(ImageRing.extentPages, max(1, ImageRing.extentBytes / table.pageBytes), budget)
        var count = 0
        var stop = Capture.Progress.finished
        while count < most, !reader.isSliceOver, page + count - table.firstPage < table.pageCount,
            area.owed.contains(page + count)
        {
            let destination = images.memory(at: room + count * table.pageBytes)
            reader.lookAhead(of: page + count - table.firstPage, before: table.pageCount, in: view)
            switch PageImage.read(view, page: page + count - table.firstPage, with: &reader, into: destination) {
            case .value(_, let later):
                if later != .nothing { area.memory.dirty.mark(page + count) }
                count += 1
                continue
            case .inDoubt(let writer): stop = .inDoubt(writer: writer)
            case .lost: stop = .lost
            }
            break
        }
        cursor = page + count
        guard count > 0 else { return (0, stop) }
        images.append(
            ImageRing.Extent(
                firstPage: page, pageCount: count, cut: reader.cut,
                fileOffset: table.offset + (page - table.firstPage) * table.pageBytes, arenaOffset: room,
                byteCount: count * table.pageBytes, pagesRead: count))
        return (count, stop)
    }

    // MARK: Writing

    /// Emits the writes of images whose cut is at most `gate`: the write-ahead rule.
    package mutating func submit(through gate: UInt64, into batch: inout CommandBatch) {
        var left = lent.awaited > 0 ? Self.submittedBesideLanes : Self.inFlightMax
        while left > 0, inFlight < Self.inFlightMax, let (number, extent) = images.takeUnsubmitted(through: gate) {
            left -= 1
            seal(extent)
            batch.issue(
                .image(number),
                .write(images.memory(at: extent.arenaOffset), count: extent.byteCount, offset: extent.fileOffset))
            inFlight += 1
        }
        canWrite = inFlight < Self.inFlightMax && images.hasUnsubmitted(through: gate)
    }

    private func seal(_ extent: ImageRing.Extent) {
        guard let table = tables.view(ofPage: extent.firstPage)?.layout else { return }
        for page in extent.pagesSealed ..< extent.pageCount {
            PageImage.seal(
                table, page: extent.firstPage - table.firstPage + page,
                at: images.memory(at: extent.arenaOffset + page * table.pageBytes), checksum: checksum)
        }
    }

    /// An image is on the copy. Failed ones never come here: their pages are still owed.
    package mutating func complete(_ number: Int, succeeded: Bool) {
        precondition(inFlight > 0, "completion for image \(number), none under way")
        inFlight -= 1
        guard succeeded, let extent = images.complete(number) else { return }
        for page in 0 ..< extent.pageCount {
            if extent.superseded & (1 << UInt64(page)) == 0 { arrived.land(extent.firstPage + page) }
        }
        pagesDone += extent.pageCount
        if isInOnlyWindow { return images.removeDone() }
        if !holdsDescriptor { advanceDescriptor() }
    }

    /// The journal up to its end is being applied in place: then everything below the descriptor has arrived, but for
    /// what a later cut changes.
    mutating func beginReplay() {
        precondition(inFlight == 0, "replay begun with \(inFlight) images under way")
        arrived.beginReplay(below: descriptor)
    }

    package func bytes(ofImage number: Int) -> Int { images[number].byteCount }

    mutating func advanceDescriptor() {
        var low = descriptor
        while let extent = images.removeFirstDone() {
            notePassed(from: low, upTo: extent)
            low = extent.firstPage + extent.pageCount
        }
        guard case .bulkCopy(let start) = walk else { return }
        // Pages that were not owed count as copied, but are only as new as the walk's start.
        let reached = images.first?.firstPage ?? cursor
        if reached > low {
            passedImage = min(passedImage, start)
            low = reached
        }
        if low > descriptor {
            descriptor = low
            publish()
        }
    }

    private mutating func notePassed(from low: Int, upTo extent: ImageRing.Extent) {
        guard case .bulkCopy(let start) = walk else { return }
        passedImage = min(passedImage, extent.firstPage > low ? min(start, extent.cut) : extent.cut)
    }

    private func publish() {
        for view in tables.views {
            let table = view.layout
            area.descriptor(table.number).advance(
                toPages: min(max(descriptor - table.firstPage, 0), table.pageCount), of: table)
        }
    }
}
