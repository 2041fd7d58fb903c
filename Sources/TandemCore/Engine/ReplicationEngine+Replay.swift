/// The journal applied in place, as recovery would: what makes room in it when images would be more, or when a cut did
/// not fit.
extension ReplicationEngine {
    /// A cut did not fit. Everything the journal holds is applied; then it is empty.
    mutating func advanceRoom() {
        guard room == .short, replay == nil, updates.isIdle, stateWriter.isIdle else { return }
        if updates.encoder.isEmpty { return cutIsTooLarge() }
        if phase == .inSync, bulk.walk != .none {
            // Its images are older than the end of the journal: written after the replay they would undo it.
            bulk.stop()
            sweepFrom = nil
        }
        guard bulk.isDrained else { return }
        beginReplay()
    }

    /// Up to where the journal ends now, which is whole on the copy: no cut is on its way. Later cuts go behind that,
    /// and what they change is in the journal still when the replay has put something older in its place.
    mutating func beginReplay() {
        replay = JournalReplay(reached: journalStart, until: updates.journalEnd)
        bulk.beginReplay()
        count(.replays)
    }

    mutating func advanceReplay() {
        guard let replay, !replay.isUnderWay, !replay.isMarking, stateWriter.isIdle else { return }
        if replay.reached == replay.until { return finishReplay(at: replay.until) }
        self.replay?.isUnderWay = true
        batch.issue(
            .replay,
            .replay(
                StateSlot(
                    sequence: stateSequence, generation: ours.generation, lineage: ours.lineage, role: .consistent,
                    journalTail: replay.reached.position, tailCut: replay.reached.cut, cut: replay.until.cut),
                until: replay.until, budget: options.replayBytesPerPoll))
    }

    mutating func applyReplay(_ result: CopyCompletion.Result) {
        if let failure = failure(result) { return loseCopy(failure) }
        guard case .replayed(let end) = result else { return }
        deadlines.noteProgress(at: now)
        replay?.isUnderWay = false
        replay?.reached = end
    }

    private mutating func finishReplay(at end: JournalEnd) {
        bulk.arrived.finishReplay()
        (lastTrickle, trickleHead) = (now, updates.encoder.head)
        if phase == .inSync || phase == .catchingUp {
            replay?.isMarking = true
            writeState(.consistent, tail: end)
        } else {
            moveTail(to: end)
        }
    }

    /// What lay before `end` is not needed any more.
    mutating func moveTail(to end: JournalEnd) {
        updates.encoder.tail = end.position
        journalStart = end
        replay = nil
        room = .enough
    }

    /// Larger than the whole journal: the pages are copied in order instead.
    private mutating func cutIsTooLarge() {
        bulk.stop()
        guard bulk.isDrained else { return }
        let promotable = phase == .inSync || phase == .catchingUp
        guard restarts.isDue(at: now) else { return holdRestart() }
        noteTooLarge()
        restarts.noteRestart(at: now)
        room = .enough
        sweepFrom = nil
        beginSync(.cutTooLarge, everything: false, promotable: promotable)
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
        if phase == .inSync || phase == .catchingUp, !restarts.isRestless { return }
        status.outlook.noteTooLarge(at: now, descriptor: bulk.lowWater)
    }

    private mutating func tellTooLarge() {
        let pages = area.memory.dirty.count(below: area.layout.pageCount) + area.missed.count
        let each = max(status.outlook.bytesPerPage, Double(area.layout.tables.map(\.changeBytes).max() ?? 0))
        restarts.noteTooLarge(Int(clamping: Int64(Double(pages) * each)), journalBytes: area.layout.journalBytes)
        area.replicator[.journalWanted].store(UInt64(restarts.journalBytesWanted))
        status.tell(CopyNews(state: .syncing, reason: .cutTooLarge, journalBytesWanted: restarts.journalBytesWanted))
    }
}
