public import CTandemLayout
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
    /// The lock's: a forked child must not keep it open.
    package var lockDescriptor: Int32 { lock.descriptor }
    let slot: Int
    /// When the conflict began that is being waited out; of no meaning outside of one.
    var blockedSince: UInt64 = 0

    init(source: SourceDataFile, slot: Int, lock: SlotLock) {
        self.source = source
        self.slot = slot
        self.lock = lock
        transaction = Transaction(
            WriterLog(memory: source.memory, writer: slot, clock: MonotonicClock.read))
    }

    /// Runs `body` as one transaction: all of its changes or none.
    ///
    /// On a conflict everything is put back and `body` runs again, so it should do nothing else than reading and
    /// changing records. When it throws, everything is put back and the error passed on.
    ///
    /// - Returns: what `body` returns, of the run that committed.
    /// - Throws: what `body` throws; `.transactionTooLarge`; `.recordInUse` when a record has stayed locked by a live
    ///   writer for a second; `.heldByThisThread` at once when it is another writer of this thread that holds it;
    ///   `.recordDamaged` when nobody does; `.handingOver` while the source is handed over to a copy, and `.superseded`
    ///   when a promoted copy has taken over.
    /// - Complexity: what `body` takes, and O(records changed).
    @inlinable @discardableResult
    public mutating func transaction<Result>(
        _ body: (inout Transaction) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        var attempt = 0
        while true {
            transaction.log.slot.noteThread(tandem_this_thread())
            try transaction.log.begin()
            var failure = TandemError(.conflict)
            do throws(TandemError) {
                let result = try body(&transaction)
                if transaction.log.canCommit {
                    try transaction.log.commit()
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
        if isTooLarge { throw transaction.log.tooLarge }
        guard isDoomed else { throw failure }
        attempt += 1
        try backOff(attempt)
    }

    deinit { source.forgetWriter(slot) }
}

extension SourceDataFile {
    /// Registers the calling thread's writer: the first slot whose lock is free. A slot whose writer died is recovered
    /// first.
    ///
    /// - Throws: `.noWriterSlot` when all are held by living writers; `.superseded` when the file has been made a copy
    ///   since it was opened.
    /// - Complexity: O(slots), a system call each.
    public func makeWriter() throws(TandemError) -> Writer {
        for slot in 0 ..< layout.writerCount {
            guard let lock = try SlotLock.tryAcquire(file: file, byte: lockByte(slot)) else { continue }
            // Before a word is written: a dead writer's undo log is no business of a copy's.
            try checkLife()
            WriterRecovery.recover(slot: slot, in: memory, layout: layout)
            let words = memory.writer(slot)
            words.setOwner(process: UInt64(getpid()), thread: CurrentThread.number)
            return Writer(source: self, slot: slot, lock: lock)
        }
        throw TandemError(
            .noWriterSlot, path, "all \(layout.writerCount) writer slots are held by running writers: \(slotHolders)",
            remedy: "End some of them, or create the source with more slots")
    }

    /// Who holds the slots, as each has said: `process 7 has 3, process 9 has 1`.
    private var slotHolders: String {
        var slots: [UInt64: Int] = [:]
        for slot in 0 ..< layout.writerCount { slots[memory.writer(slot).summary.process, default: 0] += 1 }
        return slots.sorted { $0.key < $1.key }
            .map { process, count in process == 0 ? "\(count) do not say whose" : "process \(process) has \(count)" }
            .joined(separator: ", ")
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
