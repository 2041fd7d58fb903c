/// What is shown of the engine.
extension ReplicationEngine {
    mutating func publish() {
        area.replicator[.heartbeat].store(now)
        guard now &- lastPublish >= 100_000_000 else { return }
        lastPublish = now
        // Counting bits of a 64 GiB source takes 100 µs; ten times a second is often enough for eyes, and not at all
        // while nothing happens.
        if isCountOld {
            isCountOld = false
            area.replicator[.owedPages].store(UInt64(area.owed.count))
            area.replicator[.missedPages].store(UInt64(area.missed.count))
        }
        area.replicator[.bulkPagesDone].store(UInt64(bulk.pagesDone))
        area.replicator[.journalUsed].store(UInt64(updates.encoder.used))
        area.replicator[.rebuilding].store(life.rebuilding ? 1 : 0)
        area.replicator[.state].store(shown.state.rawValue)
        if shown.state == .syncing { publishOutlook() }
    }

    /// What is known of one outage says nothing of the next.
    mutating func forgetOutlook() {
        convergence = Convergence()
        area.replicator[.verdict].store(SyncVerdict.unknown.rawValue)
    }

    private mutating func publishOutlook() {
        let block = area.replicator
        let left = max(0, Int(clamping: block[.bulkPagesTotal].load()) - bulk.pagesDone)
        let outlook = convergence.assess(
            at: now, pagesDone: bulk.pagesDone, pagesLeft: phase == .bulkCopying ? left : 0,
            isDirty: updates.mayBeDirty, descriptor: bulk.lowWater, pageCount: area.layout.pageCount,
            journalBytes: area.layout.journalBytes)
        block[.syncIn].store(outlook.nanoseconds)
        block[.dirtying].store(outlook.dirtying)
        block[.copying].store(outlook.copying)
        block[.verdict].store(outlook.verdict.rawValue)
    }
}
