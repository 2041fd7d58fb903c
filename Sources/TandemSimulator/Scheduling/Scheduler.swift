import CSimulation

/// Which actor takes the next steps, and what leaves the store buffers meanwhile.
struct Scheduler {
    private(set) var now: UInt64 = 1_000_000
    private(set) var steps: UInt64 = 0
    let actors: [Actor]
    private let burstMean: Int
    private let drainEighths: Int

    init(_ actors: [Actor], plan: Plan) {
        self.actors = actors
        burstMean = plan.burstMean
        drainEighths = plan.drainEighths
    }

    /// Runs one actor for a burst; false when none can run before `limit`.
    mutating func step(_ random: inout SeededRandom, before limit: UInt64) -> Bool {
        guard let actor = pick(&random, before: limit) else { return false }
        let before = actor.fiber.pointee.steps
        tandem_actor_resume(actor.fiber, Int64(random.below(burstMean * 2)))
        let taken = actor.fiber.pointee.steps &- before
        steps += taken
        now += taken + 1
        // A pause is some forty cycles, and somebody else has to get on.
        if actor.fiber.pointee.paused { actor.wakes = now + 20 }
        drainSome(&random)
        return true
    }

    private mutating func pick(_ random: inout SeededRandom, before limit: UInt64) -> Actor? {
        let start = random.below(actors.count)
        var earliest: Actor?
        for offset in 0..<actors.count {
            let actor = actors[(start + offset) % actors.count]
            guard actor.isRunning else { continue }
            if actor.wakes <= now { return actor }
            if earliest == nil || actor.wakes < earliest!.wakes { earliest = actor }
        }
        guard let earliest, earliest.wakes < limit else {
            now = max(now, limit)
            return nil
        }
        now = earliest.wakes
        return earliest
    }

    /// Stores leave a buffer in time by themselves.
    private func drainSome(_ random: inout SeededRandom) {
        guard random.below(8) < drainEighths else { return }
        let actor = actors[random.below(actors.count)]
        let count = actor.fiber.pointee.count
        if count > 0 { tandem_drain(actor.fiber, UInt32(random.below(Int(count) + 1))) }
    }
}
