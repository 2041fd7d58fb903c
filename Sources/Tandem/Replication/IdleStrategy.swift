internal import TandemCore
internal import TandemSystem

/// How long the runner waits when there is nothing to do. The engine does not know that it exists.
struct IdleStrategy {
    /// Polls without fruit that only spin, some microseconds together: what completes at once is not slept for.
    static let spins = 20
    /// What is under way completes in its own time, and ends the nap where the driver can tell.
    static let busyNap: UInt64 = 10_000
    /// Half of the shortest usual time between two cuts. A commit that waits for the copy ends it.
    static let nap: UInt64 = 100_000
    static let napsBeforeSleep = 2000
    static let shortSleep: UInt64 = 2_500_000
    static let shortSleeps = 400
    /// A hundred wakes a second are what a hundredth of a processor pays for.
    static let longSleep: UInt64 = 10_000_000

    private var idlePolls = 0
    private var fruitlessPolls = 0

    /// Nanoseconds to wait; nil: poll again.
    ///
    /// Spins while something is about to complete, naps while traffic is likely, and sleeps when there has been none:
    /// after some 200 ms for 2.5 ms at a time, after a second more for 10. The first change after a silence is as much
    /// older on the copy, unless its commit waits for the copy, which ends the sleep. A look at the copy's identity is
    /// work, but no traffic.
    mutating func pause(didWork: Bool, isBusy: Bool) -> UInt64? {
        idlePolls = isBusy ? 0 : idlePolls + 1
        fruitlessPolls = didWork ? 0 : fruitlessPolls + 1
        if didWork { return nil }
        if fruitlessPolls < Self.spins {
            for _ in 0 ..< 20 { SpinHint.pause() }
            return nil
        }
        if isBusy { return Self.busyNap }
        if idlePolls < Self.napsBeforeSleep { return Self.nap }
        return idlePolls < Self.napsBeforeSleep + Self.shortSleeps ? Self.shortSleep : Self.longSleep
    }
}
