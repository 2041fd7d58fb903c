import Glibc
import Synchronization
import TandemCore
import TestSupport

/// Writers, a reader and the replicator, each on a thread of its own, over one mapping. A writer now and then dies in
/// the middle of a transaction and is recovered by the replicator's thread.
///
/// Every transaction gives one value to a call of the writer's own and to a trunk that all share.
final class Roles: Sendable {
    /// Whose hands a writer's slot is in. What a lock on the slot's byte does between processes.
    private enum Holder { static let writer = 0, nobody = 1 }

    struct Outcome {
        var commits = 0, conflicts = 0, deaths = 0, reads = 0, acknowledged = 0
        /// How often the copy got in sync.
        var syncs = 0
        var failures: [String] = []
    }

    let source: TestSource
    private let writerCount: Int
    private let options: EngineOptions
    private let holders: [SlotHolder]
    private let outcome = Mutex(Outcome())
    /// What a run has to have in it, at least once. Relaxed: it orders nothing, and so hides no race from the
    /// sanitizer.
    private let hasRead = Atomic(false), hasDied = Atomic(false), isAcknowledged = Atomic(false)

    private final class SlotHolder: Sendable {
        let value = Atomic(Holder.writer)
    }

    init(writerCount: Int, options: EngineOptions = EngineOptions()) {
        source = .small(undoBytes: 96 << 10, undoSegmentBytes: 4 << 10)
        self.writerCount = writerCount
        self.options = options
        holders = (0 ..< writerCount).map { _ in SlotHolder() }
    }

    /// Runs everybody for `seconds`, then brings the copy up to date and returns it with what happened.
    ///
    /// A machine so slow that nobody has died or been acknowledged by then, or the copy got in sync too seldom, gets up
    /// to a minute.
    ///
    /// - Parameter isPresent: whether the copy is there at the n-th poll.
    func run(
        seconds: Double, syncsMin: Int = 1, isPresent: @escaping @Sendable (_ poll: Int) -> Bool = { _ in true }
    ) throws -> (Outcome, RecoveredCopy?) {
        let bench = EngineHarness(source, options)
        bench.driver.mayRecover = { [holders] in holders[$0].value.load(ordering: .acquiring) == Holder.nobody }
        bench.driver.didRecover = { [holders] in holders[$0].value.store(Holder.writer, ordering: .releasing) }
        let writers = (0 ..< writerCount).map { number in OwnThread { self.write(as: number, until: $0) } }
        let reader = OwnThread { self.read(until: $0) }
        let start = Self.now
        var polls = 0, syncs = 0
        while Self.now < start + (hasHappened && syncs >= syncsMin ? seconds : 60) {
            bench.driver.isPresent = isPresent(polls)
            polls += 1
            let wasInSync = bench.engine.phase == .inSync
            bench.poll(after: 100_000)
            if !wasInSync, bench.engine.phase == .inSync { syncs += 1 }
        }
        outcome.withLock { $0.syncs = syncs }
        for thread in writers + [reader] { thread.stop() }
        bench.driver.isPresent = true
        // Who died last is recovered like the others.
        let everybodyLives = { self.holders.allSatisfy { $0.value.load(ordering: .acquiring) == Holder.writer } }
        guard bench.poll(until: everybodyLives), bench.sync(), bench.settle() else {
            return (outcome.withLock { $0 }, nil)
        }
        return (outcome.withLock { $0 }, try bench.recovered())
    }

    private var hasHappened: Bool {
        hasRead.load(ordering: .relaxed) && hasDied.load(ordering: .relaxed) && isAcknowledged.load(ordering: .relaxed)
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func commit(_ transaction: inout WriterLog, _ mine: inout Outcome) {
        do throws(TandemError) {
            try transaction.commit()
            mine.commits += 1
        } catch {
            mine.failures.append("\(error)")
            transaction.rollBack()
        }
    }

    private func write(as number: Int, until thread: OwnThread) {
        var random = SeededRandom(seed: UInt64(number))
        var transaction = source.writer(number)
        var mine = Outcome()
        while !thread.isStopping {
            let value = UInt64(number) << 32 | UInt64(mine.commits + 1)
            do throws(TandemError) {
                try transaction.begin()
                try transaction.fill(
                    source.view(0), number + writerCount * Int.random(in: 0 ..< 50, using: &random), value)
                try transaction.fill(source.view(1), Int.random(in: 0 ..< 8, using: &random), value)
            } catch {
                if error.code != .conflict { mine.failures.append("\(error)") }
                transaction.rollBack()
                mine.conflicts += 1
                continue
            }
            switch Int.random(in: 0 ..< 400, using: &random) {
            case 0:
                holders[number].value.store(Holder.nobody, ordering: .releasing)
                while holders[number].value.load(ordering: .acquiring) == Holder.nobody, !thread.isStopping {
                    usleep(50)
                }
                guard !thread.isStopping else { continue }
                transaction = source.writer(number)
                mine.deaths += 1
                hasDied.store(true, ordering: .relaxed)
            case 1 ..< 8: transaction.rollBack()
            case 8 ..< 12:
                commit(&transaction, &mine)
                let epoch = transaction.lastCommitEpoch
                while source.area.committed.load() < epoch, !thread.isStopping { usleep(50) }
                guard !thread.isStopping else { continue }
                mine.acknowledged += 1
                isAcknowledged.store(true, ordering: .relaxed)
            default: commit(&transaction, &mine)
            }
        }
        finish(mine)
    }

    private func read(until thread: OwnThread) {
        var random = SeededRandom(seed: 99)
        var mine = Outcome()
        while !thread.isStopping {
            let table = Int.random(in: 0 ..< 2, using: &random)
            let index = Int.random(in: 0 ..< (table == 0 ? 100 : 8), using: &random)
            do {
                let words = try source.read(table, index)
                mine.reads += 1
                hasRead.store(true, ordering: .relaxed)
                if Set(words).count != 1 {
                    mine.failures.append("record \(index) of table \(table) is torn: \(Set(words))")
                }
            } catch { mine.failures.append("\(error)") }
        }
        finish(mine)
    }

    private func finish(_ mine: Outcome) {
        outcome.withLock {
            $0.commits += mine.commits
            $0.conflicts += mine.conflicts
            $0.deaths += mine.deaths
            $0.reads += mine.reads
            $0.acknowledged += mine.acknowledged
            $0.failures += mine.failures.prefix(5)
        }
    }
}
