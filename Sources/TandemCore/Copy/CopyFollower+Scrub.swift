/// The copy's tables, read while it is in sync, and what becomes of pages that somebody has damaged.
extension CopyFollower {
    /// One read at a time. What is in doubt goes first, once nothing else is under way to the tables.
    mutating func advanceScrub() {
        guard phase.isWhole, isOpen, !scrub.isUnderWay, scrub.failure == nil else { return }
        if scrub.isRereadDue {
            if areTablesQuiet { scrub.reread(into: &batch) }
        } else if scrub.isDue(at: now) {
            scrub.readOn(at: now, into: &batch)
            // Nobody waits for the pass: a replicator with nothing else to do sleeps on.
            if phase == .inSync { idleMoves += 1 }
        }
    }

    private var areTablesQuiet: Bool {
        bulk.walk == .none && bulk.isDrained && reclaim.replay == nil
    }

    mutating func applyScrub(_ result: CopyCompletion.Result) {
        if phase == .inSync { idleMoves += 1 }
        count(.pagesScrubbed, scrub.pagesUnderWay)
        let (owed, passes) = (area.owed, scrub.passes)
        switch scrub.complete(failure(result), counts: phase.isWhole, isOwed: { owed.contains($0) }) {
        case .nothing: break
        case .damaged(let page): noteDamaged(page)
        case .healed: endHealing()
        case .hopeless:
            count(.failures)
            // What else its tables lack nobody knows.
            area.replicator[.partWay].storeReleasing(1)
            goOffline(.damaged)
        }
        if scrub.passes != passes { area.replicator[.scrubbed].store(now) }
    }

    /// The source has the page's records: it is owed, as if a cut had changed all of them.
    private mutating func noteDamaged(_ page: Int) {
        count(.pagesDamaged)
        area.replicator[.damagedPage].store(UInt64(page) + 1)
        bulk.supersede(page)
        guard phase == .inSync else { return }
        // Release: known before any cut is whole that is not acknowledged, seen by a successor. A copy that is lost
        // from here on is copied anew.
        area.replicator[.partWay].storeReleasing(1)
        move(to: .healing, .damaged)
    }

    private mutating func endHealing() {
        status.forgetOutlook()
        // Every page has been seen whole before waiting commits are told of the last cut.
        acknowledge(lastWhole)
        // After `committed`: from here on `missed` counts from it.
        area.replicator[.partWay].storeReleasing(0)
        move(to: .inSync, .healed)
    }

    /// A look has found the file as it was: it is the medium that does not give the page. One that is asked for twice
    /// in vain has to be written anew, with all the others.
    mutating func scrubFailed(_ failure: CopyFailure) {
        if scrub.isUnreadableAgain { area.replicator[.partWay].storeReleasing(1) }
        loseCopy(failure)
    }
}
