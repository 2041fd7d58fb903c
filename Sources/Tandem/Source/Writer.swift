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
    private let source: SourceDataFile
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

    /// As `transaction`, and then waits until the cut that holds it is whole on the copy.
    ///
    /// - Parameter deadline: how long to wait, from the commit on.
    /// - Throws: also `.notReplicatedInTime`. Then the transaction *is* committed here and stays so; whether it is on
    ///   the copy is not known. It travels with a later cut.
    @discardableResult
    public mutating func transaction<Result>(
        replicatedWithin deadline: Duration, _ body: (inout Transaction) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        let result = try transaction(body)
        try waitUntilReplicated(within: deadline)
        return result
    }

    /// Epoch of this writer's last commit; it is on the copy when the copy's cut is not below it. 0 before the first.
    public var lastCommitEpoch: UInt64 { transaction.log.lastCommitEpoch }

    /// Whether this writer's last commit is whole on the copy.
    public var isLastCommitReplicated: Bool { source.area.committed.loadAcquiring() >= lastCommitEpoch }

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

    private mutating func waitUntilReplicated(within deadline: Duration) throws(TandemError) {
        let area = source.area
        let epoch = transaction.log.lastCommitEpoch
        let (seconds, attoseconds) = deadline.components
        let nanoseconds = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let wait =
            nanoseconds.overflow ? .max : nanoseconds.partialValue &+ UInt64(clamping: attoseconds / 1_000_000_000)
        let start = MonotonicClock.now()
        // Said before `committed` is looked at, so that the replicator either sees us or has moved it already.
        area.waiters.add(1)
        // A replicator that sleeps because there has been nothing to do sleeps on this word.
        _ = Futex.wakeAll(word: source.memory.base + source.layout.runtime.control + ControlOffset.waiters)
        defer { area.waiters.add(.max) }
        while true {
            let committed = area.committed.loadAcquiring()
            if committed >= epoch { return }
            let passed = MonotonicClock.now() &- start
            guard passed < wait else { throw TandemError(.notReplicatedInTime, epoch) }
            _ = Futex.wait(
                word: source.memory.base + source.layout.runtime.control + ControlOffset.committed,
                whileLow32Equals: UInt32(truncatingIfNeeded: committed), nanoseconds: min(wait - passed, 50_000_000))
        }
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
