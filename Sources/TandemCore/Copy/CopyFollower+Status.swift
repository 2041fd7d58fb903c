/// What is shown of the engine.
extension CopyFollower {
    mutating func publish(_ source: inout SourceCapture) {
        guard status.beat(at: now) else { return }
        status.publish(
            StatusPublisher.Gauges(
                pagesDone: bulk.pagesDone, journalUsed: journal.used,
                isRebuilding: isBeside))
        if status.shown.state == .syncing { publishOutlook(&source) }
    }

    private mutating func publishOutlook(_ source: inout SourceCapture) {
        let done = bulk.pagesDone
        let left = max(0, Int(clamping: area.replicator[.bulkPagesTotal].load()) - done)
        // What changes while it is made in one window comes when it is in sync.
        let isDirty = bulk.onlyWindow == nil && mayLack(&source)
        let outlook = status.outlook.assess(
            at: now, pagesDone: done, pagesLeft: phase == .bulkCopying ? left : 0,
            isDirty: isDirty, descriptor: bulk.descriptor, pageCount: area.layout.pageCount,
            journalBytes: area.layout.journalBytes)
        status.publish(outlook)
    }
}
