/// One copy's part in the windows: when one is due for it, what it takes, and what becomes of its cut.
extension CopyFollower {
    /// What it wants of a window that is opened now.
    enum Wish {
        case nothing
        /// It is ready, and takes part where others' changes are taken.
        case company
        /// Images alone.
        case images
        case changes
    }

    /// No part in a window, and no cut on its way.
    var isIdle: Bool { @inline(__always) get { taker.isIdle && shipping == nil } }

    /// Something may have changed that it lacks.
    @inline(__always)
    func mayLack(_ source: inout SourceCapture) -> Bool { source.mayBeDirty || !taker.missed.isEmpty }

    /// So many pages of which a record or two are named take no longer than one that is read whole.
    private static let namedPagesToOne = 4

    private var mayJoin: Bool {
        @inline(__always) get {
            switch phase {
            case .comparing, .bulkCopying, .settling, .catchingUp, .inSync, .healing:
                // The next portion waits for memory outside of a window, where nobody else has to.
                (isIdle || taker.collects && taker.body.hasRoom) && !reclaim.isShort
            default: false
            }
        }
    }

    /// A cut is journalled even if nothing has changed: somebody waits for its number.
    private func wantsRecord(_ source: inout SourceCapture) -> Bool {
        switch phase {
        case .settling, .catchingUp: true
        case .inSync, .healing: taker.isForced || taker.isAwaited(before: source.numbers.next)
        default: false
        }
    }

    /// What it wants of a window, were it opened now; `join` then goes by it.
    mutating func makeWish(_ source: inout SourceCapture) -> Wish {
        wish = isThere && mayJoin ? isIdle ? dueWish(&source) : portionWish : .nothing
        return wish
    }

    /// The next portion comes in each window that there is, and in one of its own where there is none: else two would
    /// open windows by turns, and each miss what the other takes.
    private var portionWish: Wish { now &- lastTook >= 2 * options.cutInterval ? .changes : .company }

    @inline(__always)
    private mutating func dueWish(_ source: inout SourceCapture) -> Wish {
        let waited = now &- lastTook
        switch phase {
        case .bulkCopying where endsInOnlyWindow: return .nothing
        case .bulkCopying where bulk.onlyWindow != nil: return bulk.onlyWindow?.stage == .due ? .images : .nothing
        case .bulkCopying:
            // Short again near the end, so that the last cut is small.
            let nearEnd = bulk.descriptor > area.layout.pageCount / 20 * 19
            if waited >= (nearEnd ? options.cutInterval : options.bulkCutInterval), mayLack(&source) { return .changes }
            return bulk.wantsImages ? .images : .nothing
        case .comparing: return comparisonWish()
        case .settling, .catchingUp: return .changes
        default:
            // Also where nothing is dirty: of a transaction that changed nothing nobody else would make a cut.
            if taker.isAwaited(before: source.numbers.next) { return .changes }
            guard waited >= max(options.cutInterval, writersRest) else { return .company }
            // In sync an image may only be written after a cut at least as new, so images come with cuts.
            return mayLack(&source) || bulk.wantsImages ? .changes : .company
        }
    }

    private var imageBudget: Int {
        guard phase.isWhole else { return options.imagePagesInBulk }
        return journal.used > area.layout.journalBytes / 2
            ? options.imagePagesUnderPressure : options.imagePagesInSync
    }

    // MARK: A window

    /// - Parameters:
    ///   - takesChanges: somebody's changes are taken.
    ///   - others: how many records the smallest of the other copies' last cuts had; nil where there are no others.
    mutating func join(takesChanges: Bool, beside others: Int?, _ source: inout SourceCapture) {
        let descriptor: Int?
        switch wish {
        case .nothing: return
        case .company where !takesChanges: return
        case .images: descriptor = nil
        // One that is compared takes nothing.
        case .company, .changes: descriptor = content == nil ? bulk.descriptor : 0
        }
        if let descriptor {
            if !taker.collects { status.outlook.noteOpened(below: descriptor) }
            lastTook = now
        }
        taker.join(
            CutPart(
                descriptor: descriptor,
                threshold: shipsEverything ? .everything : bulk.threshold(lastShipped: journal.end.cut),
                isForced: wantsRecord(&source), portion: others.map(portion) ?? .max,
                foldsEverything: content != nil && descriptor != nil))
        bulk.openWindow(holdsDescriptor: options.lanes > 0)
        lanesAwaited = nil
        content?.openWindow()
    }

    /// How many pages of what it missed it takes in one window, for whose end the others wait: about as many as they
    /// take themselves. Where that has come to nothing it is twice as many each time, and where what is changed
    /// meanwhile fills the journal it is all: in the end its cut is made in one window, as if it were alone.
    private func portion(beside others: Int) -> Int {
        if taker.collects, taker.body.byteCount > journal.free / 2 { return .max }
        let pages = options.missedPagesInWindow * (taker.missesByName ? Self.namedPagesToOne : 1)
        return max(pages, others) << min(portionsLost, 24)
    }

    /// E has moved, for the window that it has joined.
    mutating func noteOpened(_ window: CutWindow?) {
        guard let window, taker.part != nil, bulk.onlyWindow?.stage == .due else { return }
        bulk.openOnlyWindow(window, wall: wall)
        area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
    }

    /// A slice has been read: what is sealed of it goes out.
    mutating func shipRead() {
        guard taker.part?.isJournalled == true else { return }
        // Their images, if any are under way, are behind this cut.
        for page in taker.body.pages { bulk.supersede(page) }
        taker.body.forgetPages()
        journal.write(&taker.body, into: &batch)
    }

    /// Images for this copy, once in a window.
    mutating func readImages(_ source: inout SourceCapture, over desk: inout LaneDesk) -> Capture.Progress {
        guard let part = taker.part, !part.areImagesRead else { return .finished }
        let budget = imageBudget
        if bulk.isInOnlyWindow {
            return bulk.readOnlyWindow(with: &source.reader, pageBudget: budget)
        }
        // Once begun so, a window ends so: whatever its budget would be by now, lanes may be reading.
        if bulk.usesLanes || desk.hasLanes && content == nil && budget >= options.lanePagesMin {
            return readImages(&source, over: &desk, budget)
        }
        let progress =
            content?.compare(with: &source.reader, pageBudget: budget)
            ?? bulk.readImages(with: &source.reader, pageBudget: budget)
        switch progress {
        case .finished, .unfinished, .waiting, .noRoom:
            taker.noteImagesRead()
            return .finished
        case .inDoubt, .lost: return progress
        }
    }

    private mutating func readImages(
        _ source: inout SourceCapture, over desk: inout LaneDesk, _ budget: Int
    ) -> Capture.Progress {
        let progress = bulk.readImages(with: &source.reader, over: &desk, pageBudget: budget)
        switch progress {
        case .inDoubt, .lost: return progress
        case .unfinished:
            guard bulk.awaitsLanes else {
                lanesAwaited = nil
                return progress
            }
            let since = lanesAwaited ?? now
            lanesAwaited = since
            if now &- since < options.lanePatience { return progress }
            bulk.giveUpLate()
            desk.noteLate()
            count(.lanesLate)
        case .finished, .waiting, .noRoom: desk.noteInTime()
        }
        lanesAwaited = nil
        taker.noteImagesRead()
        return .finished
    }

    /// The window has been read whole.
    ///
    /// - Parameter preImages: values that had to be sought for it.
    mutating func close(_ open: CutWindow, preImages: Int) {
        guard let part = taker.part else { return }
        bulk.closeOnlyWindow()
        if content != nil { return closeComparison() }
        if part.isJournalled, !part.isLast { return keepPortion() }
        // A journal record that says nothing is written for nobody.
        guard part.isJournalled, part.isForced || taker.body.count > 0 else {
            taker.finish()
            return closeEmpty(open, part)
        }
        let start = journal.end.position
        guard journal.append(&taker.body, cut: open.cut, wall: wall, into: &batch) else { return runShort() }
        taker.finish()
        // Said before the first byte that may complete the cut on the copy.
        noteAsked(open.cut)
        area.shipping.storeReleasing(open.cut)
        noteShipping(
            ShippingCut(
                cut: open.cut, opened: open.opened, bytes: Int(journal.end.position &- start),
                count: taker.body.count, preImages: preImages))
        if let descriptor = part.descriptor { bulk.noteCaptured(below: descriptor) }
    }

    /// What was read stands in front of what later windows add. It is no cut yet: its header is written last.
    private mutating func keepPortion() {
        taker.body.sealFull()
        journal.write(&taker.body, into: &batch)
        taker.keepPortion()
    }

    /// Nothing is shipped: what the copy holds is this cut too.
    private mutating func closeEmpty(_ open: CutWindow, _ part: CutPart) {
        guard let descriptor = part.descriptor else { return }
        taker.body.cancel()
        taker.noteCommitted()
        area.replicator[.cutOpened].store(open.opened)
        pace.note(whole: open.opened)
        bulk.noteCaptured(below: descriptor)
        raiseImageLimit(to: open.cut)
    }

    /// The others wait for its staging memory. Each time that they did so in vain they wait for twice as long: else a
    /// cut larger than the memory would never come through a device that is slower than theirs.
    mutating func isPatienceOver() -> Bool {
        guard let since = taker.part?.heldUpSince else {
            taker.noteHeldUp(at: now)
            return false
        }
        guard now &- since > options.patience << UInt64(min(timesLeft, 8)) else { return false }
        timesLeft += 1
        count(.windowsLeft)
        return true
    }

    /// It leaves the window, which goes on for the others: its journal does not hold the cut.
    mutating func runShort() {
        leaveWindow()
        reclaim.noteShort()
    }

    /// It leaves the window, which goes on for the others.
    mutating func leaveWindow() {
        noteDropped()
        taker.leave()
    }

    /// What was read for it in the open window is not used.
    mutating func noteDropped() {
        if taker.collects { portionsLost += 1 }
        if bulk.isInOnlyWindow { outrun.isVain = true }
        bulk.dropWindow()
        content?.dropWindow()
    }

    // MARK: On its way

    /// A write of the cut that is on its way has completed. True when it was the last one.
    mutating func completeCutWrite(_ chunk: Int) -> Bool {
        taker.body.complete(chunk)
        guard taker.body.isIdle, let shipping else { return false }
        return !shipping.isFlushing
    }

    mutating func commitCut() {
        guard let cut = shipping else { return }
        if phase.name == .syncing, status.outlook.wantsCut(at: now) {
            let dirty = area.memory.dirty
            status.outlook.noteCut(
                bytes: cut.bytes, pages: area.taken.count, opened: cut.opened, at: now
            ) { limit in dirty.count(below: limit) }
            noteOutrun()
        }
        taker.noteCommitted()
        (timesLeft, portionsLost) = (0, 0)
        noteWhole(cut)
        deadlines.noteProgress(at: now)
        // Only a consistent copy holds a cut; while it is syncing, or known to be damaged, nobody may be told that
        // theirs is safe.
        if isConsistent { acknowledge(cut.cut) }
        switch phase {
        case .settling(let first) where cut.cut >= first:
            found = nil
            move(to: .publishing, reason)
            writeState(.consistent, journalFrom: journal.start, wall: wall)
        case .catchingUp: enterSync(.caughtUp)
        default: break
        }
    }
}
