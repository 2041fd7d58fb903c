import CSimulation
import TandemCore

/// A copy's life from its first byte to its promotion: the same steps for the same seed, but for the fault.
///
/// Up to the fault every run is the clean one, step for step. So only what comes after it is examined, and there at
/// every moment at which anything has happened to the copy.
final class Scenario {
    struct Outcome {
        var violation: String?
        var operations: [Operation] = []
        var counters = [UInt64](repeating: 0, count: Counter.allCases.count)
        var checks = 0

        subscript(counter: Counter) -> UInt64 { counters[counter.rawValue] }
    }

    let world: World
    let plan: ScenarioPlan
    let counter: OperationCounter
    let oracle: CopyOracle
    let scratch: SimulatedFile
    let engine: EngineActor
    let writers: [WriterActor]
    private let reader: ReaderActor
    private var random: SeededRandom
    private let scheduler: Scheduler
    /// Drawn from by the examinations alone: they must not change what happens.
    private var checkRandom: SeededRandom
    private var checks = 0
    private var eventsSeen = 0
    /// It has been in sync, and is not promoted yet.
    var mayNotLoseIt = false

    /// - Parameter isTold: prints what happens, a line each.
    init(_ scenario: ScenarioPlan, fault: OperationFault?, machines: Machines, isTold: Bool = false) {
        plan = scenario
        let plan = scenario.plan
        random = SeededRandom(seed: scenario.seed)
        checkRandom = SeededRandom(seed: scenario.seed &+ 1)
        world = machines.world(plan)
        world.clear(plan: plan)
        scratch = machines.scratch(plan)
        counter = OperationCounter(fault, options: plan.options)
        world.shelf.counter = counter
        world.shelf.hasRoomBeside = scenario.hasRoomBeside
        scheduler = Scheduler(world.fibers, slow: world.engine, plan: plan)
        oracle = CopyOracle(world: world)
        let world = world
        engine = EngineActor(world, plan: plan, random: SeededRandom(seed: scenario.seed &+ 2))
        writers = (0 ..< plan.writers).map {
            WriterActor(world, $0, plan: plan, random: SeededRandom(seed: scenario.seed &+ 3 &+ UInt64($0)))
        }
        reader = ReaderActor(world, plan: plan, random: SeededRandom(seed: scenario.seed &+ 9))
        world.storyteller = isTold ? { print("\(tandem_now()) \($0)") } : nil
    }

    func run() -> Outcome {
        reader.start()
        for step in steps where world.violations.isEmpty {
            world.tell("--- \(step.name), operation \(counter.operations.count + 1)")
            step.run()
        }
        if let fault = counter.fault, !counter.hasStruck, world.violations.isEmpty {
            world.violated("the fault did not strike: operation \(fault.operation) of \(counter.operations.count)")
        }
        var outcome = Outcome(violation: world.violations.first, operations: counter.operations, checks: checks)
        for counter in Counter.allCases { outcome.counters[counter.rawValue] = world.area.replicator[counter].load() }
        stopAll()
        return outcome
    }

    private func stopAll() {
        world.isEnding = true
        engine.kill()
        for writer in writers { writer.kill() }
        for actor in world.actors where actor.isRunning { actor.stop() }
        world.storyteller = nil
    }

    // MARK: Time

    /// Runs for this long.
    func pass(_ time: UInt64) { advance(within: time) { false } }

    /// Runs until `condition` holds or the time is over; a violation ends it too. False when the time was over.
    @discardableResult
    func advance(within limit: UInt64, until condition: () -> Bool) -> Bool {
        let end = tandem_now() + limit
        while world.violations.isEmpty, !condition() {
            let now = tandem_now()
            guard now < end else { return false }
            world.driver?.advance(to: now)
            world.landLate(now)
            if counter.hasStruck, let driver = world.driver, driver.events != eventsSeen {
                eventsSeen = driver.events
                examine()
            }
            if counter.isLongHung, world.engineState.phase == .inSync {
                world.violated("in sync with a copy that has not answered for long")
            }
            let late = world.lateWrites.reduce(.max) { min($0, $1.lands) }
            scheduler.run(&random, until: max(min(world.driver?.nextEvent ?? .max, late, end), now + 1))
        }
        return true
    }

    /// The copy has everything, by itself.
    func settle() {
        let isSettled = advance(within: 4_000_000) { [unowned self] in world.isSettled }
        mayNotLoseIt = true
        if !isSettled { world.violated("the copy did not get in sync: \(world.summary(writers))") }
    }

    /// In sync it is. And where there is room for a new one beside it, it stays so whatever happens.
    private func mustBePromotable(_ file: SimulatedFile) -> Bool {
        if world.engineState.phase == .inSync, world.driver?.target === file { return true }
        return plan.hasRoomBeside && mayNotLoseIt && !counter.takesRoomBeside
    }

    // MARK: What a promotion would give at this moment

    /// As the file is, and every other time as a power cut would leave it.
    func examine() {
        guard let file = world.shelf.atPath, file.lateWrites == 0 else { return }
        checks += 1
        for writer in writers { writer.settle() }
        scratch.copyContents(of: file)
        let cutsPower = plan.plan.options.durable && checks & 1 == 1
        if cutsPower { scratch.cutPower(&checkRandom) }
        if let wrong = oracle.violation(in: scratch, mustBePromotable: mustBePromotable(file)) {
            world.violated((cutsPower ? "after a power cut: " : "") + wrong)
        }
        if world.engineState.phase == .bulkCopying, let target = world.driver?.target,
            let wrong = oracle.descriptorViolation(in: target)
        {
            world.violated(wrong)
        }
    }
}
