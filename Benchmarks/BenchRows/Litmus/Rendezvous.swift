internal import Glibc
internal import TandemCore

/// Two threads that start each round together and end it together, without a system call.
struct Rendezvous: @unchecked Sendable {
    private let go: SharedWord
    private let done: SharedWord
    private let scratch: SharedWord

    /// - Parameter base: 384 zeroed bytes: each word has cache lines of its own.
    init(base: UnsafeMutableRawPointer) {
        (go, done, scratch) = (base.word(at: 0), base.word(at: 128), base.word(at: 256))
    }

    func start(_ round: UInt64) { go.storeReleasing(round) }
    func awaitStart(_ round: UInt64) { Self.await(go, round) }
    func finish(_ round: UInt64) { done.storeReleasing(round) }
    func awaitFinish(_ round: UInt64) { Self.await(done, round) }

    /// About a nanosecond each.
    @inline(__always)
    func delay(_ steps: Int) {
        var left = steps
        while left > 0, scratch.load() == 0 { left -= 1 }
    }

    @inline(__always)
    private static func await(_ word: SharedWord, _ round: UInt64) {
        var spins = 0
        while word.loadAcquiring() < round {
            spins += 1
            // The other one has lost its core: let it have this one.
            if spins & 0xFFFF == 0 { sched_yield() }
        }
    }
}

/// Steers one thread's delay so that both reach the contested instructions together: a step whose rounds were mostly
/// too early makes the next later, and the other way round. Jitter explores the neighbourhood.
struct Aim {
    private static let delayMax = 5000
    private static let jitter = 64
    private var centre = 100
    private var random = SplitMix(seed: 5)

    mutating func next() -> Int { max(0, centre + random.index(below: Self.jitter) - Self.jitter / 2) }

    mutating func adjust(early: Int, late: Int) {
        if early > late { centre = min(centre + 1, Self.delayMax) }
        if early < late { centre = max(centre - 1, 0) }
    }
}
