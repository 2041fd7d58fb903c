import CSimulation

/// Which actor takes the next steps, and what leaves the store buffers meanwhile.
struct Scheduler {
    private(set) var steps: UInt64 = 0
    private let fibers: [UnsafeMutablePointer<tandem_actor>]
    private let burstMean: Int
    private let drainEighths: Int
    private let slow: UnsafeMutablePointer<tandem_actor>
    private let slowSixteenths: Int

    /// - Parameter slow: runs less often than the others, as the plan says.
    init(_ actors: [Actor], slow: Actor, plan: Plan) {
        self.slow = slow.fiber
        slowSixteenths = plan.engineWaits
        fibers = actors.map(\.fiber)
        burstMean = plan.burstMean
        drainEighths = plan.drainEighths
        tandem_set_now(1_000_000)
    }

    /// Runs one actor after the other until `limit`, or until something has happened that others must hear of.
    mutating func run(_ random: inout SeededRandom, until limit: UInt64) {
        tandem_ring(false)
        while tandem_now() < limit, !tandem_rings() {
            guard let fiber = pick(&random, before: limit) else { return tandem_set_now(max(tandem_now(), limit)) }
            let before = fiber.pointee.steps
            tandem_actor_resume(fiber, Int64(random.below(burstMean * 2)))
            let taken = fiber.pointee.steps &- before
            steps += taken
            tandem_set_now(tandem_now() + taken + 1)
            // A pause is some forty cycles, and somebody else has to get on.
            if fiber.pointee.paused { fiber.pointee.wakes = tandem_now() + 20 }
            drainSome(&random)
        }
    }

    private func pick(_ random: inout SeededRandom, before limit: UInt64) -> UnsafeMutablePointer<tandem_actor>? {
        let now = tandem_now()
        var place = random.below(fibers.count)
        var earliest: UnsafeMutablePointer<tandem_actor>?
        for _ in fibers {
            let fiber = fibers[place]
            place = place + 1 == fibers.count ? 0 : place + 1
            guard !fiber.pointee.finished else { continue }
            if fiber.pointee.wakes <= now {
                if fiber != slow || random.below(16) >= slowSixteenths { return fiber }
                earliest = fiber
                continue
            }
            if earliest == nil || fiber.pointee.wakes < earliest!.pointee.wakes { earliest = fiber }
        }
        guard let earliest, earliest.pointee.wakes < limit else { return nil }
        tandem_set_now(max(now, earliest.pointee.wakes))
        return earliest
    }

    /// Stores leave a buffer in time by themselves.
    private func drainSome(_ random: inout SeededRandom) {
        guard random.below(8) < drainEighths else { return }
        let fiber = fibers[random.below(fibers.count)]
        let count = fiber.pointee.count
        if count > 0 { tandem_drain(fiber, UInt32(random.below(Int(count) + 1))) }
    }
}
