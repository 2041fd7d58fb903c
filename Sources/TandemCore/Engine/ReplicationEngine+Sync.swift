/// A copy made whole: laid out, copied, published, and what each state slot on the way means.
extension ReplicationEngine {
    /// A bulk copy is due. While a promotable state exists and there is space, it is kept.
    mutating func beginSync(_ reason: CopyReason, everything: Bool, promotable: Bool) {
        if promotable, options.rebuildsBeside {
            format(reason, beside: true)
        } else {
            beginInPlace(reason, everything: everything)
        }
    }

    mutating func format(_ reason: CopyReason, beside: Bool) {
        follower.isBeside = beside
        move(to: .formatting(beside: beside), reason)
        batch.issue(
            .life,
            .format(follower.slotToLayOut(follower.stateSequence &+ 1, behind: source.numbers.last), beside: beside))
    }

    mutating func noteLaidOut() {
        follower.isOpen = true
        // It was laid out with a slot in each place.
        follower.stateSequence &+= 2
        let sequence = follower.stateSequence
        // Release: the file is laid out before its slot's number is known, seen by a successor.
        area.replicator[.copySequence].storeReleasing(sequence)
        follower.look.begin(
            with: [
                follower.slotToLayOut(sequence, behind: source.numbers.last),
                follower.slotToLayOut(sequence &- 1, behind: source.numbers.last),
            ])
    }

    mutating func beginInPlace(_ reason: CopyReason, everything: Bool) {
        move(to: .beginning(everything: everything), reason)
        let start = JournalEnd(position: follower.journal.end.position, cut: source.numbers.last)
        follower.writeState(.syncing, journalFrom: start, wall: wall)
    }

    mutating func slotWritten(_ slot: StateSlot) {
        follower.look.note(slot)
        // Before pages are owed no more: a file with the slot before this one may lack them.
        area.replicator[.copySequence].storeReleasing(slot.sequence)
        // The flush before the slot covers every image that had arrived.
        follower.bulk.arrived.noteFlushed()
        follower.scrub.noteFlushed()
        switch phase {
        case .beginning(let everything): beginBulkCopy(everything: everything)
        case .publishing:
            if follower.isBeside {
                batch.issue(.life, .publishRebuild)
            } else {
                enterSync(reason)
            }
        default:
            follower.moveJournalStart(to: JournalEnd(position: slot.journalTail, cut: slot.tailCut))
            follower.deadlines.noteProgress(at: now)
        }
    }

    /// Descriptors to zero.
    mutating func beginBulkCopy(everything: Bool) {
        // Before `missed` is given up: killed in between, the successor copies everything.
        area.replicator[.partWay].storeReleasing(1)
        source.putBackHeld()
        // The cut before E's last move: whatever is not owed now is as of this cut or newer.
        let base = source.numbers.next &- 1
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
        precondition(source.body.isIdle, "journal begun anew with a cut on its way")
        let start = JournalEnd(position: follower.journal.end.position, cut: base)
        follower.journal.restart(from: start, to: start)
        follower.look.forgetCuts()
        area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
        area.replicator[.bulkPagesDone].store(0)
        area.replicator[.syncStarted].store(now)
        follower.bulk.begin(.bulkCopy(start: base))
        follower.status.outlook.begin(at: now)
        count(.bulkCopies)
        move(to: .bulkCopying, reason)
    }

    mutating func enterSync(_ reason: CopyReason) {
        follower.scrub.begin()
        follower.isBeside = false
        follower.deadlines.noteInSync(at: now)
        follower.reclaim.begin(follower.journal, at: now)
        follower.status.forgetOutlook()
        let last = follower.journal.end.cut
        follower.begin(afterCut: last)
        // Release: the slot that says *consistent* is written before waiting commits are told of its cut.
        area.committed.storeReleasing(last)
        // After `committed`: from here on `missed` counts from it.
        area.replicator[.partWay].storeReleasing(0)
        move(to: .inSync, reason)
    }
}
