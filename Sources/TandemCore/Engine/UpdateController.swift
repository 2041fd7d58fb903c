/// Finds dirty pages below the descriptor and brings their changes to the copy, as whole cuts.
///
/// One cut at a time: a *window* in which the cut is read out of live memory, then its journal record on the way. The
/// bulk copy controller reads its images in the same windows, by the same rule.
package struct UpdateController {
    /// What a step of the open window came to.
    enum Step: Equatable {
        /// Nothing is open, or more is left to read.
        case open
        /// Read whole; its journal record is on the way.
        case shipped
        /// Read whole, and nothing was dirty anywhere: the last committed cut is also this one.
        case empty(cut: UInt64)
        /// Images only, read whole.
        case imagesOnly
        /// A writer is just committing, or dead in the middle of it.
        case waiting(writer: Int)
        /// Came to nothing; everything is dirty again.
        case dropped
        /// Came to nothing, as the journal's free part does not hold it.
        case noRoom
    }

    private let area: RuntimeArea
    private let tables: TableDirectory
    private let barrier: @convention(c) () -> Void
    private let pagesPerStep: Int
    private let inDoubtAfter: UInt64
    private let heldLookInterval: UInt64
    private var reader: RecordReader
    private var capture: Capture
    var encoder: CutEncoder

    private(set) var window: CutWindow?
    private(set) var shipping: ShippingCut?
    /// The last cut in the journal.
    private(set) var lastShipped: UInt64 = 0
    var numbers: CutSequence
    /// When the last window that took changes was opened.
    private(set) var lastOpened: UInt64 = 0
    /// Records in the last cut that was committed.
    private(set) var lastCount = 0
    /// When pages that transactions hold were last read.
    private var heldLook: UInt64 = 0
    private var abandonsInRow = 0
    private var lostInRow = 0
    /// The most pages that a window has read since the last one that was read whole.
    private var farthest = 0
    private var capturedPages = PageSink()

    init(
        area: RuntimeArea, tables: TableDirectory, barrier: @convention(c) () -> Void, options: EngineOptions,
        encoder: CutEncoder
    ) {
        self.area = area
        self.tables = tables
        self.barrier = barrier
        pagesPerStep = options.capturePagesPerPoll
        inDoubtAfter = options.inDoubtAfter
        heldLookInterval = options.heldLookInterval
        self.encoder = encoder
        numbers = CutSequence(area: area)
        reader = RecordReader(memory: area.memory)
        capture = Capture(wordCount: area.layout.runtime.wordCount)
    }

    /// No window is open and no cut on its way.
    var isIdle: Bool { window == nil && shipping == nil && encoder.isIdle }

    /// Where the journal ends, and its last cut.
    var journalEnd: JournalEnd { JournalEnd(position: encoder.head, cut: lastShipped) }

    var mayBeDirty: Bool { area.memory.dirty.mayBeDirty(summaryCount: area.layout.runtime.summaryCount) }

    /// Whether pages that transactions hold are to be read again: one of those has moved. And now and then all the
    /// same, as there is no telling of a record that was scribbled on.
    func isHeldDue(at now: UInt64) -> Bool {
        guard !capture.held.isEmpty else { return false }
        return now &- heldLook >= heldLookInterval || capture.held.haveMoved(in: area.memory)
    }

    /// A commit waits for a cut that has not been opened: its epoch is the present one. Larger is nobody's.
    var isAwaited: Bool { area.wanted.loadAcquiring() == numbers.next }

    /// Goes on after `cut`, with a journal from `tail` to `head`.
    mutating func restart(afterCut cut: UInt64, head: UInt64, tail: UInt64) {
        encoder.restart(head: head, tail: tail)
        lastShipped = cut
    }

    // MARK: Window

    /// Opens the window of the next cut.
    ///
    /// - Parameters:
    ///   - takesChanges: all dirty pages below the descriptor; else only images are read.
    ///   - isForced: a journal record is wanted even if it is empty.
    mutating func open(at now: UInt64, takesChanges: Bool, isForced: Bool, bulk: inout BulkCopyController) {
        let cut = numbers.take()
        // A full barrier: E has moved before any dirty bit is looked at, so a transaction whose bit we miss reads the
        // new E.
        area.epoch.add(1)
        let limit = bulk.careLimit
        if takesChanges {
            capture.take(below: limit, area: area)
            lastOpened = now
        }
        // After this every transaction of the cut is seen committing or later, and every record it holds is seen
        // locked.
        barrier()
        if takesChanges, isForced || isHeldDue(at: now) {
            capture.takeHeld()
            heldLook = now
        }
        reader.takesDamaged = lostInRow >= 8
        reader.open(cut: cut)
        let isJournalled = takesChanges && (isForced || !capture.taken.isEmpty)
        if isJournalled { encoder.open() }
        bulk.openWindow()
        window = CutWindow(
            cut: cut, opened: now, careLimit: takesChanges ? limit : nil,
            threshold: bulk.threshold(lastShipped: lastShipped), isJournalled: isJournalled, isForced: isForced,
            stage: isJournalled ? .changes : .images)
    }

    /// Reads a slice of the open window, and closes it when it is read whole.
    mutating func read(
        at now: UInt64, wall: UInt64, imageBudget: Int, bulk: inout BulkCopyController, into batch: inout CommandBatch
    ) -> Step {
        guard let open = window else { return .open }
        reader.openSlice()
        if open.stage == .changes {
            let progress = readChanges(open, &bulk)
            encoder.takeCommands(into: &batch)
            switch progress {
            case .finished: window?.stage = .images
            case .unfinished, .waiting: return .open
            case .inDoubt(let writer): return wait(for: writer, since: open.opened, now, &bulk)
            case .lost: return lose(open, &bulk)
            case .noRoom:
                drop(&bulk)
                return .noRoom
            }
        }
        switch bulk.readImages(with: &reader, pageBudget: imageBudget) {
        case .finished, .unfinished, .waiting, .noRoom: return close(open, wall: wall, &bulk, into: &batch)
        case .inDoubt(let writer): return wait(for: writer, since: open.opened, now, &bulk)
        case .lost: return lose(open, &bulk)
        }
    }

    /// Whether a window has come further than any since the last that was read whole: a long capture is no stuck one,
    /// and one that comes to nothing again and again at the same record is.
    mutating func hasAdvanced() -> Bool {
        guard capture.pagesRead > farthest else { return false }
        farthest = capture.pagesRead
        return true
    }

    private mutating func readChanges(_ open: CutWindow, _ bulk: inout BulkCopyController) -> Capture.Progress {
        // Moved out and back, as the closure may not reach into the controller; keeps its capacity.
        var pages = PageSink()
        swap(&pages, &capturedPages)
        defer { swap(&pages, &capturedPages) }
        pages.removeAll()
        let progress = capture.read(
            with: &reader, tables: tables, threshold: open.threshold, pageBudget: pagesPerStep, into: &encoder
        ) { page in pages.add(page) }
        for page in pages.pages { bulk.supersede(page) }
        return progress
    }

    private mutating func close(
        _ open: CutWindow, wall: UInt64, _ bulk: inout BulkCopyController, into batch: inout CommandBatch
    ) -> Step {
        // Every undo entry has been read before `abandoned` is: a writer says so before it overwrites one.
        tandemAcquireFence()
        guard area.abandoned.load() != open.cut else { return abandon(&bulk) }
        // Release: every undo entry has been read before its writer may overwrite it, seen by `begin`.
        area.captured.storeReleasing(open.cut)
        area.count(.preImages, reader.preImageCount)
        area.count(.damagedRecords, reader.damagedCount)
        abandonsInRow = 0
        lostInRow = 0
        farthest = 0
        // One bit of the word is cleared, the others stay. A writer that sees it late waits once in vain.
        if area.attention.load() & ControlFlags.openCutSoon != 0 { area.attention.clear(ControlFlags.openCutSoon) }
        // A journal record that says nothing is written for nobody.
        guard open.isJournalled, open.isForced || encoder.count > 0 else { return closeEmpty(open, &bulk) }
        let start = encoder.head
        guard encoder.finish(cut: open.cut, previous: lastShipped, wall: wall) else {
            drop(&bulk)
            return .noRoom
        }
        window = nil
        // Said before the first byte that may complete the cut on the copy.
        area.shipping.storeReleasing(open.cut)
        encoder.takeCommands(into: &batch)
        shipping = ShippingCut(
            cut: open.cut, opened: open.opened, bytes: Int(encoder.head &- start), count: encoder.count)
        lastShipped = open.cut
        if let limit = open.careLimit { bulk.noteCaptured(below: limit) }
        return .shipped
    }

    /// Nothing is shipped: what the copy holds is this cut too.
    private mutating func closeEmpty(_ open: CutWindow, _ bulk: inout BulkCopyController) -> Step {
        window = nil
        guard let limit = open.careLimit else { return .imagesOnly }
        encoder.cancel()
        for word in capture.taken { area.taken.clear(word: word.index, word.bits) }
        area.replicator[.cutOpened].store(open.opened)
        bulk.noteCaptured(below: limit)
        return .empty(cut: open.cut)
    }

    // MARK: On its way

    /// A write of the cut has completed. True when it was the last one.
    mutating func completeWrite(_ chunk: Int) -> Bool {
        encoder.complete(chunk)
        guard encoder.isIdle, let shipping else { return false }
        return !shipping.isFlushing
    }

    mutating func noteFlushing() { shipping?.isFlushing = true }

    /// The cut is whole on the copy.
    mutating func commit(at now: UInt64) {
        guard let shipped = shipping else { return }
        for word in capture.taken { area.taken.clear(word: word.index, word.bits) }
        area.replicator[.cutOpened].store(shipped.opened)
        area.replicator[.cutCommitted].store(now)
        area.count(.cutsCommitted)
        area.count(.recordsShipped, shipped.count)
        area.count(.journalBytes, shipped.bytes)
        lastCount = shipped.count
        shipping = nil
    }

    /// The copy is gone: of the open window and of the cut under way it is not known what it has.
    mutating func stop() {
        if window?.careLimit != nil || shipping != nil { giveUp(capture.taken) }
        giveUp(capture.held.words)
        capture.forgetHeld()
        // Release: the window's last undo entry has been read, seen by `begin`.
        if let window { area.captured.storeReleasing(window.cut) }
        encoder.cancel()
        window = nil
        shipping = nil
    }

    private func giveUp(_ words: [PageWord]) {
        for word in words {
            // Release: missed before no longer taken, seen by a successor.
            area.missed.set(word: word.index, word.bits)
            area.taken.clear(word: word.index, word.bits)
        }
    }

    // MARK: Windows that come to nothing

    private mutating func wait(
        for writer: Int, since opened: UInt64, _ now: UInt64, _ bulk: inout BulkCopyController
    ) -> Step {
        if now &- opened > inDoubtAfter { drop(&bulk) }
        return .waiting(writer: writer)
    }

    private mutating func lose(_ open: CutWindow, _ bulk: inout BulkCopyController) -> Step {
        // The undo entries are read before `abandoned` is, as in `close`.
        tandemAcquireFence()
        if area.abandoned.load() == open.cut { return abandon(&bulk) }
        lostInRow += 1
        drop(&bulk)
        return .dropped
    }

    private mutating func abandon(_ bulk: inout BulkCopyController) -> Step {
        area.count(.cutsAbandoned)
        abandonsInRow += 1
        // Three in a row: the writers are faster than any capture. They are asked to wait for one, boundedly.
        if abandonsInRow >= 3, area.attention.load() & ControlFlags.openCutSoon == 0 {
            area.attention.set(ControlFlags.openCutSoon)
            area.count(.cutSoonRequests)
        }
        drop(&bulk)
        return .dropped
    }

    /// What was taken is dirty again.
    private mutating func drop(_ bulk: inout BulkCopyController) {
        guard let open = window else { return }
        // Release: the window's last undo entry has been read, seen by `begin`.
        area.captured.storeReleasing(open.cut)
        if open.careLimit != nil {
            putBack(capture.taken)
            putBackHeld()
        }
        bulk.dropWindow()
        encoder.cancel()
        window = nil
    }
}

extension UpdateController {
    /// What transactions hold is dirty again, to be taken by whoever takes next.
    mutating func putBackHeld() {
        putBack(capture.held.words)
        capture.forgetHeld()
    }

    private func putBack(_ words: [PageWord]) {
        for word in words {
            // A full barrier: dirty again before no longer taken, seen by a successor.
            area.memory.dirty.restore(word)
            area.taken.clear(word: word.index, word.bits)
        }
    }
}

/// Pages of which a change was captured, in order, each once.
struct PageSink {
    private(set) var pages: [Int] = []

    mutating func removeAll() { pages.removeAll(keepingCapacity: true) }

    mutating func add(_ page: Int) {
        if pages.last != page { pages.append(page) }
    }
}
