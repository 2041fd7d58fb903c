/// How the room of a copy's journal is won back: by a sweep, which writes images of the pages that its cuts have
/// changed, or by a replay, which applies the cuts in place.
struct JournalReclaim {
    /// The journal being applied in place, a slice in each poll; cuts go on in between, behind `until`.
    struct Replay {
        var reached: JournalEnd
        let until: JournalEnd
        var isUnderWay = false
        /// All applied; the new start is being made durable.
        var isMarking = false
    }

    private let options: ReclaimOptions
    private let journalBytes: Int
    /// A cut did not fit: no other is opened before what the journal holds has been applied.
    private(set) var isShort = false
    private(set) var replay: Replay?
    /// Where the journal ended when the sweep that is under way began.
    private(set) var sweptTo: JournalEnd?
    /// When it was last asked whether there is little to do, and where the journal ended then.
    private var lastTrickle: UInt64 = 0
    private var trickleEnd: UInt64 = 0
    /// Where the journal ended when it was last weighed against the images that would free it.
    private var weighedEnd: UInt64 = 0

    init(options: ReclaimOptions, journalBytes: Int) {
        self.options = options
        self.journalBytes = journalBytes
    }

    /// The copy has come into sync.
    mutating func begin(_ ring: JournalRing, at now: UInt64) {
        noteFreed(ring, at: now)
        weighedEnd = ring.start.position
    }

    /// The copy is gone: what was begun is nobody's any more.
    mutating func stop() {
        isShort = false
        replay = nil
        sweptTo = nil
    }

    // MARK: Room

    mutating func noteShort() { isShort = true }

    /// Everything is copied anew: there is nothing to win back.
    mutating func giveUp() {
        isShort = false
        sweptTo = nil
    }

    /// What lay before the journal's start is free.
    mutating func noteStartMoved() {
        isShort = false
        replay = nil
    }

    // MARK: Sweeps

    mutating func beginSweep(of ring: JournalRing) { sweptTo = ring.end }

    mutating func endSweep(of ring: JournalRing, at now: UInt64) {
        sweptTo = nil
        noteFreed(ring, at: now)
    }

    mutating func dropSweep() { sweptTo = nil }

    mutating func isSweepDue(for ring: JournalRing, at now: UInt64) -> Bool {
        if ring.used > journalBytes / 2 { return true }
        guard now &- lastTrickle > options.trickleInterval else { return false }
        let grown = ring.end.position &- trickleEnd
        noteFreed(ring, at: now)
        // Under load a page swept now is changed again before the journal is half full: the later, the fewer images.
        return grown < quantum
    }

    // MARK: Replays

    /// A record changed at random costs 272 bytes of journal or 4096 of image; one changed in every cut, 272 in each or
    /// 4096 once. A byte of journal takes a third longer (docs/FIGURES.md). Often and a little each time: what a replay
    /// moves is then in the cache still, and a promotion has little left to apply.
    mutating func isReplayDue(for ring: JournalRing, owed: PageBitmap) -> Bool {
        guard options.appliesJournal, ring.end.position &- weighedEnd >= quantum else { return false }
        weighedEnd = ring.end.position
        return ring.used < owed.count * FileLayout.pageBytes / 4 * 3
    }

    /// Where the cuts have been applied as they arrived, a replay only asks, and moves the start: often enough that the
    /// journal has room for the largest cut, and a standby that is started again has little to apply.
    func isQuestionDue(for ring: JournalRing, at now: UInt64) -> Bool {
        ring.used >= quantum || now &- lastTrickle > options.trickleInterval
    }

    /// Up to where the journal ends now, which is whole on the copy: no cut is on its way. Later cuts go behind that,
    /// and what they change is in the journal still when the replay has put something older in its place.
    mutating func beginReplay(of ring: JournalRing) { replay = Replay(reached: ring.start, until: ring.end) }

    /// The next slice is asked for.
    mutating func noteReplaying() { replay?.isUnderWay = true }

    mutating func noteReplayed(to end: JournalEnd) {
        replay?.isUnderWay = false
        replay?.reached = end
    }

    /// All is applied. `marking`: the copy's state slot has yet to say so.
    mutating func endReplay(of ring: JournalRing, marking: Bool, at now: UInt64) {
        noteFreed(ring, at: now)
        if marking { replay?.isMarking = true }
    }

    /// So much more of a journal is worth a look.
    private var quantum: UInt64 { UInt64(journalBytes / 16) }

    private mutating func noteFreed(_ ring: JournalRing, at now: UInt64) {
        (lastTrickle, trickleEnd) = (now, ring.end.position)
    }
}

/// How the room of a journal is won back. Times are nanoseconds.
package struct ReclaimOptions: Sendable {
    /// A sweep begins this long after the last when there is journal to free and little else to do.
    package var trickleInterval: UInt64 = 1_000_000_000
    /// Whether the journal may be freed by applying it in place, where that moves fewer bytes than images of its pages.
    /// Only for copies in memory: on a device each record would wait for it.
    package var appliesJournal = true
    /// Bytes of journal that one poll applies in place. They take some 80 µs, for which a cut has to wait.
    package var replayBytesPerPoll = 64 << 10

    package init() {}

    /// What of it cannot be meant; nil if all of it can.
    package var contradiction: String? {
        replayBytesPerPoll > 0 ? nil : "\(replayBytesPerPoll) bytes of journal in a poll"
    }
}
