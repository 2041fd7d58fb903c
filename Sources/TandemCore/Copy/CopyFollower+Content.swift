/// A copy of which nobody knows what it lacks: what its pages hold decides.
extension CopyFollower {
    /// One that can be promoted stays so: what its journal holds is applied, its tables are compared, and what differs
    /// comes as one cut.
    mutating func beginComparison(_ slot: StateSlot, _ journal: JournalEnd, _ reason: CopyReason) {
        move(to: .comparing, reason)
        found = slot
        self.journal.restart(from: JournalEnd(position: slot.journalTail, cut: slot.tailCut), to: journal)
        compareAll()
        if !self.journal.isEmpty { beginReplay() }
    }

    /// One that says that it is syncing.
    mutating func beginComparison(_ source: inout SourceCapture) {
        move(to: .comparing, reason)
        restartJournal(afterCut: source.numbers.last)
        compareAll()
    }

    private mutating func compareAll() {
        precondition(bulk.isArenaFree, "a comparison while lanes write to its arena")
        // Before `missed` says of everything that it is, and then of less and less that may be: killed in between, the
        // successor compares anew.
        area.replicator[.partWay].storeReleasing(1)
        taker.giveUp()
        area.missed.insertAll(of: area.layout)
        taker.missed.look()
        // Which images are behind was said of what had been there.
        area.owed.removeAll()
        bulk.standAtEnd()
        content = ContentComparison(abilities.content, tables: bulk.tables, arena: imageArena, checksum: checksum)
        noteSyncStarted(pages: area.missed.count)
        count(.comparisons)
    }

    /// Its journal is empty, and its slot says so: from here on the tables are all that it holds.
    private var isSettledOnTables: Bool { journal.isEmpty && reclaim.replay == nil && stateWriter.isIdle }

    mutating func advanceContent(_ source: inout SourceCapture) {
        guard phase == .comparing, content != nil, isSettledOnTables else { return }
        content!.readAhead(into: &batch)
        if content!.isFinished, taker.part == nil { endComparison(&source) }
    }

    /// What it wants of a window while it is compared.
    mutating func comparisonWish() -> Wish {
        guard content?.wantsWindow == true else { return .nothing }
        return content?.wantsFold == true ? .changes : .images
    }

    mutating func applyContent(_ number: Int, _ result: CopyCompletion.Result) {
        guard content != nil else { return }
        if let failure = failure(result) { return loseCopy(failure) }
        deadlines.noteProgress(at: now)
        content!.noteRead(number)
    }

    /// What was compared in the window holds.
    mutating func closeComparison() {
        taker.finish()
        content!.closeWindow(into: &taker.missed)
        area.replicator[.bulkPagesDone].store(UInt64(content!.pagesDone))
        deadlines.noteProgress(at: now)
    }

    /// All that differs is missed. One cut brings it, of records of whatever epoch; if that is too large for the
    /// journal, a bulk copy of these pages.
    private mutating func endComparison(_ source: inout SourceCapture) {
        guard let compared = content else { return }
        let isPromotable = found != nil
        // Another line's numbers say nothing beside ours. Its own cuts are gone on with, so that one that is cut off
        // behind the next is still the whole state that it was.
        let isAnothers = found.map { $0.generation != ours.generation } ?? false
        restartJournal(afterCut: isAnothers ? source.numbers.last : journal.end.cut)
        content = nil
        count(.pagesDifferent, compared.pagesDifferent)
        if compared.bytesDifferent > area.layout.journalBytes / 4 * 3 {
            return beginSync(reason, .missed, promotable: isPromotable, &source)
        }
        shipsEverything = true
        count(.returnsByContent)
        move(to: .settling(from: source.numbers.next), reason)
    }
}
