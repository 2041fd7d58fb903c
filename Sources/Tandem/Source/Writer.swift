public import TandemCore
public import TandemTypes
internal import Glibc
internal import TandemSystem

/// One thread's registered handle for writing.
///
/// Holds a slot of the source, found free by the lock on it, which the kernel releases if the process dies. Make one
/// per thread, early, and keep it: registering costs system calls, writing none.
///
/// *Threads:* one at a time. *Crash:* the slot's transaction is rolled back, or forward if it had committed, by the
/// replicator, by the next writer that needs the slot, or by one that waits for a record.
public struct Writer: ~Copyable {
    @usableFromInline var transaction: Transaction
    let source: SourceDataFile
    /// How this writer waits for the copy.
    var spin = ReplicationSpin()
    private let lock: SlotLock
    private let slot: Int

    init(source: SourceDataFile, slot: Int, lock: SlotLock) {
        self.source = source
        self.slot = slot
        self.lock = lock
        transaction = Transaction(
            WriterLog(memory: source.memory, writer: slot, fenced: source.fenced, nap: { usleep(50) }))
    }

    /// Runs `body` as one transaction: all of its changes or none.
    ///
    /// On a conflict everything is put back and `body` runs again, so it should do nothing else than reading and
    /// changing records. When it throws, everything is put back and the error passed on.
    ///
    /// - Returns: what `body` returns, of the run that committed.
    /// - Throws: what `body` throws; `.transactionTooLarge`; `.recordInUse` when a record stays locked by a live writer
    ///   for seconds; `.superseded` when a promoted copy has taken over.
    @inlinable @discardableResult
    public mutating func transaction<Result>(
        _ body: (inout Transaction) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        var attempt = 0
        while true {
            try transaction.log.begin()
            var failure = TandemError(.conflict)
            do throws(TandemError) {
                let result = try body(&transaction)
                if transaction.log.canCommit {
                    transaction.log.commit()
                    return result
                }
            } catch {
                failure = error
            }
            try rollBack(after: failure, attempt: &attempt)
        }
    }

    // MARK: Off the fast path

    /// Puts everything back; returns when it makes sense to try again.
    @usableFromInline
    mutating func rollBack(after failure: TandemError, attempt: inout Int) throws(TandemError) {
        let isDoomed = !transaction.log.canCommit
        let isTooLarge = transaction.log.isTooLarge
        transaction.log.rollBack()
        if isTooLarge {
            throw TandemError(
                .transactionTooLarge, UInt64(source.layout.undoEntries), UInt64(source.layout.undoBytes))
        }
        guard isDoomed else { throw failure }
        attempt += 1
        try backOff(attempt, failure)
    }

    private mutating func backOff(_ attempt: Int, _ failure: TandemError) throws(TandemError) {
        // Longer and unlike the other's, so that two that met once do not meet for ever.
        let pauses = (1 << min(attempt, 8)) * (1 + (slot * 7 + attempt) % 5)
        for _ in 0 ..< pauses { SpinHint.pause() }
        guard attempt % 32 == 0, transaction.log.blocker > 0 else { return }
        // Also when the holder is dead every time: recovering it does not free a record that was scribbled on.
        if attempt > 30_000 { throw TandemError(.recordInUse, failure.first, failure.second) }
        // Nobody holds a record that long who is running: dead, or not scheduled.
        let holder = Int(transaction.log.blocker) - 1
        if holder != slot, holder < source.layout.writerCount, try source.reviveWriter(holder) { return }
        if attempt < 128 { sched_yield() } else { usleep(100) }
    }

    deinit { source.forgetWriter(slot) }
}

extension SourceDataFile {
    /// Registers the calling thread's writer: the first slot whose lock is free. A slot whose writer died is recovered
    /// first.
    ///
    /// - Throws: `.noWriterSlot` when all are held by living writers.
    /// - Complexity: O(slots), a system call each.
    public func makeWriter() throws(TandemError) -> Writer {
        for slot in 0 ..< layout.writerCount {
            guard let lock = try SlotLock.tryAcquire(file: file, byte: lockByte(slot)) else { continue }
            WriterRecovery.recover(slot: slot, in: memory, layout: layout)
            let words = memory.writer(slot)
            words.setOwner(process: UInt64(getpid()), thread: CurrentThread.number)
            return Writer(source: self, slot: slot, lock: lock)
        }
        throw TandemError(
            .noWriterSlot, path, "all \(layout.writerCount) writer slots are held by running writers",
            remedy: "End some, or create the source with more: --writers")
    }

    /// Recovers the slot if its writer is dead; false if it lives.
    package func reviveWriter(_ slot: Int) throws(TandemError) -> Bool {
        guard let lock = try SlotLock.tryAcquire(file: file, byte: lockByte(slot)) else { return false }
        defer { withExtendedLifetime(lock) {} }
        WriterRecovery.recover(slot: slot, in: memory, layout: layout)
        return true
    }

    package func lockByte(_ slot: Int) -> Int { layout.runtime.writers + slot * WriterOffset.stride }

    func forgetWriter(_ slot: Int) { memory.writer(slot).setOwner(process: 0, thread: 0) }
}
