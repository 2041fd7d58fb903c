/// The journal's room: sweeps and replays in their place in the duty cycle, and cuts that did not fit.
extension CopyFollower {
    /// Frees the journal: a replay where that is weighed and moves less, or moves nothing; else a sweep over what
    /// changed since the last one.
    mutating func advanceSweep() {
        guard stateWriter.isIdle, !reclaim.isShort, reclaim.replay == nil else { return }
        if let end = reclaim.sweptTo {
            guard bulk.isFinished, taker.part == nil else { return }
            bulk.finish()
            scrub.noteSweepFinished()
            reclaim.endSweep(of: journal, at: now)
            count(.sweeps)
            writeState(.consistent, journalFrom: end, wall: wall)
        } else if isIdle, bulk.isDrained, !scrub.needsQuiet {
            if !scrub.wantsSweep {
                if journal.isEmpty { return }
                if abilities.appliesArrivals {
                    if reclaim.isQuestionDue(for: journal, at: now) { beginReplay() }
                    return
                }
                if reclaim.isReplayDue(for: journal, owed: area.owed) { return beginReplay() }
                guard reclaim.isSweepDue(for: journal, at: now) else { return }
            }
            scrub.noteSweepBegun()
            reclaim.beginSweep(of: journal)
            area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
            bulk.begin(.sweep)
        }
    }

    /// A cut did not fit. Everything the journal holds is applied; then it is empty.
    mutating func advanceRoom(_ source: inout SourceCapture) {
        guard reclaim.isShort, reclaim.replay == nil, isIdle, stateWriter.isIdle,
            !scrub.isRereading
        else { return }
        if journal.isEmpty { return cutIsTooLarge(&source) }
        if phase.isWhole, bulk.walk != .none {
            // Its images are older than the end of the journal: written after the replay they would undo it.
            bulk.stop()
            reclaim.dropSweep()
        }
        guard bulk.isDrained else { return }
        beginReplay()
    }

    // MARK: Replay

    /// Its slot says *consistent*: of its own cuts, or, while it is compared, of what it was found as.
    private var isPromotable: Bool { isKept || found != nil }

    mutating func beginReplay() {
        reclaim.beginReplay(of: journal)
        bulk.beginReplay()
        count(.replays)
    }

    mutating func advanceReplay() {
        guard let replay = reclaim.replay, !replay.isUnderWay, !replay.isMarking,
            stateWriter.isIdle
        else { return }
        if replay.reached == replay.until { return finishReplay(at: replay.until) }
        reclaim.noteReplaying()
        if abilities.appliesArrivals, isPromotable { return batch.issue(.replay, .inquire) }
        batch.issue(
            .replay,
            .replay(
                slotToReplay(from: replay.reached, until: replay.until), until: replay.until,
                budget: options.reclaim.replayBytesPerPoll))
    }

    mutating func applyReplay(_ result: CopyCompletion.Result) {
        if let failure = failure(result) { return loseCopy(failure) }
        deadlines.noteProgress(at: now)
        switch result {
        case .replayed(let end): reclaim.noteReplayed(to: end)
        case .applied(let end): noteApplied(to: end)
        default: preconditionFailure("completion \(result) of a replay")
        }
    }

    /// What whoever keeps the copy says of its tables. Not what was answered: it may have given up applying, for want
    /// of memory, and the session goes on. Then its journal is brought home from here, and images free it.
    private mutating func noteApplied(to end: JournalEnd?) {
        guard let replay = reclaim.replay else { return }
        if let end, end.position >= replay.until.position, end.cut >= replay.until.cut {
            return reclaim.noteReplayed(to: replay.until)
        }
        abilities.appliesArrivals = false
        reclaim.noteReplayed(to: replay.reached)
    }

    private mutating func finishReplay(at end: JournalEnd) {
        bulk.arrived.finishReplay()
        reclaim.endReplay(of: journal, marking: isPromotable, at: now)
        if isPromotable {
            writeState(.consistent, journalFrom: end, wall: wall)
        } else {
            moveJournalStart(to: end)
        }
    }

    // MARK: A cut that does not fit

    /// Larger than the whole journal: the pages are copied in order instead.
    private mutating func cutIsTooLarge(_ source: inout SourceCapture) {
        bulk.stop()
        guard bulk.isDrained else { return }
        // In many windows it would end like this again, which is not hurried; in one it need not.
        let isOneNext = (phase == .bulkCopying || phase.isSettling) && !outrun.isSeen
        guard isOneNext || restarts.isDue(at: now) else { return holdRestart() }
        noteTooLarge()
        if isOneNext { outrun.isSeen = true }
        restarts.noteRestart(at: now)
        reclaim.giveUp()
        beginSync(.cutTooLarge, .missed, promotable: isPromotable, &source)
        if restarts.inRow == 2 { tellTooLarge() }
    }

    /// The last bulk copy has only just ended in the same way. Nothing goes to the copy meanwhile, whatever it is.
    private mutating func holdRestart() {
        deadlines.noteProgress(at: now)
        noteTooLarge()
        guard status.shown.state != .syncing else { return }
        status.show(CopyNews(state: .syncing, reason: .cutTooLarge), at: now)
    }

    /// A burst that a copy in sync cannot take is copied in order. When that ends in the same way, it may do so for
    /// ever.
    private mutating func noteTooLarge() {
        if isKept, !restarts.isRestless { return }
        status.outlook.noteTooLarge(at: now, descriptor: bulk.descriptor)
    }

    private mutating func tellTooLarge() {
        let pages = area.memory.dirty.count(below: area.layout.pageCount) + area.missed.count
        let each = max(
            status.outlook.bytesPerPage, Double(area.layout.tables.map(\.changeBytes).max() ?? 0))
        restarts.noteTooLarge(
            Int(clamping: Int64(Double(pages) * each)), journalBytes: area.layout.journalBytes)
        let wanted = restarts.journalBytesWanted
        area.replicator[.journalWanted].store(UInt64(wanted))
        status.tell(CopyNews(state: .syncing, reason: .cutTooLarge, journalBytesWanted: wanted))
    }
}
