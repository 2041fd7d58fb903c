/// Reads cuts out of live memory: what is the same for every copy. One window at a time, in which the next cut is read,
/// for each copy that is ready; the images that copies want are read in the same windows, by the same rule.
///
/// It is handed to each follower at every poll: in place (`inout`), as whoever borrows it is given a copy, 1 KB.
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
    private let options: CaptureOptions
    var reader: RecordReader
    private var capture: Capture
    /// What copies miss that the source knows and that nobody follows.
    private var absent: [AbsentCopy]
    private(set) var window: CutWindow?
    var numbers: CutSequence
    private var lostInRow = 0
    /// The most pages that a window has read since the last one that was read whole.
    private var farthest = 0

    init(
        area: RuntimeArea, tables: TableDirectory, options: CaptureOptions, absent: [Int] = []
    ) {
        self.area = area
        self.tables = tables
        self.options = options
        self.absent = absent.map { AbsentCopy(area.of(copy: $0)) }
        numbers = CutSequence(area: area)
        reader = RecordReader(memory: area.memory)
        capture = Capture(wordCount: area.layout.runtime.wordCount)
    }

    var mayBeDirty: Bool {
        @inline(__always) get { area.memory.dirty.mayBeDirty(summaryCount: area.layout.runtime.summaryCount) }
    }

    /// Puts right what a predecessor left in the middle: its capture is abandoned, what it had taken is missed, by each
    /// copy of which it had.
    mutating func inherit(_ copies: [Int]) {
        for copy in copies { Self.inherit(area.of(copy: copy)) }
        for place in absent.indices { absent[place].missed.look() }
        area.memory.dirty.rebuildSummary(wordCount: area.layout.runtime.wordCount)
        numbers.inherit()
        area.replicator[.undoWanted].store(0)
        // A predecessor's. A writer that sees the bit a moment longer is held back once in vain.
        area.attention.clear(ControlFlags.slow)
    }

    /// Nobody follows copy `number` from here on: it misses what the others take.
    mutating func noteAbsent(_ number: Int) { absent.append(AbsentCopy(area.of(copy: number))) }
    /// It is followed, or forgotten.
    mutating func noteNotAbsent(_ number: Int) { absent.removeAll { $0.number == number } }

    /// Everything of these pages is named again: of one that it was reading the names may have been taken, for this
    /// copy alone.
    private static func inherit(_ area: RuntimeArea) {
        for index in 0 ..< area.layout.runtime.wordCount {
            let taken = area.taken.load(word: index)
            guard taken != 0 else { continue }
            area.memory.dirty.changes.noteAll(PageWord(index: index, bits: taken))
            area.missed.set(word: index, taken)
            area.taken.store(word: index, 0)
        }
    }

    // MARK: Window

    /// Opens the window of the next cut, for those that have joined it.
    mutating func open<Follower: CutFollower>(at now: UInt64, for followers: inout [Follower]) {
        let cut = numbers.take()
        // A full barrier: E has moved before any dirty bit is looked at, so a transaction whose bit we miss reads the
        // new E.
        area.epoch.add(1)
        var takesChanges = false
        for place in followers.indices {
            guard let part = followers[place].taker.part else { continue }
            followers[place].taker.begin(cut)
            if part.descriptor != nil { takesChanges = true }
        }
        if takesChanges {
            capture.take(for: &followers, absent: &absent, area: area)
        }
        // E has moved and the bits are taken before a name, a header or a status is looked at: every transaction of the
        // cut is seen committing or later, and every record that it holds is seen named and locked.
        tandemFullFence()
        reader.takesDamaged = lostInRow >= Self.lostMax
        reader.open(cut: cut)
        var isRead = false
        for place in followers.indices where followers[place].taker.start() { isRead = true }
        window = CutWindow(cut: cut, opened: now, stage: isRead ? .changes : .images)
    }

    /// A poll begins: readers stop when it has lasted long enough.
    mutating func beginSlice() { reader.openSlice() }

    /// Reads the next slice of the open window's changes.
    mutating func readChanges<Follower: CutFollower>(for followers: inout [Follower]) -> Capture.Progress {
        capture.read(with: &reader, tables: tables, pageBudget: options.pagesPerPoll, into: &followers)
    }

    /// The follower that has no room for what is read.
    var blocked: Int { capture.blocked }

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

    /// `writer` is in the middle of its commit: whether it has been for longer than any that runs. Not since the window
    /// was opened: one that reads a whole source lasts longer than that.
    mutating func isOverdue(_ writer: Int, at now: UInt64) -> Bool {
        guard let doubt = window?.doubt, doubt.writer == writer else {
            window?.doubt = (writer, now)
            return false
        }
        return now &- doubt.since > options.inDoubtAfter
    }

    /// Reading goes on: no writer is waited for.
    mutating func endDoubt() { window?.doubt = nil }

    // MARK: What was taken

    /// The window came to nothing: what was taken is dirty again.
    mutating func drop<Follower: CutFollower>(_ open: CutWindow, for followers: inout [Follower]) {
        // Release: the window's last undo entry has been read, seen by `begin`.
        area.captured.storeReleasing(open.cut)
        for place in followers.indices where followers[place].taker.part != nil {
            followers[place].taker.drop(area.memory.dirty)
        }
        window = nil
    }

    /// A copy is gone that had a part in the window; nobody else has.
    mutating func end() {
        // Release: the window's last undo entry has been read, seen by `begin`.
        if let window { area.captured.storeReleasing(window.cut) }
        window = nil
    }
}

/// How cuts are read. Times are nanoseconds.
package struct CaptureOptions: Sendable {
    /// Pages of changes read in one poll.
    package var pagesPerPoll = 2048
    /// A writer that is between *committing* and *committed* for this long is stopped or dead: others get their turn.
    package var inDoubtAfter: UInt64 = 1_000_000_000

    package init() {}

    /// What of it cannot be meant; nil if all of it can.
    package var contradiction: String? { pagesPerPoll > 0 ? nil : "\(pagesPerPoll) pages of changes in a poll" }
}
