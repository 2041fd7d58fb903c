/// A copy made whole: laid out, copied, published, and what each state slot on the way means.
extension CopyFollower {
    /// A bulk copy is due. While a promotable state exists and there is space, it is kept.
    mutating func beginSync(
        _ reason: CopyReason, _ extent: SyncExtent, promotable: Bool, _ source: inout SourceCapture
    ) {
        if promotable, options.rebuildsBeside {
            format(reason, beside: true, &source)
        } else {
            beginInPlace(reason, extent, &source)
        }
    }

    mutating func format(_ reason: CopyReason, beside: Bool, _ source: inout SourceCapture) {
        isBeside = beside
        move(to: .formatting(beside: beside), reason)
        // Another copy's answer may have the numbers leap before this one is laid out.
        laidOutBehind = source.numbers.last
        batch.issue(.life, .format(slotToLayOut(stateSequence &+ 1, behind: laidOutBehind), beside: beside))
    }

    mutating func noteLaidOut() {
        isOpen = true
        // It was laid out with a slot in each place.
        stateSequence &+= 2
        let sequence = stateSequence
        // Release: the file is laid out before its slot's number is known, seen by a successor.
        area.replicator[.copySequence].storeReleasing(sequence)
        look.begin(
            with: [
                slotToLayOut(sequence, behind: laidOutBehind),
                slotToLayOut(sequence &- 1, behind: laidOutBehind),
            ])
    }

    mutating func beginInPlace(_ reason: CopyReason, _ extent: SyncExtent, _ source: inout SourceCapture) {
        found = nil
        move(to: .beginning(extent), reason)
        let start = JournalEnd(position: journal.end.position, cut: source.numbers.last)
        writeState(.syncing, journalFrom: start, wall: wall)
    }

    mutating func slotWritten(_ slot: StateSlot, _ source: inout SourceCapture) {
        look.note(slot)
        // Before pages are owed no more: a file with the slot before this one may lack them.
        area.replicator[.copySequence].storeReleasing(slot.sequence)
        // The flush before the slot covers every image that had arrived.
        bulk.arrived.noteFlushed()
        scrub.noteFlushed()
        switch phase {
        case .beginning(.different): beginComparison(&source)
        case .beginning(let extent): beginBulkCopy(extent, &source)
        case .publishing:
            if isBeside {
                batch.issue(.life, .publishRebuild)
            } else {
                enterSync(reason)
            }
        default:
            moveJournalStart(to: JournalEnd(position: slot.journalTail, cut: slot.tailCut))
            deadlines.noteProgress(at: now)
        }
    }

    /// Descriptors to zero.
    mutating func beginBulkCopy(_ extent: SyncExtent, _ source: inout SourceCapture) {
        // Before `missed` is given up: killed in between, the successor copies everything.
        area.replicator[.partWay].storeReleasing(1)
        // From here on it misses nothing by name, and has taken nothing.
        taker.giveUp()
        (found, shipsEverything) = (nil, false)
        // The cut before E's last move: whatever is not owed now is as of this cut or newer.
        let base = source.numbers.last
        for index in 0 ..< area.owed.wordCount {
            // Release: owed before no longer missed, seen by a successor.
            area.oweLacking(word: index)
            area.missed.store(word: index, 0)
        }
        taker.missed.look()
        if extent == .everything {
            area.owed.insertAll(of: area.layout)
            count(.returnsFromZero)
        } else if extent != .rest {
            count(.returnsByPages)
        }
        area.replicator[.flushLost].store(0)
        restartJournal(afterCut: base)
        noteSyncStarted(pages: area.owed.count)
        bulk.begin(.bulkCopy(start: base), inOnlyWindow: wantsOnlyWindow)
        if extent != .rest { count(.bulkCopies) }
        move(to: .bulkCopying, reason)
    }

    /// Its journal is empty, and goes on behind `cut` where it ended.
    mutating func restartJournal(afterCut cut: UInt64) {
        precondition(taker.body.isIdle, "journal begun anew with a cut on its way")
        let start = JournalEnd(position: journal.end.position, cut: cut)
        journal.restart(from: start, to: start)
        look.forgetCuts()
    }

    /// So many pages are copied, or compared, from now on: what progress is told of.
    mutating func noteSyncStarted(pages: Int) {
        area.replicator[.bulkPagesTotal].store(UInt64(pages))
        area.replicator[.bulkPagesDone].store(0)
        area.replicator[.syncStarted].store(now)
        status.outlook.begin(at: now)
    }

    mutating func enterSync(_ reason: CopyReason) {
        scrub.begin()
        if isBeside { restarts.noteRenewed() }
        isBeside = false
        shipsEverything = false
        outrun = Outrun()
        deadlines.noteInSync(at: now)
        reclaim.begin(journal, at: now)
        status.forgetOutlook()
        let last = journal.end.cut
        begin(afterCut: last)
        // The slot that says *consistent* is written before waiting commits are told of its cut.
        acknowledge(last)
        // After `committed`: from here on `missed` counts from it.
        area.replicator[.partWay].storeReleasing(0)
        move(to: .inSync, reason)
    }
}
