import CSimulation
import TandemCore

/// The lanes of one engine's process: each the production reader, step by step; and what goes between them and the
/// engine, which loses nothing and keeps its order.
final class SimulatedLanes: LanePool {
    private let world: World
    private let plan: Plan
    private var random: SeededRandom
    private var jobs: [[LaneJob]]
    private var answers: [LaneAnswer] = []

    init(_ world: World, plan: Plan, seed: UInt64) {
        self.world = world
        self.plan = plan
        random = SeededRandom(seed: seed)
        jobs = Array(repeating: [], count: plan.options.lanes)
        for lane in world.lanes.indices {
            world.lanes[lane].start(storeLimit: plan.storeLimit, at: tandem_now()) { [unowned self] in live(lane) }
        }
    }

    func submit(_ new: [LaneJob]) {
        for job in new {
            jobs[job.lane].append(job)
            let actor = world.lanes[job.lane]
            guard actor.isRunning, !actor.isGhost else { continue }
            actor.wakes = tandem_now()
            // Somebody else has its processor, wherever in its work it is.
            if random.below(16) < plan.laneSixteenths { actor.wakes += random.around(plan.options.lanePatience * 2) }
        }
    }

    func reap(into all: inout [LaneAnswer]) {
        all.append(contentsOf: answers)
        answers.removeAll(keepingCapacity: true)
    }

    private func live(_ lane: Int) {
        let actor = world.lanes[lane]
        var reader = LaneReader(memory: world.memory, layout: world.layout, checksum: simulationChecksum)
        while !actor.isGhost {
            if jobs[lane].isEmpty {
                actor.sleep(until: tandem_now() + 100_000)
                continue
            }
            let answer = reader.perform(jobs[lane].removeFirst())
            if actor.isGhost { return }
            world.tell("  lane \(lane) has read \(answer.pagesRead) pages")
            answers.append(answer)
        }
    }
}
