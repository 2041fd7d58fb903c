/// What is shown of the engine.
extension ReplicationEngine {
    mutating func publish() {
        guard status.beat(at: now) else { return }
        status.publish(
            StatusPublisher.Gauges(
                pagesDone: bulk.pagesDone, journalUsed: updates.encoder.used, isRebuilding: isBeside))
        if status.shown.state == .syncing { publishOutlook() }
    }

    private mutating func publishOutlook() {
        let left = max(0, Int(clamping: area.replicator[.bulkPagesTotal].load()) - bulk.pagesDone)
        let isDirty = updates.mayBeDirty
        let outlook = status.outlook.assess(
            at: now, pagesDone: bulk.pagesDone, pagesLeft: phase == .bulkCopying ? left : 0,
            isDirty: isDirty, descriptor: bulk.lowWater, pageCount: area.layout.pageCount,
            journalBytes: area.layout.journalBytes)
        status.publish(outlook)
    }
}
