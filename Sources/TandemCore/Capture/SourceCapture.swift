/// Reads cuts out of live memory: what is the same for every copy. One window at a time, in which the next cut is read;
/// the images that a copy wants are read in the same windows, by the same rule.
package struct SourceCapture {
    /// What the end of a window came to.
    enum End: Equatable {
        case whole
        /// A writer has overwritten what was still to be read: everything is dirty again.
        case abandoned
    }

    /// Windows in a row in which a pre-image was missing, before a record is taken as it stands.
    private static let lostMax = 8

    private let area: RuntimeArea
    private let tables: TableDirectory
    private let barrier: @convention(c) () -> Void
    private let options: CaptureOptions
    var reader: RecordReader
    private var capture: Capture
    /// The changes of the cut that is being read, or on its way.
    var body: CutBody
    private(set) var window: CutWindow?
    var numbers: CutSequence
    /// When the last window that took changes was opened.
    private(set) var lastOpened: UInt64 = 0
    /// When pages that transactions hold were last read.
    private var heldLook: UInt64 = 0
    private var lostInRow = 0
    /// The most pages that a window has read since the last one that was read whole.
    private var farthest = 0

    init(
        area: RuntimeArea, tables: TableDirectory, barrier: @convention(c) () -> Void, options: CaptureOptions,
        body: CutBody
    ) {
        self.area = area
        self.tables = tables
        self.barrier = barrier
        self.options = options
        self.body = body
        numbers = CutSequence(area: area)
        reader = RecordReader(memory: area.memory)
        capture = Capture(wordCount: area.layout.runtime.wordCount)
    }

    // What is asked at every poll is inlined, as a call would copy all of this.

    var mayBeDirty: Bool {
        @inline(__always) get { area.memory.dirty.mayBeDirty(summaryCount: area.layout.runtime.summaryCount) }
    }

    /// Whether pages that transactions hold are to be read again: one of those has moved. And now and then all the
    /// same, as there is no telling of a record that was scribbled on.
    func isHeldDue(at now: UInt64) -> Bool {
        guard !capture.held.isEmpty else { return false }
        return now &- heldLook >= options.heldLookInterval || capture.held.haveMoved(in: area.memory)
    }

    /// A commit waits for a cut that has not been opened: its epoch is the present one. Larger is nobody's.
    var isAwaited: Bool { @inline(__always) get { area.wanted.loadAcquiring() == numbers.next } }

    /// Puts right what a predecessor left in the middle: its capture is abandoned, what it had taken is missed.
    mutating func inherit() {
        for index in 0 ..< area.layout.runtime.wordCount {
            let taken = area.taken.load(word: index)
            guard taken != 0 else { continue }
            area.missed.set(word: index, taken)
            area.taken.store(word: index, 0)
        }
        area.memory.dirty.rebuildSummary(wordCount: area.layout.runtime.wordCount)
        numbers.inherit()
        area.replicator[.undoWanted].store(0)
        // A predecessor's. A writer that sees the bit a moment longer is held back once in vain.
        area.attention.clear(ControlFlags.slow)
    }

    // MARK: Window

    /// Opens the window of the next cut.
    ///
    /// - Parameters:
    ///   - descriptor: all dirty pages below it are taken; nil when only images are read.
    ///   - isForced: a journal record is wanted even if it is empty.
    mutating func open(at now: UInt64, below descriptor: Int?, since threshold: ShippedThreshold, isForced: Bool) {
        let cut = numbers.take()
        // A full barrier: E has moved before any dirty bit is looked at, so a transaction whose bit we miss reads the
        // new E.
        area.epoch.add(1)
        if let descriptor {
            capture.take(below: descriptor, area: area)
            lastOpened = now
        }
        // After this every transaction of the cut is seen committing or later, and every record it holds is seen
        // locked.
        barrier()
        if descriptor != nil, isForced || isHeldDue(at: now) {
            capture.takeHeld()
            heldLook = now
        }
        reader.takesDamaged = lostInRow >= Self.lostMax
        reader.open(cut: cut)
        let isJournalled = descriptor != nil && (isForced || !capture.taken.isEmpty)
        if isJournalled { body.open() }
        window = CutWindow(
            cut: cut, opened: now, descriptor: descriptor, threshold: threshold, isJournalled: isJournalled,
            isForced: isForced, stage: isJournalled ? .changes : .images)
    }

    /// A poll begins: readers stop when it has lasted long enough.
    mutating func beginSlice() { reader.openSlice() }

    /// Reads the next slice of the open window's changes. `bytesMax`: what the journal has free.
    mutating func readChanges(since threshold: ShippedThreshold, bytesMax: Int) -> Capture.Progress {
        body.bytesMax = bytesMax
        return capture.read(
            with: &reader, tables: tables, threshold: threshold, pageBudget: options.pagesPerPoll, into: &body)
    }

    /// All changes are read; what is left are images.
    mutating func beginImages() { window?.stage = .images }

    /// Whether a window has come further than any since the last that was read whole: a long capture is no stuck one,
    /// and one that comes to nothing again and again at the same record is.
    @inline(__always)
    mutating func hasAdvanced() -> Bool {
        guard capture.pagesRead > farthest else { return false }
        farthest = capture.pagesRead
        return true
    }

    /// Everything is read: whether it may be believed. The window stays, to be shipped, or dropped all the same.
    mutating func end(_ open: CutWindow) -> End {
        // Every undo entry has been read before `abandoned` is: a writer says so before it overwrites one.
        tandemAcquireFence()
        guard area.abandoned.load() != open.cut else {
            noteAbandoned()
            return .abandoned
        }
        // Release: every undo entry has been read before its writer may overwrite it, seen by `begin`.
        area.captured.storeReleasing(open.cut)
        area.count(.preImages, reader.preImageCount)
        area.count(.damagedRecords, reader.damagedCount)
        lostInRow = 0
        farthest = 0
        return .whole
    }

    /// What was read is shipped, or says nothing.
    mutating func close() { window = nil }

    /// A pre-image was missing.
    mutating func noteLost(_ open: CutWindow) {
        // The undo entries are read before `abandoned` is, as in `end`.
        tandemAcquireFence()
        if area.abandoned.load() == open.cut { noteAbandoned() } else { lostInRow += 1 }
    }

    private mutating func noteAbandoned() {
        area.count(.cutsAbandoned)
        capture.noteAbandoned(in: area)
    }

    /// Somebody has given the window up already: what is read on is never used.
    mutating func isAbandoned(_ open: CutWindow) -> Bool {
        guard area.abandoned.load() == open.cut else { return false }
        noteAbandoned()
        return true
    }

    /// A writer has been in the middle of its commit for longer than any that runs.
    func isOverdue(_ open: CutWindow, at now: UInt64) -> Bool { now &- open.opened > options.inDoubtAfter }

    // MARK: What was taken

    /// The window came to nothing: what was taken is dirty again.
    mutating func drop(_ open: CutWindow) {
        // Release: the window's last undo entry has been read, seen by `begin`.
        area.captured.storeReleasing(open.cut)
        if open.descriptor != nil {
            putBack(capture.taken)
            putBackHeld()
        }
        body.cancel()
        window = nil
    }

    /// The copy has what was taken.
    func noteCommitted() {
        for word in capture.taken { area.taken.clear(word: word.index, word.bits) }
    }

    /// The copy is gone: of the open window, and of the cut that is on its way, it is not known what it has.
    mutating func stop(isShipping: Bool) {
        if window?.descriptor != nil || isShipping { giveUp(capture.taken) }
        giveUp(capture.held.words)
        capture.forgetHeld()
        // Release: the window's last undo entry has been read, seen by `begin`.
        if let window { area.captured.storeReleasing(window.cut) }
        body.cancel()
        window = nil
    }

    private func giveUp(_ words: [PageWord]) {
        for word in words {
            // Release: missed before no longer taken, seen by a successor.
            area.missed.set(word: word.index, word.bits)
            area.taken.clear(word: word.index, word.bits)
        }
    }

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

/// How cuts are read. Times are nanoseconds.
package struct CaptureOptions: Sendable {
    /// Pages of changes read in one poll.
    package var pagesPerPoll = 2048
    /// A page that a transaction holds is read again when that has moved, and this often all the same.
    package var heldLookInterval: UInt64 = 10_000_000
    /// A writer that is between *committing* and *committed* for this long is stopped or dead: others get their turn.
    package var inDoubtAfter: UInt64 = 1_000_000_000

    package init() {}

    /// What of it cannot be meant; nil if all of it can.
    package var contradiction: String? { pagesPerPoll > 0 ? nil : "\(pagesPerPoll) pages of changes in a poll" }
}
