/// What a copy answers when it is asked for, and what it is owed then.
extension CopyFollower {
    mutating func applyLife(_ result: CopyCompletion.Result, _ source: inout SourceCapture) {
        if failure(result)?.kind == .flushFailed { area.replicator[.flushLost].store(1) }
        switch (phase, result) {
        case (.probing, .probed(.locked(let slot), _)) where ours.kin(slot.life) != .descendant:
            applyLife(.failed(CopyFailure(.inUse)), &source)
        case (.probing, .probed(let examination, let abilities)): handleProbe(examination, abilities, &source)
        case (.probing, .failed(let failure)): probeFailed(failure)
        case (.formatting, .done):
            noteLaidOut()
            beginBulkCopy(.everything, &source)
        case (.formatting(beside: true), .failed(let failure))
        where failure.kind == .noSpace || failure.kind == .refused:
            // No room beside it, or no place: only then is the promotable state given up. Anything else may pass.
            isBeside = false
            beginInPlace(reason, .everything, &source)
            var news = status.shown
            news.isInPlace = true
            status.tell(news)
        case (.publishing, .done): enterSync(reason)
        case (.offline, _), (.refused, _): break
        case (_, .failed(let failure)): loseCopy(failure)
        default: preconditionFailure("completion \(result) in phase \(phase)")
        }
    }

    /// The copy answered and is locked.
    private mutating func handleProbe(
        _ examination: CopyExamination, _ abilities: MediumAbilities, _ source: inout SourceCapture
    ) {
        isOpen = true
        self.abilities = abilities
        if case .copy(let slot, _) = examination {
            look.begin(with: [slot])
        } else {
            look.begin(with: [])
        }
        switch ReturnDecision.decide(examination, for: decisionSource(for: examination, abilities.content)) {
        case .format:
            take(over: examination, &source)
            format(.firstCopy, beside: false, &source)
        case .oneCut(let slot, let journal): resume(slot, journal)
        case .full(_, let reason, let promotable):
            take(over: examination, &source)
            beginSync(reason, .everything, promotable: promotable, &source)
        case .compare(let slot, let journal?, let reason):
            take(over: examination, &source)
            beginComparison(slot, journal, reason)
        case .compare(_, nil, let reason):
            take(over: examination, &source)
            beginInPlace(reason, .different, &source)
        case .refuse(let reason): refuse(reason, examination)
        case .superseded:
            // A full barrier. A writer sees it before its next commit; one that is *committing* may still commit.
            area.attention.set(ControlFlags.superseded)
            refuse(.superseded, examination)
        }
    }

    private func decisionSource(
        for examination: CopyExamination, _ access: ContentAccess = .none
    ) -> ReturnDecision.Source {
        let block = area.replicator
        let sibling = sibling(examination)
        let (committed, shipping) = (block.committed.load(), block.shipping.load())
        let words = [area.captured, area.committed, area.shipping].map { $0.load() } + [committed, shipping]
        return ReturnDecision.Source(
            life: ours, copy: id, knowsCopy: sibling != nil, committed: committed, shipping: shipping,
            // A word from the future was scribbled over.
            known: words.filter { $0 <= StateSlot.cutMax / 2 }.reduce(lastWhole, max),
            sequence: block[.copySequence].load(),
            // What this engine has written it knows by itself, whatever becomes of the word.
            knownSequence: max((sibling ?? block)[.copySequence].load(), stateSequence),
            flushLost: block[.flushLost].load() != 0,
            isPartWay: block[.partWay].load() != 0, adopts: options.adopts,
            isComparable: access != .none)
    }

    /// The block of the copy that was found: of another one that the source knows, where its file has come here. Nil:
    /// the source knows none like that.
    private func sibling(_ examination: CopyExamination) -> ReplicatorBlock? {
        guard case .copy(let slot, _) = examination, slot.copy != id else { return area.replicator }
        return area.copies.map(\.replicator).first { $0.id == slot.copy }
    }

    /// All of it will be written anew, by slots and cuts with numbers that no file of ours has yet: the sequence of the
    /// slots never goes back, whichever file they go to, and is known here before the first of them is written. Else
    /// a file that was moved away, or one of which this engine was killed before it had heard, would look newer.
    private mutating func take(over examination: CopyExamination, _ source: inout SourceCapture) {
        let word = area.replicator[.copySequence]
        // From the future it was scribbled over, and counting on from there would end at zero.
        var sequence = word.load() <= StateSlot.cutMax / 2 ? word.load() : 0
        if case .copy(let slot, let journal) = examination {
            sequence = max(sequence, slot.sequence)
            // Not over the newest slot there is: torn, it would leave none.
            if (sequence ^ slot.sequence) & 1 != 0 { sequence += 1 }
            if slot.generation == ours.generation {
                let cut = max(slot.cut, slot.tailCut, journal?.cut ?? 0)
                if slot.sequence == stateSequence, slot.copy == id {
                    source.numbers.note(onCopy: cut)
                } else {
                    source.numbers.leap(beyond: cut)
                }
            }
        }
        // Release: the number is known before a slot counts on from it, seen by a successor.
        word.storeReleasing(sequence)
        stateSequence = sequence
    }

    private mutating func refuse(_ reason: CopyReason, _ examination: CopyExamination) {
        let refused = RefusedCopy(
            examination: examination, reason: reason, source: decisionSource(for: examination),
            sourceWall: area.replicator[.cutWall].load())
        move(to: .refused(retry: now &+ options.deadlines.probeIntervalMax), reason, refusal: refused.account)
    }

    /// It lacks only what is missed: the next cut takes all of it.
    private mutating func resume(_ slot: StateSlot, _ journal: JournalEnd) {
        precondition(taker.body.isIdle, "journal taken up with a cut on its way")
        goOn(from: slot, journal)
        // Its predecessor has left some, or whoever scribbles.
        taker.missed.look()
        // The probe has found the cut whole before waiting commits are told of it.
        acknowledge(journal.cut)
        noteAsked(journal.cut)
        area.replicator[.copySequence].store(slot.sequence)
        bulk.standAtEnd()
        count(.returnsByCut)
        move(to: .catchingUp, .caughtUp)
    }
}
