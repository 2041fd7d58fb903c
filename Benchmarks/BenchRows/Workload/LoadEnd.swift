internal import TandemCore
internal import TandemSystem

/// How long a load goes on.
enum LoadEnd: Sendable {
    case seconds(Double)
    case transactions(Int)
    /// Until the copy is in sync by a replicator that was started after this moment, or for a minute.
    case inSync(since: UInt64)

    @inline(__always)
    func isReached(_ source: BenchSource, _ now: UInt64, _ start: UInt64, _ done: Int) -> Bool {
        switch self {
        case .seconds(let seconds): now >= start + UInt64(seconds * 1e9)
        case .transactions(let count): done >= count
        case .inSync(let since):
            source.isInSync && source.counters[.since].load() >= since || now > start + 60_000_000_000
        }
    }
}
