import Synchronization
import Glibc
import TandemCore
import TandemSystem
import TandemTypes

/// What is known of the copy without a look at it when it is promoted.
extension Standby {
    /// A primary that compares asks again within some milliseconds.
    static let restForDigests: UInt64 = 100_000_000

    /// Looks at some pages of which nothing is known yet; false when there are none, or nobody has the copy open, or a
    /// primary compares it.
    ///
    /// That one waits: whoever looks is alone at the tables for half a millisecond each time, and wants the processor.
    package func lookAround(at now: UInt64 = MonotonicClock.now()) -> Bool {
        guard now &- digestsAskedAt.load(ordering: .relaxed) >= Self.restForDigests else { return false }
        return lock.shared {
            guard let file else { return false }
            arrivals.lookAtBlank(file)
            return arrivals.lookAround()
        }
    }

    /// What an earlier life of the server let arrive is looked at beside what arrives, at 1 GB/s at most, so that a
    /// promotion finds it done.
    package func keepLookingAround() throws(TandemError) {
        let looker = DetachedThread(named: "tandem-seals") { [self] in
            while true { Pause.milliseconds(lookAround() ? 1 : 20) }
        }
        guard looker == nil else { return }
        throw KernelFailure("start a thread for", path, errno: EAGAIN).tandemError
    }
}
