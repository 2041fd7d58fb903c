/// What is shown of the engine.
extension ReplicationEngine {
    mutating func publish() {
        guard follower.status.beat(at: now) else { return }
        follower.status.publish(
            StatusPublisher.Gauges(
                pagesDone: follower.bulk.pagesDone, journalUsed: follower.journal.used,
                isRebuilding: follower.isBeside))
        if follower.status.shown.state == .syncing { publishOutlook() }
    }

    private mutating func publishOutlook() {
        let done = follower.bulk.pagesDone
        let left = max(0, Int(clamping: area.replicator[.bulkPagesTotal].load()) - done)
        let isDirty = source.mayBeDirty
        let outlook = follower.status.outlook.assess(
            at: now, pagesDone: done, pagesLeft: phase == .bulkCopying ? left : 0,
            isDirty: isDirty, descriptor: follower.bulk.descriptor, pageCount: area.layout.pageCount,
            journalBytes: area.layout.journalBytes)
        follower.status.publish(outlook)
    }
}
