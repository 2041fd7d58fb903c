internal import TandemCore
internal import TandemSystem

/// What a copy did and lived through while a load ran.
struct CopyTally: Sendable {
    /// By the clock.
    var seconds: Double
    /// Records that committed cuts carried.
    var records: UInt64
    var cuts: UInt64
    /// Bytes of journal written for them.
    var journalBytes: UInt64
    /// Captures dropped, as a writer's undo log ran full.
    var abandonedCuts: UInt64
    /// Times that the copy went off line or was begun anew.
    var troubles: UInt64
    /// In sync whenever the load looked.
    var stayedInSync: Bool

    /// Not a number if there were none.
    var journalBytesARecord: Double { records == 0 ? .nan : Double(journalBytes) / Double(records) }

    var carriedMillions: Double { Double(records) / max(seconds, 1e-9) / 1e6 }

    /// The counters as they were.
    struct Start {
        private let source: BenchSource
        private let time = MonotonicClock.now()
        private let before: [UInt64]
        private var wasInSync: Bool

        init(_ source: BenchSource) {
            self.source = source
            before = Self.read(source)
            wasInSync = source.isInSync
        }

        @inline(__always)
        mutating func look() { if !source.isInSync { wasInSync = false } }

        func end() -> CopyTally {
            let now = zip(Self.read(source), before).map { $0 &- $1 }
            return CopyTally(
                seconds: Double(MonotonicClock.now() - time) / 1e9, records: now[0], cuts: now[1],
                journalBytes: now[5], abandonedCuts: now[2], troubles: now[3] &+ now[4],
                stayedInSync: wasInSync && source.isInSync && now[3] &+ now[4] == 0)
        }

        private static func read(_ source: BenchSource) -> [UInt64] {
            [Counter.recordsShipped, .cutsCommitted, .cutsAbandoned, .outages, .bulkCopies, .journalBytes]
                .map { source.counters[$0].load() }
        }
    }
}
