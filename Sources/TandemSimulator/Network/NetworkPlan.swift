/// What a seed decides of the way to its copies. Where there is one, each of them is at a server.
struct NetworkPlan {
    /// What a request takes, or an answer.
    let latencyMean: UInt64
    /// Mean time between two faults of the way to one copy, and of its standby; nil: it is long, and nothing else.
    let faultMean: UInt64?
    /// How long a server takes until it comes to what a lost connection has left in its buffers.
    let lateMean: UInt64
    /// The servers are standbys, with their fence. Without one they are given a quiet time.
    let fences: Bool
    let seed: UInt64
    /// What a server without a fence is given: some probes.
    static let quiet: UInt64 = 150_000

    /// Nil: none. What a source that was put back does at a standby is not simulated: there is none where one will be.
    ///
    /// - Parameter dice: drawn from for every seed, and after all others, so that what they draw does not depend on it.
    init?(_ dice: inout SeededRandom, arrives: Bool, putsSourceBack: Bool) {
        latencyMean = [20, 300, 3_000][dice.below(3)]
        faultMean = [nil, 10_000, 40_000, 40_000, 150_000][dice.below(5)]
        lateMean = [500, 10_000, 100_000][dice.below(3)]
        seed = dice.next()
        // Most standbys are in memory.
        fences = dice.below(2) == 0 || arrives
        let isThere = dice.below(8) < (arrives ? 4 : 2)
        guard isThere, !putsSourceBack else { return nil }
    }
}
