internal import CTandemLayout

/// The bulk copy controller's place in the duty cycle: images out, sweeps begun and ended.
extension ReplicationEngine {
    mutating func advanceImages() {
        guard phase == .bulkCopying || phase == .inSync else { return }
        // Not consistent: no rule but that the window the image was read in was not abandoned. Consistent: write ahead.
        var limit = phase == .inSync ? imageCutLimit : .max
        if let window = updates.window { limit = min(limit, window.cut &- 1) }
        bulk.submit(through: limit, into: &batch)
    }

    /// Frees the journal: a replay where that is weighed and moves less, else a sweep over what changed since the last
    /// one.
    mutating func advanceSweep() {
        guard stateWriter.isIdle, room == .enough, replay == nil else { return }
        if let from = sweepFrom {
            guard bulk.isFinished, updates.window == nil else { return }
            bulk.finish()
            sweepFrom = nil
            (lastTrickle, trickleHead) = (now, updates.encoder.head)
            count(.sweeps)
            writeState(.consistent, tail: from)
        } else if updates.isIdle, bulk.isDrained, !updates.encoder.isEmpty {
            if isReplayDue() { return beginReplay() }
            guard isSweepDue() else { return }
            sweepFrom = updates.journalEnd
            area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
            bulk.begin(.sweep)
        }
    }

    private mutating func isSweepDue() -> Bool {
        if updates.encoder.used > area.layout.journalBytes / 2 { return true }
        guard now &- lastTrickle > options.trickleInterval else { return false }
        let grown = updates.encoder.head &- trickleHead
        (lastTrickle, trickleHead) = (now, updates.encoder.head)
        // Under load a page swept now is changed again before the journal is half full: the later, the fewer images.
        return grown < UInt64(area.layout.journalBytes / 16)
    }

    /// A record changed at random costs 272 bytes of journal or 4096 of image; one changed in every cut, 272 in each or
    /// 4096 once. A byte of journal takes a third longer (docs/FIGURES.md). Often and a little each time: what a replay
    /// moves is then in the cache still, and a promotion has little left to apply.
    private mutating func isReplayDue() -> Bool {
        guard options.appliesJournal, updates.encoder.head &- weighedHead >= UInt64(area.layout.journalBytes / 16)
        else { return false }
        weighedHead = updates.encoder.head
        return updates.encoder.used < area.owed.count * Int(TANDEM_PAGE_BYTES) / 4 * 3
    }

    mutating func watchCopy() {
        guard isOpen, phase.name == .syncing || phase.name == .inSync, !look.isUnderWay else { return }
        if stateWriter.wantsLook { return beginLook(.slot) }
        // While it is laid out there is nothing yet to look at, and while a slot is written it may be seen half.
        if case .formatting = phase { return }
        guard stateWriter.isIdle, deadlines.isWatchDue(at: now) else { return }
        beginLook(.interval)
    }

    private mutating func beginLook(_ cause: LookCause) {
        look.begin(cause, journalStart: updates.encoder.tail, into: &batch)
    }
}
