/// Undo room that its writer does not use: who needs it takes it.
extension SourceMemory {
    /// Frees up to `limit` segments of writers that have no transaction, where no capture can want what is in them.
    /// Returns whether there were any.
    func takeBackRoom(for writer: Int, limit: Int) -> Bool {
        var left = limit
        for other in 0 ..< writerCount where other != writer && left > 0 { left -= takeBackRoom(from: other, left) }
        return left < limit
    }

    /// Bad: a writer is about to begin, and goes on in its last segment, which has just become another's.
    ///
    /// Where anything stands behind its home, a writer begins by exchanging its home's word for one that is stamped
    /// with the transaction's number, before it says *active*. So with the stamp and an idle status of the same number
    /// it has begun nothing since; of the exchanges that follow, its own and this one's, the first makes the other
    /// fail.
    private func takeBackRoom(from writer: Int, _ limit: Int) -> Int {
        let slot = self.writer(writer)
        // Acquire, each: the stamp, then the status, then E. Read in this order the epochs of all its commits are
        // known when E is read.
        var home = SegmentWord(word: pool.word(writer).loadAcquiring())
        guard home.next != nil else { return 0 }
        let status = WriterStatus(word: slot.status.loadAcquiring())
        guard status.state == WriterStatus.idle, home.isStamped(status.number), !isWanted(slot) else { return 0 }
        var freed = 0
        while freed < limit, home.next != nil, let rest = pool.free(behind: home, of: writer, stamp: status.number) {
            home = rest
            freed += 1
        }
        return freed
    }

    /// Whether a capture can want an entry of this writer, which has no transaction.
    ///
    /// Those of cut e want entries of transactions that have committed with e + 1 or later. E is e + 1 then, or larger.
    func isWanted(_ slot: WriterSlot) -> Bool {
        // Acquire: E before captured, as in `WriterLog.begin`.
        let epoch = control(ControlOffset.epoch).loadAcquiring()
        return isCaptureRunning(at: epoch) && slot.commitEpoch.load() >= epoch
    }

    /// Whether a capture runs that can come to anything. `epoch` was read before.
    func isCaptureRunning(at epoch: UInt64) -> Bool {
        epoch != control(ControlOffset.captured).load() &+ 1
            && control(ControlOffset.abandoned).load() != epoch &- 1
    }

    /// Whether its home's stamp is of a transaction that the writer has not begun: it died in between, and nobody can
    /// take back what it has.
    func isRoomUnsettled(of writer: Int) -> Bool {
        let home = SegmentWord(word: pool.word(writer).load())
        let status = WriterStatus(word: self.writer(writer).status.load())
        return home.next != nil && status.state == WriterStatus.idle && !home.isStamped(status.number)
    }

    /// Puts right what a dead writer has left of its room. The caller holds the slot's lock; the slot is idle.
    ///
    /// Its stamp becomes that of its last transaction, so that what it has can be taken back; what it had claimed and
    /// not linked, or somebody had unlinked and not freed, becomes free.
    func settleRoom(of writer: Int) {
        let number = WriterStatus(word: self.writer(writer).status.load()).number
        let word = pool.word(writer)
        while true {
            let home = SegmentWord(word: word.load())
            // Others only ever take away, so that the exchange comes to an end.
            if home.next == nil || word.compareExchange(home.word, home.stamped(number).word) { break }
        }
        // Looked for before the chain is: what is unlinked meanwhile is freed by who unlinks it.
        let claimed = (writerCount ..< pool.segmentCount).filter { pool.isClaimed($0, by: writer) }
        if claimed.isEmpty { return }
        let chained = Set(pool.chain(of: writer))
        for segment in claimed where !chained.contains(segment) {
            let word = pool.word(segment)
            let found = word.load()
            // By exchange: whoever unlinked it may be freeing it, and it may have a new owner.
            if SegmentWord(word: found).writer == writer { _ = word.compareExchange(found, 0) }
        }
    }
}
