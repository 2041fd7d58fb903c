import CSimulation

/// Which actor takes the next steps, and what leaves the store buffers meanwhile.
///
/// A class: a value would be copied at each call within, right behind a store to it.
final class Scheduler {
    private(set) var steps: UInt64 = 0
    private let fibers: UnsafeMutableBufferPointer<UnsafeMutablePointer<tandem_actor>?>
    private let burstMean: Int
    private let drainEighths: Int
    /// The bit of the actor that runs less often.
    private let slow: UInt64
    private let slowSixteenths: Int

    /// - Parameter slow: runs less often than the others, as the plan says.
    init(_ fibers: UnsafeMutableBufferPointer<UnsafeMutablePointer<tandem_actor>?>, slow: Actor, plan: Plan) {
        self.fibers = fibers
        self.slow = 1 << UInt64(fibers.firstIndex { $0 == slow.fiber }!)
        slowSixteenths = plan.engineWaits
        burstMean = plan.burstMean
        drainEighths = plan.drainEighths
        tandem_set_now(1_000_000)
    }

    /// Runs one actor after the other until `limit`, or until something has happened that others must hear of.
    func run(_ random: inout SeededRandom, until limit: UInt64) {
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

    /// Any that is ready; else the one that wakes next, whose time it becomes.
    private func pick(_ random: inout SeededRandom, before limit: UInt64) -> UnsafeMutablePointer<tandem_actor>? {
        let now = tandem_now()
        // A bit each, without a branch: who is ready is as random as the run, and a processor would mostly guess wrong.
        var ready: UInt64 = 0
        var count = 0
        for place in 0 ..< fibers.count {
            let isReady: UInt64 = fiber(place).pointee.wakes <= now ? 1 : 0
            ready |= isReady &<< UInt64(place)
            count &+= Int(isReady)
        }
        guard count > 0 else { return next(before: limit) }
        if count > 1 {
            if ready & slow != 0, random.below(16) < slowSixteenths {
                ready &= ~slow
                count &-= 1
            }
            // As many of the lowest bits go as the dice say, without a branch again.
            let passed = random.below(count)
            for place in 0 ..< fibers.count { ready &= ready &- (place < passed ? 1 : 0) }
        }
        return fiber(ready.trailingZeroBitCount)
    }

    private func next(before limit: UInt64) -> UnsafeMutablePointer<tandem_actor>? {
        var earliest: UnsafeMutablePointer<tandem_actor>?
        var wakes = limit
        for place in 0 ..< fibers.count where fiber(place).pointee.wakes < wakes {
            earliest = fiber(place)
            wakes = fiber(place).pointee.wakes
        }
        if earliest != nil { tandem_set_now(wakes) }
        return earliest
    }

    private func fiber(_ place: Int) -> UnsafeMutablePointer<tandem_actor> { fibers[place].unsafelyUnwrapped }

    /// Stores leave a buffer in time by themselves.
    private func drainSome(_ random: inout SeededRandom) {
        guard random.below(8) < drainEighths else { return }
        let fiber = fiber(random.below(fibers.count))
        let count = fiber.pointee.count
        if count > 0 { tandem_drain(fiber, UInt32(random.below(Int(count) + 1))) }
    }
}
