extension ReplicationEngine {
    /// Every change of phase.
    mutating func move(to next: CopyPhase, _ reason: CopyReason, detail: UInt64 = 0, refusal: CopyRefusal? = nil) {
        precondition(phase.canMove(to: next), "copy cannot go from \(phase) to \(next)")
        phase = next
        self.reason = reason
        status.noteWork()
        deadlines.noteProgress(at: now)
        // Neither a look at the copy is news, nor the laying out of what is no copy yet: what was said stands until it
        // answers. A file system without room would else be told of twice at every probe.
        if next == .probing || next == .formatting(beside: false) { return }
        let news = CopyNews(state: next.name, reason: reason, detail: detail, refusal: refusal)
        status.show(news, at: now)
        if restarts.isRestless, reason == .cutTooLarge { return }
        status.tell(news)
    }

    /// The copy is gone, or not to be trusted. Writers notice nothing; what was under way is missed.
    mutating func goOffline(_ reason: CopyReason, detail: Int32 = 0) {
        if case .offline = phase { return }
        let wasThere = phase.name == .syncing || phase.name == .inSync
        if wasThere { count(.outages) }
        deadlines.backOff(stayed: wasThere && deadlines.isSteady(at: now))
        deadlines.noteGone()
        updates.stop()
        bulk.stop()
        stateWriter.cancel()
        look.giveUp()
        room = .enough
        replay = nil
        sweepFrom = nil
        // What was being made beside the copy is closed and forgotten with it: the next one is made beside it again,
        // and one in place must not end by giving it the copy's name.
        isBeside = false
        status.forgetOutlook()
        move(to: .offline(retry: now &+ deadlines.probeInterval), reason, detail: UInt64(UInt32(bitPattern: detail)))
    }

    mutating func advanceLife() {
        let isAnswering = phase.name != .offline || phase == .formatting(beside: false)
        if isAnswering, deadlines.isLate(at: now) { return goOffline(.late) }
        switch phase {
        case .offline(let retry), .refused(let retry):
            // A write that is late may still land: nothing is opened anew before it has.
            guard deadlines.outstanding == 0, batch.isEmpty else { return }
            if isOpen {
                isOpen = false
                batch.issue(.close, .close)
            } else if now >= retry {
                move(to: .probing, .starting)
                batch.issue(.life, .probe)
            }
        case .bulkCopying where bulk.isFinished && updates.window == nil:
            bulk.finish()
            move(to: .settling(from: updates.numbers.next), reason)
        case .inSync:
            advanceSweep()
            // Having nothing to do is no lack of progress: else the first cut after ten quiet seconds would look stuck.
            if updates.isIdle, !updates.mayBeDirty { deadlines.noteProgress(at: now) }
            breakDeadline(whileDirty: true)
            noteSteady()
        default:
            breakDeadline(whileDirty: false)
        }
    }

    /// A copy that stays in sync needs no larger journal, whatever there was before.
    private mutating func noteSteady() {
        guard restarts.inRow > 0, room == .enough, deadlines.isSteady(at: now) else {
            return
        }
        restarts.noteSteady()
        area.replicator[.journalWanted].store(0)
        status.tell(status.shown)
    }

    private mutating func breakDeadline(whileDirty: Bool) {
        guard deadlines.isStuck(at: now) else { return }
        if whileDirty, updates.isIdle { return }
        count(.deadlinesBroken)
        goOffline(.stuck)
    }

    mutating func applyLife(_ result: CopyCompletion.Result) {
        if failure(result)?.kind == .flushFailed { area.replicator[.flushLost].store(1) }
        switch (phase, result) {
        case (.probing, .probed(.locked(let slot))) where ours.kin(slot.life) != .descendant:
            applyLife(.failed(CopyFailure(.inUse)))
        case (.probing, .probed(let examination)): handleProbe(examination)
        case (.probing, .failed(let failure)):
            deadlines.backOff(stayed: false)
            move(
                to: .offline(retry: now &+ deadlines.probeInterval), reason(for: failure),
                detail: UInt64(UInt32(bitPattern: failure.errno)))
        case (.formatting, .done):
            isOpen = true
            // It was laid out with a slot in each place.
            stateSequence &+= 2
            // Release: the file is laid out before its slot's number is known, seen by a successor.
            area.replicator[.copySequence].storeReleasing(stateSequence)
            look.begin(with: [slotToLayOut(stateSequence), slotToLayOut(stateSequence &- 1)])
            beginBulkCopy(everything: true)
        case (.formatting(beside: true), .failed(let failure))
        where failure.kind == .noSpace || failure.kind == .refused:
            // No room beside it, or no place: only then is the promotable state given up. Anything else may pass.
            isBeside = false
            beginInPlace(reason, everything: true)
            var news = status.shown
            news.isInPlace = true
            status.tell(news)
        case (.publishing, .done): enterSync(reason)
        case (.offline, _), (.refused, _): break
        case (_, .failed(let failure)): loseCopy(failure)
        default: preconditionFailure("completion \(result) in phase \(phase)")
        }
    }

    func reason(for failure: CopyFailure) -> CopyReason {
        switch failure.kind {
        case .notFound: .notFound
        case .inUse: .inUse
        case .noSpace: .noSpace
        case .inputOutput: .inputOutput
        case .identityChanged: .identityChanged
        case .refused: .refused
        case .flushFailed: .flushFailed
        }
    }

    /// The copy answered and is locked.
    private mutating func handleProbe(_ examination: CopyExamination) {
        isOpen = true
        if case .copy(let slot, _) = examination { look.begin(with: [slot]) } else { look.begin(with: []) }
        switch ReturnDecision.decide(examination, for: decisionSource) {
        case .format:
            take(over: examination)
            format(.firstCopy, beside: false)
        case .oneCut(let slot, let journal):
            stateSequence = slot.sequence
            resume(slot, journal)
        case .full(_, let reason, let promotable):
            take(over: examination)
            beginSync(reason, everything: true, promotable: promotable)
        case .refuse(let reason): refuse(reason, examination)
        case .superseded:
            // A full barrier. A writer sees it in its next `begin`; a transaction that has begun may still commit.
            area.attention.set(ControlFlags.superseded)
            refuse(.superseded, examination)
        }
    }

    private var decisionSource: ReturnDecision.Source {
        let words = [area.captured, area.committed, area.shipping].map { $0.load() }
        return ReturnDecision.Source(
            life: ours, committed: area.committed.load(), shipping: area.shipping.load(),
            // A word from the future was scribbled over.
            known: words.filter { $0 <= StateSlot.cutMax / 2 }.reduce(lastWhole, max),
            sequence: area.replicator[.copySequence].load(),
            // What this engine has written it knows by itself, whatever becomes of the word.
            knownSequence: max(area.replicator[.copySequence].load(), stateSequence),
            flushLost: area.replicator[.flushLost].load() != 0,
            isPartWay: area.replicator[.partWay].load() != 0, adopts: options.adopts)
    }

    /// All of it will be written anew, by slots and cuts with numbers that no file of ours has yet: the sequence of the
    /// slots never goes back, whichever file they go to, and is known here before the first of them is written. Else
    /// a file that was moved away, or one of which this engine was killed before it had heard, would look newer.
    private mutating func take(over examination: CopyExamination) {
        let word = area.replicator[.copySequence]
        // From the future it was scribbled over, and counting on from there would end at zero.
        var sequence = word.load() <= StateSlot.cutMax / 2 ? word.load() : 0
        if case .copy(let slot, let journal) = examination {
            sequence = max(sequence, slot.sequence)
            if slot.generation == ours.generation {
                let cut = max(slot.cut, slot.tailCut, journal?.cut ?? 0)
                if slot.sequence == stateSequence {
                    updates.numbers.note(onCopy: cut)
                } else {
                    updates.numbers.leap(beyond: cut)
                }
            }
        }
        // Release: the number is known before a slot counts on from it, seen by a successor.
        word.storeReleasing(sequence)
        stateSequence = sequence
    }

    private mutating func refuse(_ reason: CopyReason, _ examination: CopyExamination) {
        let refused = RefusedCopy(
            examination: examination, reason: reason, source: decisionSource,
            sourceWall: area.replicator[.cutWall].load())
        move(to: .refused(retry: now &+ options.deadlines.probeIntervalMax), reason, refusal: refused.account)
    }

    /// It lacks only what is missed: that becomes dirty again, and the next cut takes all of it.
    private mutating func resume(_ slot: StateSlot, _ journal: JournalEnd) {
        updates.restart(afterCut: journal.cut, head: journal.position, tail: slot.journalTail)
        journalStart = JournalEnd(position: slot.journalTail, cut: slot.tailCut)
        imageCutLimit = journal.cut
        lastWhole = journal.cut
        // Release: the probe has found the cut whole before waiting commits are told of it.
        area.committed.storeReleasing(journal.cut)
        area.shipping.store(journal.cut)
        area.replicator[.copySequence].store(slot.sequence)
        bulk.standAtEnd()
        count(.returnsByCut)
        move(to: .catchingUp, .caughtUp)
        dirtyWhatIsMissed()
    }

    private func dirtyWhatIsMissed() {
        for index in 0 ..< area.missed.wordCount {
            let bits = area.missed.load(word: index)
            guard bits != 0 else { continue }
            // A full barrier: dirty before no longer missed, seen by a successor.
            area.memory.dirty.restore(PageWord(index: index, bits: bits))
            area.missed.store(word: index, 0)
        }
    }

    /// A bulk copy is due. While a promotable state exists and there is space, it is kept.
    mutating func beginSync(_ reason: CopyReason, everything: Bool, promotable: Bool) {
        if promotable, options.rebuildsBeside {
            format(reason, beside: true)
        } else {
            beginInPlace(reason, everything: everything)
        }
    }

    private mutating func format(_ reason: CopyReason, beside: Bool) {
        isBeside = beside
        move(to: .formatting(beside: beside), reason)
        batch.issue(
            .life,
            .format(slotToLayOut(stateSequence &+ 1), beside: beside))
    }

    private func slotToLayOut(_ sequence: UInt64) -> StateSlot {
        StateSlot(sequence: sequence, generation: ours.generation, lineage: ours.lineage, role: .syncing)
    }

    private mutating func beginInPlace(_ reason: CopyReason, everything: Bool) {
        move(to: .beginning(everything: everything), reason)
        writeState(.syncing, tail: updates.journalEnd)
    }

    mutating func writeState(_ role: StateSlot.Role, tail: JournalEnd) {
        stateSequence &+= 1
        stateWriter.write(
            StateSlot(
                sequence: stateSequence, generation: ours.generation, lineage: ours.lineage, role: role,
                journalTail: tail.position, tailCut: tail.cut,
                cut: role == .consistent ? lastWhole : 0, wallNanoseconds: wall))
    }

    mutating func slotWritten(_ slot: StateSlot) {
        look.note(slot)
        // Before pages are owed no more: a file with the slot before this one may lack them.
        area.replicator[.copySequence].storeReleasing(slot.sequence)
        // The flush before the slot covers every image that had arrived.
        bulk.arrived.noteFlushed()
        switch phase {
        case .beginning(let everything): beginBulkCopy(everything: everything)
        case .publishing:
            if isBeside {
                batch.issue(.life, .publishRebuild)
            } else {
                enterSync(reason)
            }
        default:
            moveTail(to: JournalEnd(position: slot.journalTail, cut: slot.tailCut))
            deadlines.noteProgress(at: now)
        }
    }

    /// Descriptors to zero.
    private mutating func beginBulkCopy(everything: Bool) {
        // Before `missed` is given up: killed in between, the successor copies everything.
        area.replicator[.partWay].storeReleasing(1)
        updates.putBackHeld()
        // The cut before E's last move: whatever is not owed now is as of this cut or newer.
        let base = updates.numbers.next &- 1
        for index in 0 ..< area.owed.wordCount {
            // Release: owed before no longer missed, seen by a successor.
            area.owed.set(word: index, area.missed.load(word: index) | area.memory.dirty.word(index).load())
            area.missed.store(word: index, 0)
        }
        if everything {
            area.owed.insertAll(of: area.layout)
            count(.returnsFromZero)
        } else {
            count(.returnsByPages)
        }
        area.replicator[.flushLost].store(0)
        let start = updates.encoder.head
        updates.restart(afterCut: base, head: start, tail: start)
        journalStart = JournalEnd(position: start, cut: base)
        look.forgetCuts()
        area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
        area.replicator[.bulkPagesDone].store(0)
        area.replicator[.syncStarted].store(now)
        bulk.begin(.bulkCopy(start: base))
        status.outlook.begin(at: now)
        count(.bulkCopies)
        move(to: .bulkCopying, reason)
    }

    mutating func enterSync(_ reason: CopyReason) {
        isBeside = false
        deadlines.noteInSync(at: now)
        (lastTrickle, trickleHead) = (now, updates.encoder.head)
        weighedHead = updates.encoder.tail
        status.forgetOutlook()
        imageCutLimit = updates.lastShipped
        // Release: the slot that says *consistent* is written before waiting commits are told of its cut.
        area.committed.storeReleasing(updates.lastShipped)
        // After `committed`: from here on `missed` counts from it.
        area.replicator[.partWay].storeReleasing(0)
        move(to: .inSync, reason)
    }
}
