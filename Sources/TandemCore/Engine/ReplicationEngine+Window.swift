/// Cuts: when a window is due, what is read in it for the copy, and what a committed cut means.
extension ReplicationEngine {
    mutating func advanceWindow() {
        guard follower.isThere else { return }
        if mayOpenWindow, let takesChanges = windowDue { openWindow(takesChanges: takesChanges) }
        guard let open = source.window else { return }
        readWindow(open)
        if source.hasAdvanced() {
            isReading = source.window != nil
            follower.deadlines.noteProgress(at: now)
        }
    }

    /// A cut is journalled even if nothing has changed: somebody waits for its number.
    private var wantsRecord: Bool {
        switch phase {
        case .settling, .catchingUp: true
        case .inSync, .healing: source.isAwaited
        default: false
        }
    }

    // Both are inlined, as a call would copy all of the engine at every poll.

    private var mayOpenWindow: Bool {
        @inline(__always) get {
            switch phase {
            case .bulkCopying, .settling, .catchingUp, .inSync, .healing: isIdle && !follower.reclaim.isShort
            default: false
            }
        }
    }

    /// Nil: nothing to do yet. True: a cut; false: images only.
    private var windowDue: Bool? {
        @inline(__always) get {
            let waited = now &- source.lastOpened
            switch phase {
            case .bulkCopying:
                // Short again near the end, so that the last cut is small.
                let nearEnd = follower.bulk.descriptor > area.layout.pageCount / 20 * 19
                let interval = nearEnd ? options.cutInterval : options.bulkCutInterval
                if waited >= interval, source.mayBeDirty { return true }
                return follower.bulk.wantsImages ? false : nil
            case .settling, .catchingUp: return true
            default:
                // Also where nothing is dirty: of a transaction that changed nothing nobody else would make a cut.
                if source.isAwaited { return true }
                guard waited >= max(options.cutInterval, writersRest) else { return nil }
                // In sync an image may only be written after a cut at least as new, so images come with cuts.
                return source.mayBeDirty || follower.bulk.wantsImages || source.isHeldDue(at: now) ? true : nil
            }
        }
    }

    /// Every record that a cut reads is a line that its writer, who changes it again at once, has to fetch back: with
    /// 1,024 hot records and a cut every 200 µs the writer does little else. So it is given time.
    private var writersRest: UInt64 {
        min(UInt64(follower.lastCount) * options.restPerRecord, options.restMax)
    }

    private var imageBudget: Int {
        guard phase.isWhole else { return options.imagePagesInBulk }
        return follower.journal.used > area.layout.journalBytes / 2
            ? options.imagePagesUnderPressure : options.imagePagesInSync
    }

    // MARK: A window

    private mutating func openWindow(takesChanges: Bool) {
        let descriptor = takesChanges ? follower.bulk.descriptor : nil
        if let descriptor { follower.status.outlook.noteOpened(below: descriptor) }
        source.open(
            at: now, below: descriptor,
            since: follower.bulk.threshold(lastShipped: follower.journal.end.cut), isForced: wantsRecord)
        follower.bulk.openWindow()
    }

    /// Reads a slice of the open window, and closes it when it is read whole.
    private mutating func readWindow(_ open: CutWindow) {
        if source.isAbandoned(open) { return drop(open) }
        source.beginSlice()
        if open.stage == .changes {
            let progress = source.readChanges(since: open.threshold, bytesMax: follower.journal.free)
            // Their images, if any are under way, are behind this cut.
            for page in source.body.pages { follower.bulk.supersede(page) }
            source.body.forgetPages()
            follower.journal.write(&source.body, into: &batch)
            if progress != .finished { return halt(open, progress) }
            source.beginImages()
        }
        switch follower.bulk.readImages(with: &source.reader, pageBudget: imageBudget) {
        case .finished, .unfinished, .waiting, .noRoom: close(open)
        case let progress: halt(open, progress)
        }
    }

    /// Something is in the way of what is left to read.
    private mutating func halt(_ open: CutWindow, _ progress: Capture.Progress) {
        switch progress {
        case .finished, .unfinished, .waiting: break
        case .inDoubt(let writer):
            if source.isOverdue(open, at: now) { drop(open) }
            warden.request(writer, into: &batch)
        case .lost:
            source.noteLost(open)
            drop(open)
        case .noRoom:
            drop(open)
            follower.reclaim.noteShort()
        }
    }

    private mutating func close(_ open: CutWindow) {
        guard source.end(open) == .whole else { return drop(open) }
        // A journal record that says nothing is written for nobody.
        guard open.isJournalled, open.isForced || source.body.count > 0 else { return closeEmpty(open) }
        let start = follower.journal.end.position
        guard follower.journal.append(&source.body, cut: open.cut, wall: wall, into: &batch) else {
            drop(open)
            return follower.reclaim.noteShort()
        }
        source.close()
        // Said before the first byte that may complete the cut on the copy.
        area.shipping.storeReleasing(open.cut)
        follower.noteShipping(
            ShippingCut(
                cut: open.cut, opened: open.opened, bytes: Int(follower.journal.end.position &- start),
                count: source.body.count))
        if let descriptor = open.descriptor { follower.bulk.noteCaptured(below: descriptor) }
    }

    /// Nothing is shipped: what the copy holds is this cut too.
    private mutating func closeEmpty(_ open: CutWindow) {
        source.close()
        guard let descriptor = open.descriptor else { return }
        source.body.cancel()
        source.noteCommitted()
        area.replicator[.cutOpened].store(open.opened)
        pace.note(whole: open.opened)
        follower.bulk.noteCaptured(below: descriptor)
        follower.raiseImageLimit(to: open.cut)
    }

    private mutating func drop(_ open: CutWindow) {
        source.drop(open)
        follower.bulk.dropWindow()
    }

    // MARK: On its way

    /// A write of the cut that is on its way has completed. True when it was the last one.
    mutating func completeCutWrite(_ chunk: Int) -> Bool {
        source.body.complete(chunk)
        guard source.body.isIdle, let shipping = follower.shipping else { return false }
        return !shipping.isFlushing
    }

    mutating func commitCut() {
        guard let cut = follower.shipping else { return }
        if phase.name == .syncing, follower.status.outlook.wantsCut(at: now) {
            let dirty = area.memory.dirty
            follower.status.outlook.noteCut(
                bytes: cut.bytes, pages: area.taken.count, opened: cut.opened, at: now
            ) { limit in dirty.count(below: limit) }
        }
        source.noteCommitted()
        follower.noteWhole(cut, at: now)
        area.replicator[.cutWall].store(wall)
        pace.note(whole: cut.opened)
        follower.deadlines.noteProgress(at: now)
        // Only a consistent copy holds a cut; while it is syncing, or known to be damaged, nobody may be told that
        // theirs is safe.
        if follower.isConsistent { area.committed.storeReleasing(cut.cut) }
        switch phase {
        case .settling(let first) where cut.cut >= first:
            move(to: .publishing, reason)
            follower.writeState(.consistent, journalFrom: follower.journal.start, wall: wall)
        case .catchingUp: enterSync(.caughtUp)
        default: break
        }
    }
}
