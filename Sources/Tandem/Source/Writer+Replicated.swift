internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// Commits that wait for copies.
extension Writer {
    /// As `transaction`, and then waits until the cut that holds it is whole on so many copies.
    ///
    /// - Parameters:
    ///   - deadline: how long to wait, from the commit on.
    ///   - copies: how many must have it; those that the source knows, there or not, are the most.
    /// - Throws: also `.notReplicatedInTime`. Then the transaction *is* committed here and stays so; whether it is on
    ///   the copies is not known. It travels with a later cut. And `.badArgument`, before anything is done, for more
    ///   copies than the source knows.
    @discardableResult
    public mutating func transaction<Result>(
        replicatedWithin deadline: Duration, by copies: Int = 1,
        _ body: (inout Transaction) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        try check(copies: copies)
        let result = try transaction(body)
        try waitUntilReplicated(within: deadline, by: copies)
        return result
    }

    /// Epoch of this writer's last commit; it is on a copy when the copy's cut is not below it. 0 before the first.
    public var lastCommitEpoch: UInt64 { transaction.log.lastCommitEpoch }

    /// Whether this writer's last commit is whole on a copy.
    public var isLastCommitReplicated: Bool { source.area.committed.loadAcquiring() >= lastCommitEpoch }

    /// Waits until the last commit is whole on so many copies.
    package mutating func waitUntilReplicated(within deadline: Duration, by copies: Int = 1) throws(TandemError) {
        let area = source.area
        let epoch = lastCommitEpoch
        let start = MonotonicClock.now()
        askForCut(epoch)
        let isThere = { copies == 1 ? area.committed.loadAcquiring() >= epoch : area.holders(of: epoch) >= copies }
        if spin.wait(from: start, until: isThere) { return }
        let limit = deadline.nanoseconds
        // Said before `committed` is looked at, by this and by the kernel: the replicator moves `committed`, then looks
        // here, so it sees us or we see what it has moved.
        area.waiters.add(1)
        defer { area.waiters.add(.max) }
        while true {
            let told = area.told.loadAcquiring()
            if isThere() { return }
            let passed = MonotonicClock.now() &- start
            guard passed < limit else { throw TandemError(.notReplicatedInTime, epoch) }
            _ = Futex.wait(
                word: source.memory.base + source.layout.runtime.control + ControlOffset.told,
                whileLow32Equals: UInt32(truncatingIfNeeded: told), nanoseconds: min(limit - passed, 50_000_000))
            // Once more, as a scribbled word may have hidden it.
            askForCut(epoch)
        }
    }

    /// Refuses to wait for more copies than there can be.
    package func check(copies: Int) throws(TandemError) {
        // Usual, and not refused before the first copy is known either.
        if copies == 1 { return }
        let known = source.area.knownCopies
        guard (1 ... max(known, 1)).contains(copies) else {
            throw TandemError(
                .badArgument, "copies", "\(copies) are asked for, and \(source.path) knows \(known)",
                remedy: "Ask for 1 to \(max(known, 1))")
        }
    }

    /// Tells the replicator which epoch is waited for, and ends its nap: it sleeps on this word.
    private func askForCut(_ epoch: UInt64) {
        guard source.area.raiseWanted(to: epoch) else { return }
        _ = Futex.wakeAll(word: source.memory.base + source.layout.runtime.control + ControlOffset.wanted)
    }
}

/// How long a commit looks at `committed` before it sleeps: a cut to a copy in memory takes less than falling asleep
/// and being woken does.
///
/// It learns: where the copy takes longer, as one that is flushed does, looking is a processor that the replicator may
/// want.
struct ReplicationSpin {
    /// Three cuts to a copy in memory, one processor each for writer and replicator.
    static let most: UInt64 = 40_000
    static let least: UInt64 = 1_000
    private(set) var limit = most

    /// True when `isDone` said so in time.
    mutating func wait(from start: UInt64, until isDone: () -> Bool) -> Bool {
        while true {
            for _ in 0 ..< 8 {
                if isDone() {
                    limit = min(limit * 2, Self.most)
                    return true
                }
                SpinHint.pause()
            }
            guard MonotonicClock.now() &- start < limit else { break }
        }
        limit = max(limit / 2, Self.least)
        return false
    }
}
