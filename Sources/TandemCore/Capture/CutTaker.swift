/// Who has a part in the windows of its source: one copy's follower.
package protocol CutFollower {
    var taker: CutTaker { get set }
}

/// One copy's part in the capture: what it takes of an open window, and the body that its cut is read into.
///
/// Each copy has a body of its own, with its own staging memory. A record is read once, and put into the body of each
/// copy that took its page and was last shipped something older; so whoever has no room, or a device that hangs, holds
/// up nobody but itself.
package struct CutTaker {
    private let area: RuntimeArea
    /// Changed, and in no cut of this copy yet.
    package var missed: MissedPages
    /// The changes of the cut that is being read, or on its way.
    package var body: CutBody
    /// In the open window; nil while it has none.
    package private(set) var part: CutPart?
    /// What its cut has taken: of the open window, or on its way.
    private(set) var pages: [PageWord] = []
    /// The last cut of a window that it had a part in.
    private var asked: UInt64 = 0
    /// Its body has been begun in an earlier window, and its cut will be that of a later one: until then what it
    /// missed comes in portions. Whether that cut is wanted even if it is empty.
    package private(set) var collects = false
    /// What is named of the pages that it misses is what it misses: nobody has taken those names since its last cut.
    private(set) var missesByName = false
    /// Pages that it may miss so.
    private var namesLeft = 0
    private(set) var isForced = false

    package init(area: RuntimeArea, body: CutBody) {
        self.area = area
        self.body = body
        missed = MissedPages(area.missed)
        pages.reserveCapacity(area.layout.runtime.wordCount)
    }

    /// It has no part in a window, and its body is nobody's.
    package var isIdle: Bool { @inline(__always) get { part == nil && body.isIdle } }

    /// A commit waits for a cut in which this copy has had no part yet. Larger than E is nobody's.
    @inline(__always)
    func isAwaited(before next: UInt64) -> Bool {
        let wanted = area.wanted.loadAcquiring()
        return wanted > asked && wanted <= next
    }

    // MARK: Window

    package mutating func join(_ part: CutPart) { self.part = part }

    /// The window of `cut` is being opened.
    mutating func begin(_ cut: UInt64) {
        asked = cut
        pages.removeAll(keepingCapacity: true)
    }

    /// What it missed in earlier windows, or a portion of it. All records are named, unless the names are there still.
    mutating func takeMissed(into union: inout [PageWord]) {
        guard let descriptor = part?.descriptor else { return }
        guard !missed.isEmpty else { return beginNames(below: descriptor) }
        let first = pages.count
        let changes = missesByName ? nil : area.memory.dirty.changes
        let isAll = missed.take(below: descriptor, portion: part.unsafelyUnwrapped.portion) { [area] word in
            changes?.noteAll(word)
            // Release: taken before no longer missed, seen by a successor.
            area.taken.set(word: word.index, word.bits)
            pages.append(word)
        }
        union.append(contentsOf: pages[first...])
        part?.isLast = isAll
        if isAll { beginNames(below: descriptor) }
    }

    /// What is missed from here on stays named until it is taken. While a bulk copy runs that would be too long: others
    /// read whatever is named.
    @inline(__always)
    private mutating func beginNames(below descriptor: Int) {
        guard descriptor >= area.layout.pageCount else { return }
        missesByName = true
        namesLeft = area.layout.pageCount / 4
    }

    /// Pages that are about to be no longer dirty: taken, or missed.
    @inline(__always)
    mutating func fold(_ word: PageWord) {
        let mine = word.bits & PageWord.mask(below: part?.descriptor ?? 0, word: word.index)
        if mine != 0 {
            area.taken.set(word: word.index, mine)
            pages.append(PageWord(index: word.index, bits: mine))
        }
        if mine != word.bits { missFolded(PageWord(index: word.index, bits: word.bits & ~mine)) }
    }

    /// Where many pages are missed most are changed again before they are taken, and others would read more and more of
    /// each.
    private mutating func missFolded(_ word: PageWord) {
        namesLeft -= (word.bits & ~area.missed.load(word: word.index)).nonzeroBitCount
        if namesLeft < 0 { missesByName = false }
        missed.add(word)
    }

    /// All is taken. Whether anything is to be read for it.
    mutating func start() -> Bool {
        guard let part, part.descriptor != nil, part.isForced || collects || !pages.isEmpty else { return false }
        pages.merge()
        self.part?.isJournalled = true
        if !collects { body.open() }
        return true
    }

    /// From which epoch on records of `page` are shipped to it.
    @inline(__always)
    func threshold(of page: Int) -> UInt64 { part.unsafelyUnwrapped.threshold.epoch(forPage: page) }

    /// Its names of `page` are not to be taken by others.
    @inline(__always)
    func needsNames(of page: Int) -> Bool { missesByName && area.missed.contains(page) }

    @inline(__always)
    func takes(_ page: Int) -> Bool { part?.isJournalled == true && area.taken.contains(page) }

    mutating func noteImagesRead() { part?.areImagesRead = true }
    mutating func noteHeldUp(at now: UInt64) { if part?.heldUpSince == nil { part?.heldUpSince = now } }

    // MARK: Its end

    /// The window is over, and its cut will be that of a later one. What it has taken stays so.
    mutating func keepPortion() {
        isForced = part?.isForced == true
        collects = true
        part = nil
    }

    /// Its cut is on its way, or empty.
    mutating func finish() {
        if collects, part?.isJournalled == true { endCollection() }
        part = nil
    }

    /// Nothing but its own pages is in its `taken`, so that a list need not be kept of what all portions were.
    private mutating func endCollection() {
        (collects, isForced) = (false, false)
        pages.removeAll(keepingCapacity: true)
        for index in 0 ..< area.taken.wordCount {
            let taken = area.taken.load(word: index)
            if taken != 0 { pages.append(PageWord(index: index, bits: taken)) }
        }
    }

    /// It leaves the window by itself, or its cut does not get anywhere: what it has taken is missed, in earlier
    /// windows too.
    mutating func leave() {
        if collects { return giveUp() }
        for word in pages { miss(word) }
        end()
    }

    /// The window came to nothing for all that had a part in it.
    mutating func drop(_ dirty: DirtyBitmap) {
        for word in pages {
            // A full barrier: dirty again before no longer taken, seen by a successor.
            dirty.restore(word)
            area.taken.clear(word: word.index, word.bits)
        }
        guard collects else { return end() }
        // What has been read into the body in this window may be torn, and the next look need not find it newer than
        // the last cut: so what was read in earlier ones goes with it.
        if part?.isJournalled == true { giveUp() } else { part = nil }
    }

    /// The copy is gone, or begun anew: of all that is taken nobody knows whether it has it.
    mutating func giveUp() {
        for index in 0 ..< area.taken.wordCount {
            let taken = area.taken.load(word: index)
            if taken != 0 { miss(PageWord(index: index, bits: taken)) }
        }
        // While it is away the names are the others': else they would have all pages whole in the end.
        missesByName = false
        end()
    }

    /// The copy has what was taken.
    mutating func noteCommitted() {
        for word in pages { area.taken.clear(word: word.index, word.bits) }
        pages.removeAll(keepingCapacity: true)
    }

    /// What it had taken is missed. The names may have been taken for it alone, and some of them are of changes that
    /// this window does not have: whoever takes the page next would look at what is named behind that, and at nothing
    /// else.
    private mutating func miss(_ word: PageWord) {
        guard word.bits != 0 else { return }
        area.memory.dirty.changes.noteAll(word)
        // Release: missed before no longer taken, seen by a successor.
        missed.add(word)
        area.taken.clear(word: word.index, word.bits)
    }

    private mutating func end() {
        pages.removeAll(keepingCapacity: true)
        body.cancel()
        part = nil
        (collects, isForced) = (false, false)
    }
}

/// What one copy wants of the open window.
package struct CutPart {
    /// Everything that it lacks below this page is taken; nil when only images are read for it.
    let descriptor: Int?
    let threshold: ShippedThreshold
    /// What is dirty anywhere is folded, and what is not taken is missed.
    let foldsEverything: Bool
    /// A journal record is wanted even if it is empty.
    let isForced: Bool
    /// So many pages of what it missed are taken in this window, or few more.
    let portion: Int
    /// All that it lacks is taken: its cut will be this window's.
    fileprivate(set) var isLast = true
    /// A journal record is being written.
    fileprivate(set) var isJournalled = false
    fileprivate(set) var areImagesRead = false
    /// Since when the others wait for it: it has no staging memory until writes complete.
    fileprivate(set) var heldUpSince: UInt64?

    package init(
        descriptor: Int?, threshold: ShippedThreshold, isForced: Bool, portion: Int = .max,
        foldsEverything: Bool = false
    ) {
        self.foldsEverything = foldsEverything
        self.descriptor = descriptor
        self.threshold = threshold
        self.isForced = isForced
        self.portion = portion
    }
}
