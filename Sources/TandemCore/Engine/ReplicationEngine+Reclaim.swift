/// The journal's room: sweeps and replays in their place in the duty cycle, and cuts that did not fit.
extension ReplicationEngine {
    /// Frees the journal: a replay where that is weighed and moves less, else a sweep over what changed since the last
    /// one.
    mutating func advanceSweep() {
        guard follower.stateWriter.isIdle, !follower.reclaim.isShort, follower.reclaim.replay == nil else { return }
        if let end = follower.reclaim.sweptTo {
            guard follower.bulk.isFinished, source.window == nil else { return }
            follower.bulk.finish()
            follower.scrub.noteSweepFinished()
            follower.reclaim.endSweep(of: follower.journal, at: now)
            count(.sweeps)
            follower.writeState(.consistent, journalFrom: end, wall: wall)
        } else if isIdle, follower.bulk.isDrained, !follower.scrub.needsQuiet {
            if !follower.scrub.wantsSweep {
                if follower.journal.isEmpty { return }
                if follower.reclaim.isReplayDue(for: follower.journal, owed: area.owed) { return beginReplay() }
                guard follower.reclaim.isSweepDue(for: follower.journal, at: now) else { return }
            }
            follower.scrub.noteSweepBegun()
            follower.reclaim.beginSweep(of: follower.journal)
            area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
            follower.bulk.begin(.sweep)
        }
    }

    /// A cut did not fit. Everything the journal holds is applied; then it is empty.
    mutating func advanceRoom() {
        guard follower.reclaim.isShort, follower.reclaim.replay == nil, isIdle, follower.stateWriter.isIdle,
            !follower.scrub.isRereading
        else { return }
        if follower.journal.isEmpty { return cutIsTooLarge() }
        if phase.isWhole, follower.bulk.walk != .none {
            // Its images are older than the end of the journal: written after the replay they would undo it.
            follower.bulk.stop()
            follower.reclaim.dropSweep()
        }
        guard follower.bulk.isDrained else { return }
        beginReplay()
    }

    // MARK: Replay

    private mutating func beginReplay() {
        follower.reclaim.beginReplay(of: follower.journal)
        follower.bulk.beginReplay()
        count(.replays)
    }

    mutating func advanceReplay() {
        guard let replay = follower.reclaim.replay, !replay.isUnderWay, !replay.isMarking,
            follower.stateWriter.isIdle
        else { return }
        if replay.reached == replay.until { return finishReplay(at: replay.until) }
        follower.reclaim.noteReplaying()
        batch.issue(
            .replay,
            .replay(
                follower.slotToReplay(from: replay.reached, until: replay.until), until: replay.until,
                budget: options.reclaim.replayBytesPerPoll))
    }

    mutating func applyReplay(_ result: CopyCompletion.Result) {
        if let failure = failure(result) { return loseCopy(failure) }
        guard case .replayed(let end) = result else { return }
        follower.deadlines.noteProgress(at: now)
        follower.reclaim.noteReplayed(to: end)
    }

    private mutating func finishReplay(at end: JournalEnd) {
        follower.bulk.arrived.finishReplay()
        follower.reclaim.endReplay(of: follower.journal, marking: follower.isKept, at: now)
        if follower.isKept {
            follower.writeState(.consistent, journalFrom: end, wall: wall)
        } else {
            follower.moveJournalStart(to: end)
        }
    }

    // MARK: A cut that does not fit

    /// Larger than the whole journal: the pages are copied in order instead.
    private mutating func cutIsTooLarge() {
        follower.bulk.stop()
        guard follower.bulk.isDrained else { return }
        let promotable = follower.isKept
        guard follower.restarts.isDue(at: now) else { return holdRestart() }
        noteTooLarge()
        follower.restarts.noteRestart(at: now)
        follower.reclaim.giveUp()
        beginSync(.cutTooLarge, everything: false, promotable: promotable)
        if follower.restarts.inRow == 2 { tellTooLarge() }
    }

    /// The last bulk copy has only just ended in the same way. Nothing goes to the copy meanwhile, whatever it is.
    private mutating func holdRestart() {
        follower.deadlines.noteProgress(at: now)
        noteTooLarge()
        guard follower.status.shown.state != .syncing else { return }
        follower.status.show(CopyNews(state: .syncing, reason: .cutTooLarge), at: now)
    }

    /// A burst that a copy in sync cannot take is copied in order. When that ends in the same way, it may do so for
    /// ever.
    private mutating func noteTooLarge() {
        if follower.isKept, !follower.restarts.isRestless { return }
        follower.status.outlook.noteTooLarge(at: now, descriptor: follower.bulk.descriptor)
    }

    private mutating func tellTooLarge() {
        let pages = area.memory.dirty.count(below: area.layout.pageCount) + area.missed.count
        let each = max(
            follower.status.outlook.bytesPerPage, Double(area.layout.tables.map(\.changeBytes).max() ?? 0))
        follower.restarts.noteTooLarge(
            Int(clamping: Int64(Double(pages) * each)), journalBytes: area.layout.journalBytes)
        let wanted = follower.restarts.journalBytesWanted
        area.replicator[.journalWanted].store(UInt64(wanted))
        follower.status.tell(CopyNews(state: .syncing, reason: .cutTooLarge, journalBytesWanted: wanted))
    }
}
