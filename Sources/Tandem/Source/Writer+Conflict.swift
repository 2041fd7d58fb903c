internal import CTandemLayout
internal import Glibc
internal import TandemCore
internal import TandemTypes
internal import TandemSystem

/// What becomes of a transaction whose record another one holds: off the fast path.
extension Writer {
    /// How long a record may stay locked by a live writer that gets nothing done: ten thousand transactions' time.
    private static let patience: UInt64 = 1_000_000_000
    /// Tries between two looks at the clock and at the holder.
    private static let triesBetweenLooks = 32

    /// Waits a while, longer from try to try, and finds out what has become of the holder.
    ///
    /// - Throws: `.heldByThisThread`, `.recordDamaged`, `.recordInUse`: trying again would not help.
    mutating func backOff(_ attempt: Int) throws(TandemError) {
        guard let blocked = Blocked(transaction.log) else { return try awaitRoom(attempt) }
        // At once: this thread would wait for itself.
        if isHeldByThisThread(blocked) { throw refusal(.heldByThisThread, blocked) }
        pause(attempt)
        guard attempt % Self.triesBetweenLooks == 0 else { return }
        let now = MonotonicClock.now()
        if attempt == Self.triesBetweenLooks { blockedSince = now }
        let view = TableView(layout: source.layout.tables[blocked.table], memory: source.memory)
        if view.isLockDamaged(blocked.index) { throw refusal(.recordDamaged, blocked) }
        if now &- blockedSince >= Self.patience { throw refusal(.recordInUse, blocked, after: now &- blockedSince) }
        // Nobody holds a record that long who is running: dead, or not scheduled.
        if try source.reviveWriter(blocked.holder) { return }
        if attempt < 128 { sched_yield() } else { usleep(100) }
    }

    /// The next try abandons what the room is kept for, and takes back what writers do not use: then there is some, but
    /// for what others' transactions hold at this moment.
    private mutating func awaitRoom(_ attempt: Int) throws(TandemError) {
        pause(attempt)
        guard attempt % Self.triesBetweenLooks == 0 else { return }
        let now = MonotonicClock.now()
        if attempt == Self.triesBetweenLooks { blockedSince = now }
        if now &- blockedSince >= Self.patience { throw transaction.log.tooLarge }
        sched_yield()
    }

    /// Longer and unlike the other's, so that two that met once do not meet for ever.
    private func pause(_ attempt: Int) {
        let pauses = (1 << min(attempt, 8)) * (1 + (slot * 7 + attempt) % 5)
        for _ in 0 ..< pauses { SpinHint.pause() }
    }

    private func isHeldByThisThread(_ blocked: Blocked) -> Bool {
        guard blocked.holder < source.layout.writerCount else { return false }
        let holder = source.memory.writer(blocked.holder)
        return holder.isBusy(onThread: tandem_this_thread(), ofProcess: UInt64(getpid()))
    }

    private func refusal(_ code: TandemError.Code, _ blocked: Blocked, after nanoseconds: UInt64 = 0) -> TandemError {
        let table = source.layout.definitions[blocked.table]
        let process =
            blocked.holder < source.layout.writerCount ? source.memory.writer(blocked.holder).summary.process : 0
        let holder = "writer slot \(blocked.holder)" + (process == 0 ? "" : " (process \(process))")
        let (problem, remedy) =
            switch code {
            case .heldByThisThread:
                (
                    "another writer of this thread, \(holder), holds it and cannot go on while this one waits",
                    "Change all that belongs together in one transaction of one writer"
                )
            case .recordDamaged:
                (
                    "it is locked by \(holder), which has no transaction: somebody has written over the memory",
                    "Nobody will unlock it: find the program that did it, and take over with the copy"
                )
            default:
                (
                    "it has stayed locked by \(holder), which lives, for \(seconds(nanoseconds)) s",
                    advice(table.sharing)
                )
            }
        return TandemError(
            code, UInt64(blocked.table), UInt64(blocked.index), "record \(blocked.index) of table '\(table.name)'",
            problem, remedy: remedy)
    }

    private func advice(_ sharing: Sharing) -> String {
        switch sharing {
        case .partitioned:
            "Let one writer at a time change a record of a partitioned table, or create the table as a shared one"
        case .shared: "End transactions quickly: nothing that waits belongs inside one; see what that process does"
        }
    }

    /// With one decimal.
    private func seconds(_ nanoseconds: UInt64) -> String {
        let tenths = nanoseconds / 100_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// The record that the last conflict was about, and who held it.
private struct Blocked {
    let table: Int
    let index: Int
    /// Number of a slot, if there is such a one.
    let holder: Int

    /// Nil when it was no record that was refused, but room in the undo log.
    init?(_ log: borrowing WriterLog) {
        guard log.blocker > 0 else { return nil }
        (table, index) = log.blocked
        holder = Int(log.blocker) - 1
    }
}
