import CSimulation
import TandemCore

/// One seed, from the first step to the last.
final class Simulation {
    struct Outcome {
        var violation: String?
        var steps: UInt64 = 0
        var transactions = 0
        var checks = 0
        /// Those of them that were of a copy which a standby had applied as it arrived.
        var arrivals = 0
        /// The engine's own counters, by name: what the run has reached.
        var counters = [UInt64](repeating: 0, count: Counter.allCases.count)
        var faults = 0
        /// Nil for a seed without a keyed table.
        var keyed: KeyedReach?
        /// Nil for a seed whose copies are on this host.
        var network: NetworkReach?
    }

    private let isTold: Bool
    private let world: World
    private let plan: Plan
    private var random: SeededRandom
    private let scheduler: Scheduler
    private var engine: EngineActor!
    private var writers: [WriterActor] = []
    private var fate: FaultInjector!
    private let oracle: CopyOracle
    private let scratch: SimulatedFile
    private var outcome = Outcome()
    private var nextCheck: UInt64

    /// Virtual time after which a run that has not ended is stuck.
    private static let trafficMax: UInt64 = 60_000_000
    private static let recoveryMax: UInt64 = 40_000_000
    /// Fifty looks, as the engine may be stopped, and its device slow.
    private static let noticedMax: UInt64 = 500_000
    /// Three passes over the tables at the slower rate, and an engine that is stopped meanwhile.
    private static let scrubbedMax: UInt64 = 2_000_000

    /// - Parameters:
    ///   - hasLanes: false: none, whatever the seed says.
    ///   - isTold: prints what happens, a line each.
    init(seed: UInt64, machines: Machines, hasLanes: Bool = true, isTold: Bool = false) {
        self.isTold = isTold
        random = SeededRandom(seed: seed)
        tandem_simulation_names("seed \(seed)")
        plan = Plan(random: &random, hasLanes: hasLanes)
        world = machines.world(plan)
        world.clear(plan: plan)
        scratch = machines.scratch(plan)
        scheduler = Scheduler(world.fibers, slow: world.engine, plan: plan)
        oracle = CopyOracle(world: world)
        nextCheck = tandem_now() + 20_000
    }

    func run() -> Outcome {
        if isTold { world.storyteller = { print("\(tandem_now()) \($0)") } }
        engine = EngineActor(world, plan: plan, random: fork())
        writers = (0 ..< plan.writers).map { WriterActor(world, $0, plan: plan, random: fork()) }
        fate = FaultInjector(world, plan: plan, engine: engine, writers: writers, random: fork(), now: tandem_now())
        let reader = ReaderActor(world, plan: plan, random: fork())
        engine.start()
        reader.start()
        for writer in writers { writer.start(at: tandem_now() + random.around(3000)) }

        advance(
            until: { [unowned self] in fate.hasSuperseded || fate.putBack != nil || writers.allSatisfy { $0.left == 0 }
            },
            within: Self.trafficMax, orElse: "the writers did not come to an end")
        if fate.hasSuperseded {
            finishSuperseded()
        } else if let putBack = fate.putBack {
            finish(putBack)
        } else {
            finish()
        }
        outcome.violation = world.violations.first
        stopAll()
        outcome.steps = scheduler.steps
        outcome.transactions = world.history.transactions
        outcome.faults = fate.faults
        outcome.keyed = world.keyed?.history.reach
        outcome.network = world.reach
        for counter in Counter.allCases { outcome.counters[counter.rawValue] = world.area.replicator[counter].load() }
        return outcome
    }

    private func fork() -> SeededRandom { SeededRandom(seed: random.next()) }

    /// Steps until `condition` holds; a violation ends it too.
    private func advance(until condition: () -> Bool, within limit: UInt64, orElse complaint: String) {
        let end = tandem_now() + limit
        while world.violations.isEmpty, !condition() {
            guard tandem_now() < end else { return world.violated("\(complaint): \(world.summary(writers))") }
            world.shelf.server?.act(at: tandem_now(), hangMean: plan.options.deadlines.lateAfter) { world.tell($0) }
            world.driver?.advance(to: tandem_now())
            for sibling in world.siblings {
                sibling.act(at: tandem_now(), hangMean: plan.options.deadlines.lateAfter) { world.tell($0) }
            }
            fate.act(at: tandem_now())
            if tandem_now() >= nextCheck || world.isExaminationDue { check() }
            var event = min(world.driver?.nextEvent ?? .max, fate.nextEvent, nextCheck, end)
            if let server = world.shelf.server { event = min(event, server.nextEvent) }
            for sibling in world.siblings { event = min(event, sibling.nextEvent) }
            scheduler.run(&random, until: max(event, tandem_now() + 1))
        }
    }

    /// The primary dies at this moment, or the copy's host with it: what would a promotion give?
    private func check() {
        nextCheck = tandem_now() + random.around(60_000)
        world.isExaminationDue = false
        if world.engineState.phase == .bulkCopying, let driver = world.driver, driver.hasConnection,
            let target = driver.target,
            let wrong = oracle.descriptorViolation(in: target)
        {
            world.violated(wrong)
        }
        for sibling in world.siblings { check(sibling) }
        // A source that was put back has another history.
        if let putBack = fate.putBack, !putBack.isKept { return }
        guard let file = world.shelf.atPath, !file.isDamaged, file.lateWrites == 0 else { return }
        if let since = file.overwrittenAt {
            if world.engineState.phase == .inSync, world.driver?.target === file, tandem_now() - since > Self.noticedMax
            {
                world.violated("in sync with a copy that somebody else has written over")
            }
            return
        }
        if oracle.isRotten(file), let since = file.rottenSince {
            if world.engineState.phase == .inSync, world.driver?.target === file,
                tandem_now() - since > Self.scrubbedMax
            {
                world.violated("in sync with a copy of which a record has rotted")
            }
            return
        }
        outcome.checks += 1
        for writer in writers { writer.settle() }
        let cutsPower = plan.options.durable && plan.powerCuts && random.below(2) == 0
        scratch.copyContents(of: file, withMedium: cutsPower)
        if cutsPower { scratch.cutPower(&random) }
        // One that was promoted over a network is a source, which its old primary may not have heard yet.
        let isInSync = world.engineState.phase == .inSync && world.driver?.target === file && !fate.hasSuperseded
        // What mended it was not flushed yet, or its flush has failed: a promotion refuses such a file by its seals.
        if cutsPower || !isInSync, file.hasRotted, oracle.hasUnsealed(scratch) { return }
        if let wrong = oracle.violation(in: scratch, mustBePromotable: isInSync) {
            world.violated((cutsPower ? "after a power cut: " : "") + wrong)
        }
        checkArrival(file, isInSync: isInSync)
    }

    /// `scratch` is the file, recovered.
    private func checkArrival(_ file: SimulatedFile, isInSync: Bool) {
        guard let arriving = file.arriving, arriving.end != nil || isInSync, !file.hasRotted else { return }
        if arriving.end != nil { outcome.arrivals += 1 }
        let recovered = Promoting.recover(scratch, layout: world.layout)
        if let wrong = oracle.violation(inArrivalOf: file, recovered: recovered, mustBeApplied: isInSync) {
            world.violated(wrong)
        }
    }

    private func check(_ sibling: SiblingCopy) {
        guard let file = sibling.shelf.atPath, file.lateWrites == 0 else { return }
        outcome.checks += 1
        for writer in writers { writer.settle() }
        scratch.copyContents(of: file, withMedium: false)
        let isInSync = sibling.phase == .inSync && sibling.driver?.target === file
        if let wrong = oracle.violation(in: scratch, mustBePromotable: isInSync) {
            world.violated("copy \(sibling.number): \(wrong)")
        }
        checkArrival(file, isInSync: isInSync)
    }

    /// Nothing of the copy is rotten any more.
    private var isSound: Bool { world.shelf.atPath.map { !oracle.isRotten($0) } ?? true }

    /// Faults end; everything must come right by itself.
    private func finish() {
        world.isRelenting = true
        fate.relent(at: tandem_now())
        world.shelf.server?.relent(at: tandem_now())
        for sibling in world.siblings { sibling.relent(at: tandem_now()) }
        advance(
            until: { [unowned self] in world.isSettled && isSound }, within: Self.recoveryMax,
            orElse: "the copy did not get in sync after the faults had ended")
        guard world.violations.isEmpty, let file = world.shelf.atPath else { return }
        scratch.copyContents(of: file, withMedium: false)
        if let wrong = oracle.violation(in: scratch, mustBePromotable: true) { world.violated(wrong) }
        for sibling in world.siblings {
            guard let file = sibling.shelf.atPath else { continue }
            scratch.copyContents(of: file, withMedium: false)
            if let wrong = oracle.violation(in: scratch, mustBePromotable: true) {
                world.violated("copy \(sibling.number) in the end: \(wrong)")
            }
        }
        scratch.copyContents(of: file, withMedium: false)
        let newest = world.history.lastEpoch
        if let cut = Promoting.recover(scratch, layout: world.layout), world.engineState.phase == .inSync {
            for (table, index) in world.history.changedBehind(cut) {
                world.violated("table \(table) record \(index) is not on the copy: cut \(cut), last epoch \(newest)")
            }
        }
        if let wrong = oracle.sourceViolation() { world.violated(wrong) }
    }

    /// The old primary must notice that its copy has taken over, and its writers must be told.
    private func finishSuperseded() {
        let superseded = { [unowned self] in
            writers.allSatisfy { $0.isSuperseded || $0.left == 0 } && world.engineState.phase.name == .refused
                && world.area.attention.load() & ControlFlags.superseded != 0
        }
        world.shelf.server?.relent(at: tandem_now())
        advance(until: superseded, within: Self.recoveryMax, orElse: "a superseded source went on")
        if let promoted = fate.promoted, world.shelf.atPath?.contents != promoted {
            world.violated("what was promoted has been written to by its old primary")
        }
    }

    /// The source is an older one. A copy that holds cuts which it lacks stays as it is; any other, and one that may be
    /// overwritten, comes to be what the source is.
    private func finish(_ putBack: FaultInjector.PutBack) {
        guard putBack.isKept else {
            fate.relent(at: tandem_now())
            advance(
                until: { [unowned self] in
                    world.engineState.phase == .inSync && world.driver?.target === world.shelf.atPath && world.isQuiet
                        && world.area.taken.isEmpty && world.area.missed.isEmpty && world.areSlotsClean && isSound
                }, within: Self.recoveryMax, orElse: "a source that was put back got no copy")
            return checkEqualsSource()
        }
        advance(
            until: { [unowned self] in world.engineState.phase.name == .refused }, within: Self.recoveryMax,
            orElse: "a source that was put back was not refused")
        let end = tandem_now() + 200_000
        advance(until: { tandem_now() >= end }, within: 300_000, orElse: "")
        guard world.violations.isEmpty, let file = world.shelf.atPath else { return }
        if file.contents != putBack.copy { world.violated("a copy that is newer than its source was written to") }
        if world.engineState.phase.name != .refused, world.engineState.phase.name != .offline {
            world.violated("a copy that is newer than its source is \(world.engineState.phase)")
        }
    }

    private func checkEqualsSource() {
        guard world.violations.isEmpty, let file = world.shelf.atPath else { return }
        scratch.copyContents(of: file, withMedium: false)
        guard Promoting.recover(scratch, layout: world.layout) != nil else {
            return world.violated("the copy of a source that was put back cannot be promoted")
        }
        if let wrong = oracle.differenceFromSource(scratch) { world.violated(wrong) }
    }

    private func stopAll() {
        world.isEnding = true
        engine.kill()
        for writer in writers { writer.kill() }
        for actor in world.actors where actor.isRunning { actor.stop() }
    }
}

/// Memory that is used again from seed to seed.
final class Machines {
    private struct Kind: Hashable {
        let keepsLog: Bool
        let journalBytes: Int
        let isKeyed: Bool

        init(_ plan: Plan) {
            keepsLog = plan.powerCuts
            journalBytes = plan.journalBytes
            isKeyed = plan.keyed != nil
        }
    }

    private var worlds: [Kind: World] = [:]
    private var scratches: [Kind: SimulatedFile] = [:]

    func world(_ plan: Plan) -> World {
        if let world = worlds[Kind(plan)] { return world }
        let world = World(keepsLog: plan.powerCuts, journalBytes: plan.journalBytes, keyed: plan.keyed)
        worlds[Kind(plan)] = world
        return world
    }

    /// A file for looking into.
    func scratch(_ plan: Plan) -> SimulatedFile {
        if let file = scratches[Kind(plan)] { return file }
        let file = SimulatedFile(layout: world(plan).layout, keepsLog: plan.powerCuts)
        scratches[Kind(plan)] = file
        return file
    }
}
