import CSimulation
import TandemCore

/// One writer process after another on one partition of the calls: each registers, runs transactions through the
/// production write API, and ends or is killed. What was in its hands when it is killed is told to the history by
/// `settle`.
final class WriterActor {
    private enum Step {
        case idle, changing, committing, rollingBack
        /// Committing still, but the history has it.
        case noted
    }

    private let world: World
    private let actor: Actor
    private let number: Int
    private let plan: Plan
    private var random: SeededRandom
    private(set) var left: Int
    private(set) var isSuperseded = false

    private var slot = -1
    private var step = Step.idle
    private var changes: [History.Change] = []
    private var saw: [History.Change] = []
    /// In the seeds that have a keyed table.
    private var keyed: KeyedWriter?

    init(_ world: World, _ number: Int, plan: Plan, random: SeededRandom) {
        self.world = world
        self.number = number
        self.plan = plan
        self.random = random
        actor = world.writers[number]
        keyed = KeyedWriter(world, number)
        left = plan.transactionsEach
    }

    func start(at time: UInt64) {
        actor.start(storeLimit: plan.storeLimit, at: time) { [unowned self] in live() }
    }

    /// So many transactions more.
    func start(at time: UInt64, transactions: Int) {
        left = transactions
        start(at: time)
    }

    private func live() {
        guard register() else { return }
        var transaction = WriterLog(memory: world.memory, writer: slot, clock: { tandem_now() })
        while left > 0, !world.isEnding, !isSuperseded, !actor.isGhost {
            left -= 1
            run(&transaction)
            if plan.thinkMean > 0 { actor.sleep(until: tandem_now() + random.around(plan.thinkMean)) }
        }
        guard !actor.isGhost else { return }
        // What it stored is there before its lock is gone.
        tandem_drain(actor.fiber, actor.fiber.pointee.count)
        world.unlockSlots(of: number)
    }

    /// The first slot whose lock is free, its last writer's transaction recovered; as `SourceDataFile.makeWriter`.
    private func register() -> Bool {
        while !actor.isGhost, !world.isEnding {
            for free in 0 ..< world.layout.writerCount where world.lock(free, by: number) {
                slot = free
                WriterRecovery.recover(slot: free, in: world.memory, layout: world.layout)
                return !actor.isGhost
            }
            actor.sleep(until: tandem_now() + 1000)
        }
        return false
    }

    // MARK: A transaction, tried until it goes through, as Writer.transaction does

    private func run(_ transaction: inout WriterLog) {
        let shape = TransactionPlan(random: &random, number: number, plan: plan, layout: world.layout)
        let steps = keyed?.plan(&random) ?? []
        for attempt in 1 ... 10_000 {
            guard !actor.isGhost, !world.isEnding else { return }
            changes.removeAll(keepingCapacity: true)
            saw.removeAll(keepingCapacity: true)
            keyed?.begin()
            do throws(TandemError) {
                try transaction.begin()
                step = .changing
                try change(shape, &transaction)
                if !actor.isGhost { try keyed?.change(steps, &transaction) }
                if shape.aborts { throw TandemError.abort() }
                if transaction.canCommit { return try commit(&transaction) }
            } catch {
                if step == .committing { withdraw(&transaction) }
                if error.code == .superseded {
                    isSuperseded = true
                    return
                }
                if error.code == .handingOver {
                    actor.sleep(until: tandem_now() + 500)
                    continue
                }
            }
            let isDoomed = !transaction.canCommit
            let isTooLarge = transaction.isTooLarge
            step = .rollingBack
            transaction.rollBack()
            step = .idle
            if isTooLarge || !isDoomed || actor.isGhost { return }
            backOff(attempt, transaction.blocker)
        }
        if !actor.isGhost, !world.isEnding { world.violated("writer \(number) tried a transaction 10,000 times") }
    }

    private func commit(_ transaction: inout WriterLog) throws(TandemError) {
        step = .committing
        keyed?.beginCommit()
        try transaction.commit()
        guard !actor.isGhost else { return }
        keyed?.endCommit()
        // Before the look, as this is a step of memory, and `settle` may run in it.
        let epoch = transaction.lastCommitEpoch
        // From here to the next step of memory nothing else runs: killed before, `settle` does this.
        if step == .committing { world.noteCommit(changes, epoch: epoch, saw: saw, keyed: keyed) }
        step = .idle
    }

    /// A commit was refused: the source is another's, or is being handed over.
    private func withdraw(_ transaction: inout WriterLog) {
        keyed?.withdrawCommit()
        step = .rollingBack
        transaction.rollBack()
        step = .idle
    }

    private func change(_ shape: TransactionPlan, _ transaction: inout WriterLog) throws(TandemError) {
        for record in shape.reads where record.index < world.layout.tables[record.table].capacity {
            let stamp = try world.read(record.table, record.index)
            if actor.isGhost { return }
            saw.append(History.Change(table: record.table, index: record.index, stamp: stamp))
        }
        for record in shape.changes {
            let view = world.tables[record.table]
            let payload = try transaction.hold(view, record.index)
            if actor.isGhost { return }
            let stamp = world.makeStamp()
            // Noted before the first word: killed in the middle, it is known what was under way.
            changes.removeAll { $0.table == record.table && $0.index == record.index }
            changes.append(History.Change(table: record.table, index: record.index, stamp: stamp))
            for word in 0 ..< view.layout.payloadBytes / 8 { payload.word(at: word * 8).store(stamp) }
        }
    }

    private func backOff(_ attempt: Int, _ blocker: UInt64) {
        actor.sleep(until: tandem_now() + 20 * UInt64(1 << min(attempt, 8)) * UInt64(1 + random.below(4)))
        guard attempt % 4 == 0, blocker > 0 else { return }
        let holder = Int(blocker) - 1
        guard holder < world.layout.writerCount, world.lock(holder, by: number) else { return }
        WriterRecovery.recover(slot: holder, in: world.memory, layout: world.layout)
        guard !actor.isGhost else { return }
        tandem_drain(actor.fiber, actor.fiber.pointee.count)
        world.slotHolders[holder] = nil
    }

    // MARK: Killed

    /// Kills the process. Its memory is complete up to where it stood, and the commit point decides.
    func kill() {
        guard actor.isRunning else { return }
        tandem_drain(actor.fiber, actor.fiber.pointee.count)
        settle()
        tandem_actor_kill(actor.fiber)
        step = .idle
        world.unlockSlots(of: number)
    }

    /// A transaction that has passed its commit point, while its writer does not know yet: for all others it is
    /// committed.
    func settle() {
        guard step == .committing, slot >= 0, !actor.isGhost else { return }
        let words = world.memory.writer(slot)
        let status = WriterStatus(word: words.statusWord)
        let isDone = status.state == WriterStatus(word: 3).state || status.state == 0
        guard isDone, status.number == number(seenBy: actor) else { return }
        step = .noted
        world.noteCommit(changes, epoch: words.commitEpochWord, saw: saw, keyed: keyed)
    }

    /// The number of the transaction as its writer has stored it, which others may not see yet.
    private func number(seenBy actor: Actor) -> UInt64 {
        let word = (world.memory.base + world.layout.runtime.writers + slot * WriterOffset.stride + WriterOffset.status)
        return WriterStatus(word: tandem_pending_value(actor.fiber, word.assumingMemoryBound(to: UInt64.self))).number
    }
}
