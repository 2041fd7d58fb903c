internal import Tandem
internal import TandemCore
internal import TandemSystem

/// The copies, of several, whose age a load looks at.
enum WatchedCopies: Sendable {
    /// Whichever has a cut first.
    case newest
    /// All of them: the last one counts.
    case each
    /// The first that the replicator was given.
    case first

    func words(of source: BenchSource) -> CommittedWords {
        switch self {
        case .newest: CommittedWords([source.file.area.committed])
        case .each: CommittedWords(source.file.area.followed.map(\.replicator.committed))
        case .first: CommittedWords([source.file.area.firstFollowed.committed])
        }
    }
}

/// The words that say which cut is whole on each of some copies.
struct CommittedWords {
    private let words: [SharedWord]

    init(_ words: [SharedWord]) { self.words = words }

    /// What all of them have.
    var oldest: UInt64 {
        @inline(__always) get { words.reduce(.max) { min($0, $1.loadAcquiring()) } }
    }

    /// Writing has ended; the last changes are on their way.
    func await(_ probe: inout AgeProbe, _ last: UInt64) {
        let deadline = MonotonicClock.now() + 20_000_000_000
        while !probe.isAllDone || oldest < last, MonotonicClock.now() < deadline {
            SpinHint.pause()
            probe.observe(committed: oldest, at: MonotonicClock.now())
        }
        probe.giveUp(at: MonotonicClock.now())
    }
}
