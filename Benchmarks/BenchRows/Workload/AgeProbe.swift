internal import TandemSystem

/// Ages of changes: from a moment of a transaction until its cut is committed on the copy.
///
/// The writer's own thread notes a commit's time and epoch, and looks at `committed` between two transactions; a third
/// thread would have to share a core with one of the two it watches. So what it sees is never too young, and too old by
/// one transaction.
struct AgeProbe: Sendable {
    private(set) var ages = Delays()
    private var waiting: [(time: UInt64, epoch: UInt64)]
    private var first = 0
    private var next = 0
    private var notBefore: UInt64 = 0
    /// Changes that could not be noted, as too many waited: they are older than all that could.
    private(set) var overlooked = 0

    /// Between two notes: the same share of every moment, however fast the load is.
    private static let spacing: UInt64 = 20_000
    private static let room = 1 << 20

    /// Notes that wait at once take 20 s at most: a copy that is older has long been out of any bound.
    init() { waiting = Array(repeating: (0, 0), count: Self.room) }

    @inline(__always)
    mutating func note(epoch: UInt64, at time: UInt64) {
        guard time >= notBefore else { return }
        notBefore = time &+ Self.spacing
        guard next &- first < Self.room else {
            overlooked += 1
            return
        }
        waiting[next & (Self.room - 1)] = (time, epoch)
        next &+= 1
    }

    /// A writer's epochs only grow, so those that are done come first.
    @inline(__always)
    mutating func observe(committed: UInt64, at time: UInt64) {
        while first != next, waiting[first & (Self.room - 1)].epoch <= committed {
            ages.record(time &- min(time, waiting[first & (Self.room - 1)].time))
            first &+= 1
        }
    }

    /// Forgets what was noted so far, as it belongs to the time before the measurement; those still waiting are kept.
    mutating func forgetAges() { ages = Delays() }

    /// Whoever still waits is at least that old: to leave them out would flatter.
    mutating func giveUp(at time: UInt64) { observe(committed: .max, at: time) }

    var isAllDone: Bool { first == next }

    /// Nanoseconds that the oldest change has waited by now; 0 where none waits.
    func oldest(at time: UInt64) -> UInt64 {
        first == next ? 0 : time &- min(time, waiting[first & (Self.room - 1)].time)
    }
}
