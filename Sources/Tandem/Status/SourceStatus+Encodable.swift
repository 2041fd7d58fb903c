/// Every key is always there: a program that reads a status need not know which of them happen to be known. `null`
/// stands for what is not.
extension SourceStatus {
    private enum CodingKeys: String, CodingKey {
        case path, generation, state, reason, copyPath, driver, isReplicatorAlive, replicatorProcess, readAt
        case secondsInState, epoch, cut, ageMicroseconds, behind, slowdownMicroseconds, pageCount, dirtyPages,
            owedPages, missedPages
        case bulkPagesTotal, bulkPagesDone, bulkSeconds, outlook, journalUsedBytes, journalBytes, journalBytesWanted
        case undoBytes, undoBytesWanted, isRebuildingBeside, lastDamagedPage, secondsSinceScrub
        case isSuperseded, handingOverTo, tables, writers, counters, copies
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(path, forKey: .path)
        try keys.encode(generation, forKey: .generation)
        try keys.encode(state, forKey: .state)
        try keys.encode(reason, forKey: .reason)
        try keys.encode(copyPath.isEmpty ? nil : copyPath, forKey: .copyPath)
        try keys.encode(driver.isEmpty ? nil : driver, forKey: .driver)
        try keys.encode(isReplicatorAlive, forKey: .isReplicatorAlive)
        try keys.encode(replicatorProcess == 0 ? nil : replicatorProcess, forKey: .replicatorProcess)
        try keys.encode(readAt, forKey: .readAt)
        // Without a replicator, ever, there is no state to be in.
        try keys.encode(driver.isEmpty ? nil : secondsInState, forKey: .secondsInState)
        try keys.encode(epoch, forKey: .epoch)
        try keys.encode(cut, forKey: .cut)
        try keys.encode(ageMicroseconds, forKey: .ageMicroseconds)
        try keys.encode(behind, forKey: .behind)
        try keys.encode(slowdownMicroseconds, forKey: .slowdownMicroseconds)
        try keys.encode(pageCount, forKey: .pageCount)
        try keys.encode(dirtyPages, forKey: .dirtyPages)
        try keys.encode(owedPages, forKey: .owedPages)
        try keys.encode(missedPages, forKey: .missedPages)
        try keys.encode(bulkPagesTotal, forKey: .bulkPagesTotal)
        try keys.encode(bulkPagesDone, forKey: .bulkPagesDone)
        try keys.encode(bulkPagesTotal == 0 ? nil : bulkSeconds, forKey: .bulkSeconds)
        try keys.encode(outlook, forKey: .outlook)
        try keys.encode(journalUsedBytes, forKey: .journalUsedBytes)
        try keys.encode(journalBytes, forKey: .journalBytes)
        try keys.encode(journalBytesWanted, forKey: .journalBytesWanted)
        try keys.encode(lastDamagedPage, forKey: .lastDamagedPage)
        try keys.encode(secondsSinceScrub, forKey: .secondsSinceScrub)
        try keys.encode(undoBytes, forKey: .undoBytes)
        try keys.encode(undoBytesWanted, forKey: .undoBytesWanted)
        try keys.encode(isRebuildingBeside, forKey: .isRebuildingBeside)
        try keys.encode(isSuperseded, forKey: .isSuperseded)
        try keys.encode(handingOverTo, forKey: .handingOverTo)
        try keys.encode(tables, forKey: .tables)
        try keys.encode(writers, forKey: .writers)
        try keys.encode(counters, forKey: .counters)
        try keys.encode(copies, forKey: .copies)
    }
}

extension SourceStatus.Outlook {
    private enum CodingKeys: CodingKey { case verdict, secondsLeft, dirtyingBytesPerSecond, copyingBytesPerSecond }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode("\(verdict)", forKey: .verdict)
        try keys.encode(secondsLeft, forKey: .secondsLeft)
        try keys.encode(dirtyingBytesPerSecond, forKey: .dirtyingBytesPerSecond)
        try keys.encode(copyingBytesPerSecond, forKey: .copyingBytesPerSecond)
    }
}

extension SourceStatus.Table {
    private enum CodingKeys: CodingKey { case name, capacity, payloadBytes, sharing, descriptor }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(name, forKey: .name)
        try keys.encode(capacity, forKey: .capacity)
        try keys.encode(payloadBytes, forKey: .payloadBytes)
        try keys.encode("\(sharing)", forKey: .sharing)
        try keys.encode(descriptor, forKey: .descriptor)
    }
}
