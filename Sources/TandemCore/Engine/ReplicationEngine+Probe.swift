/// What a copy answers when it is asked for, and what it is owed then.
extension ReplicationEngine {
    mutating func applyLife(_ result: CopyCompletion.Result) {
        if failure(result)?.kind == .flushFailed { area.replicator[.flushLost].store(1) }
        switch (phase, result) {
        case (.probing, .probed(.locked(let slot))) where follower.ours.kin(slot.life) != .descendant:
            applyLife(.failed(CopyFailure(.inUse)))
        case (.probing, .probed(let examination)): handleProbe(examination)
        case (.probing, .failed(let failure)): probeFailed(failure)
        case (.formatting, .done):
            noteLaidOut()
            beginBulkCopy(everything: true)
        case (.formatting(beside: true), .failed(let failure))
        where failure.kind == .noSpace || failure.kind == .refused:
            // No room beside it, or no place: only then is the promotable state given up. Anything else may pass.
            follower.isBeside = false
            beginInPlace(reason, everything: true)
            var news = follower.status.shown
            news.isInPlace = true
            follower.status.tell(news)
        case (.publishing, .done): enterSync(reason)
        case (.offline, _), (.refused, _): break
        case (_, .failed(let failure)): loseCopy(failure)
        default: preconditionFailure("completion \(result) in phase \(phase)")
        }
    }

    /// The copy answered and is locked.
    private mutating func handleProbe(_ examination: CopyExamination) {
        follower.isOpen = true
        if case .copy(let slot, _) = examination {
            follower.look.begin(with: [slot])
        } else {
            follower.look.begin(with: [])
        }
        switch ReturnDecision.decide(examination, for: decisionSource) {
        case .format:
            take(over: examination)
            format(.firstCopy, beside: false)
        case .oneCut(let slot, let journal): resume(slot, journal)
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
            life: follower.ours, committed: area.committed.load(), shipping: area.shipping.load(),
            // A word from the future was scribbled over.
            known: words.filter { $0 <= StateSlot.cutMax / 2 }.reduce(follower.lastWhole, max),
            sequence: area.replicator[.copySequence].load(),
            // What this engine has written it knows by itself, whatever becomes of the word.
            knownSequence: max(area.replicator[.copySequence].load(), follower.stateSequence),
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
            if slot.generation == follower.ours.generation {
                let cut = max(slot.cut, slot.tailCut, journal?.cut ?? 0)
                if slot.sequence == follower.stateSequence {
                    source.numbers.note(onCopy: cut)
                } else {
                    source.numbers.leap(beyond: cut)
                }
            }
        }
        // Release: the number is known before a slot counts on from it, seen by a successor.
        word.storeReleasing(sequence)
        follower.stateSequence = sequence
    }

    private mutating func refuse(_ reason: CopyReason, _ examination: CopyExamination) {
        let refused = RefusedCopy(
            examination: examination, reason: reason, source: decisionSource,
            sourceWall: area.replicator[.cutWall].load())
        move(to: .refused(retry: now &+ options.deadlines.probeIntervalMax), reason, refusal: refused.account)
    }

    /// It lacks only what is missed: that becomes dirty again, and the next cut takes all of it.
    private mutating func resume(_ slot: StateSlot, _ journal: JournalEnd) {
        precondition(source.body.isIdle, "journal taken up with a cut on its way")
        follower.resume(slot, journal)
        // Release: the probe has found the cut whole before waiting commits are told of it.
        area.committed.storeReleasing(journal.cut)
        area.shipping.store(journal.cut)
        area.replicator[.copySequence].store(slot.sequence)
        follower.bulk.standAtEnd()
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
}
