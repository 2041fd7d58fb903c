import CSimulation
import TandemCore

/// The replicator's process: the production engine, polled; and the thread of its driver that recovers dead writers.
final class EngineActor {
    private let world: World
    private let plan: Plan
    private var random: SeededRandom
    private(set) var process = 100

    init(_ world: World, plan: Plan, random: SeededRandom) {
        self.world = world
        self.plan = plan
        self.random = random
    }

    func start() {
        process += 1
        let driver = makeDriver(
            of: world.shelf, world.area, plan.device, SeededRandom(seed: random.next()))
        world.driver = driver
        for sibling in world.siblings { sibling.driver = makeDriver(of: sibling) }
        world.engineState = World.EngineState()
        world.engineState.committed = world.committed
        let lanes = plan.options.lanes == 0 ? nil : SimulatedLanes(world, plan: plan, seed: UInt64(process))
        world.engine.start(storeLimit: plan.storeLimit, at: tandem_now()) { [unowned self] in live(driver, lanes) }
        world.reviver.start(storeLimit: plan.storeLimit, at: tandem_now()) { [unowned self] in revive(driver) }
    }

    private func makeDriver(of sibling: SiblingCopy) -> SimulatedDriver {
        makeDriver(
            of: sibling.shelf, sibling.area, sibling.device,
            SeededRandom(seed: UInt64(process) &* 8 &+ UInt64(sibling.number)))
    }

    private func makeDriver(
        of shelf: SimulatedDirectory, _ area: RuntimeArea, _ device: DevicePlan, _ random: SeededRandom
    ) -> SimulatedDriver {
        let knowsOfLoss = { area.replicator[.flushLost].load() != 0 }
        let isGone = { [unowned self] in world.engine.isGhost }
        guard let server = shelf.server else {
            return SimulatedDriver(
                shelf: shelf, plan: device, isDurable: plan.options.durable, process: process, random: random,
                knowsOfLoss: knowsOfLoss, isGone: isGone)
        }
        var last: UInt64 = 0
        return RemoteDriver(
            to: server, shelf: shelf, plan: device, isDurable: plan.options.durable, process: process, random: random,
            knowsOfLoss: knowsOfLoss, isGone: isGone
        ) {
            let word = area.replicator[.session]
            last = SessionNumber.next(above: word.load(), last)
            word.storeReleasing(last)
            return last
        }
    }

    private var knowsOfLoss: Bool { world.area.replicator[.flushLost].load() != 0 }

    func kill() {
        guard world.engine.isRunning, let driver = world.driver else { return }
        tandem_actor_kill(world.engine.fiber)
        tandem_actor_kill(world.reviver.fiber)
        for lane in world.lanes { tandem_actor_kill(lane.fiber) }
        world.unlockSlots(of: -1)
        driver.kill { late in
            late.file.lateWrites += 1
            world.lateWrites.append(late)
        }
        for sibling in world.siblings {
            sibling.driver?.kill { late in
                late.file.lateWrites += 1
                world.lateWrites.append(late)
            }
            if !plan.options.durable, sibling.area.replicator[.flushLost].load() == 0 { sibling.shelf.forgetLost() }
            sibling.driver = nil
            sibling.phase = .offline(retry: 0)
        }
        // Without a flush behind each cut, a copy whose failed flush nobody has heard of is believed: that is not
        // covered.
        if !plan.options.durable, !knowsOfLoss { world.shelf.forgetLost() }
        world.driver = nil
        world.engineState.phase = .offline(retry: 0)
    }

    private func live(_ driver: SimulatedDriver, _ lanes: SimulatedLanes?) {
        let actor = world.engine
        let engine = ReplicationEngine(
            memory: world.memory, layout: world.layout, life: Life(World.generation),
            checksum: simulationChecksum,
            copies: copies, options: plan.options)
        // Each by its place, the first aside.
        var followed = Array(world.siblings)
        var agent = Agent(engine, drivers: [driver] + followed.map { $0.driver! }, lanes: lanes)
        var idle = Idle()
        var handovers = HandoverOperator(seed: plan.siblingSeed ^ UInt64(process), now: tandem_now())
        while !actor.isGhost {
            let file = driver.target
            agent.poll(at: tandem_now())
            if actor.isGhost { return }
            if plan.handsOver {
                if world.isRelenting {
                    HandoverOperator.end(on: &agent)
                } else {
                    handovers.act(on: &agent, at: tandem_now(), world)
                }
            }
            if let overlap = driver.overlap { world.violated(overlap) }
            for sibling in followed { if let overlap = sibling.driver?.overlap { world.violated(overlap) } }
            for completion in agent.completions {
                world.tell("  completed \(completion.token): \(completion.result)")
            }
            for place in 0 ... followed.count {
                for command in agent.commands(of: place) { world.tell("  asks \(place): \(command.summary)") }
            }
            note(agent.engine.phase, driver, polledWith: file, agent.takeEvents())
            for (place, sibling) in followed.enumerated() {
                note(agent.engine.phase(of: place + 1), sibling, agent.takeEvents(of: place + 1))
            }
            for sibling in world.siblings { attend(sibling, &followed, &agent) }
            let progress = agent.progress()
            actor.sleep(until: tandem_now() + idle.pause(didWork: progress.didWork, isBusy: progress.isBusy))
        }
    }

    private var copies: [FollowedCopy] {
        // Alone, a copy has no id: as one of a source that knew of none.
        let id = world.siblings.isEmpty ? CopyID.none : SiblingCopy.id(0)
        let first = FollowedCopy(number: 0, id: id, staging: world.staging.withJournal(of: plan.journalStaging))
        return [first] + world.siblings.map { $0.followed(plan) }
    }

    /// Lets a copy go, or follows it again, as somebody wants it.
    private func attend(_ sibling: SiblingCopy, _ followed: inout [SiblingCopy], _ agent: inout Agent) {
        guard let place = followed.firstIndex(where: { $0 === sibling }) else {
            guard sibling.isWanted else { return }
            world.tell("engine \(process): copy \(sibling.number) is attached")
            let driver = makeDriver(of: sibling)
            sibling.driver = driver
            followed.append(sibling)
            return agent.follow(sibling.followed(plan), driver: driver)
        }
        if agent.engine.hasLeft(place + 1) {
            world.tell("engine \(process): copy \(sibling.number) is detached")
            followed.remove(at: place)
            agent.remove(place + 1)
            (sibling.driver, sibling.phase) = (nil, .offline(retry: 0))
        } else if !sibling.isWanted {
            agent.engine.letGo(place + 1)
        }
    }

    private func note(_ phase: CopyPhase, _ sibling: SiblingCopy, _ events: [EngineEvent]) {
        if phase != sibling.phase {
            tandem_ring(true)
            world.tell("engine \(process): copy \(sibling.number) \(phase)")
            sibling.phase = phase
        }
        if phase == .inSync || phase == .catchingUp, let file = sibling.driver?.target {
            file.acknowledged = max(file.acknowledged, sibling.committed)
        }
    }

    /// As the product's loop waits, a hundred times faster: polls close together while something may come of it, then
    /// farther apart.
    private struct Idle {
        private var fruitless = 0

        mutating func pause(didWork: Bool, isBusy: Bool) -> UInt64 {
            fruitless = didWork ? 0 : fruitless + 1
            return fruitless < 4 ? 20 : isBusy ? 160 : 500
        }
    }

    /// - Parameter file: what the driver had open when the poll began.
    private func note(
        _ phase: CopyPhase, _ driver: SimulatedDriver, polledWith file: SimulatedFile?, _ events: [EngineEvent]
    ) {
        if noteCommitted(phase, events), let file { noteAcknowledged(on: file) }
        let isNew = phase != world.engineState.phase
        let acknowledges =
            switch phase {
            case .inSync, .catchingUp: true
            default: false
            }
        guard isNew || acknowledges || !events.isEmpty else { return }
        if isNew {
            tandem_ring(true)
            world.tell("engine \(process): \(phase)")
        }
        world.engineState.phase = phase
        if isNew, phase == .inSync, let file = driver.target, file.isOpenedAnew { file.overwrittenAt = nil }
        for event in events {
            world.tell("engine: \(event.reason), \(event.pagesOwed) owed, \(event.pagesMissed) missed")
        }
        for event in events { if let refusal = event.refusal { world.engineState.refusal = refusal } }
        // From now on it has been said.
        if acknowledges, let file = driver.target { noteAcknowledged(on: file) }
    }

    private func noteAcknowledged(on file: SimulatedFile) {
        file.acknowledged = max(file.acknowledged, world.committed)
        if let cut = file.promotedCut, file.acknowledged > cut {
            world.violated("cut \(file.acknowledged) was acknowledged, while the copy was promoted with \(cut)")
        }
    }

    /// Commits that wait are answered by `committed`: it moves for a copy that is consistent, and for no other.
    ///
    /// - Returns: whether it has moved on in this poll, though the copy may be lost in it, too.
    private func noteCommitted(_ phase: CopyPhase, _ events: [EngineEvent]) -> Bool {
        let committed = world.committed
        guard committed != world.engineState.committed else { return false }
        let hasRisen = committed > world.engineState.committed
        defer { world.engineState.committed = committed }
        // A copy may become consistent, or a cut be acknowledged, and the copy be lost in one poll: it tells of both.
        let allowed: [CopyPhase] = [.publishing, .inSync, .catchingUp]
        let hasBeenWhole = events.contains { $0.state == .inSync }
        if hasRisen, !hasBeenWhole, !allowed.contains(phase), !allowed.contains(world.engineState.phase) {
            world.violated("cut \(committed) was acknowledged in phase \(phase)")
        }
        return hasRisen
    }

    private func revive(_ driver: SimulatedDriver) {
        let actor = world.reviver
        while !actor.isGhost {
            while let next = driver.revivals.popLast() {
                let isDead = world.lock(next.writer, by: -1)
                if isDead {
                    WriterRecovery.recover(slot: next.writer, in: world.memory, layout: world.layout)
                    if actor.isGhost { return }
                    tandem_drain(actor.fiber, actor.fiber.pointee.count)
                    world.unlockSlots(of: -1)
                }
                driver.complete(revivalOf: next.token, isDead)
            }
            actor.sleep(until: tandem_now() + 500)
        }
    }
}
