internal import TandemCore
public import TandemTypes

/// How fast a source and its copy moved between two readings, each figure a second.
public struct SourceRates: Sendable, Encodable {
    /// Time between the two readings; all else is 0 when this is.
    public let seconds: Double
    /// Transactions of all writers.
    public let commitsPerSecond: Double
    /// Cuts that became whole on the copy.
    public let cutsPerSecond: Double
    /// Records that those cuts carried.
    public let recordsPerSecond: Double
    /// Bytes of journal written to the copy.
    public let journalBytesPerSecond: Double
    /// Bytes of page images.
    public let imageBytesPerSecond: Double

    /// - Complexity: O(writers).
    public init(from before: SourceStatus, to now: SourceStatus) {
        let seconds = now.readAt > before.readAt ? Double(now.readAt - before.readAt) / 1e9 : 0
        // A sum that is smaller than before is of another source, or scribbled: no rate.
        func rate(_ new: UInt64, _ old: UInt64) -> Double {
            seconds > 0 && new >= old ? Double(new - old) / seconds : 0
        }
        func rate(of counter: Counter) -> Double { rate(now.counter(counter), before.counter(counter)) }
        self.seconds = seconds
        commitsPerSecond = rate(now.commits, before.commits)
        cutsPerSecond = rate(of: .cutsCommitted)
        recordsPerSecond = rate(of: .recordsShipped)
        journalBytesPerSecond = rate(of: .journalBytes)
        imageBytesPerSecond = rate(of: .imageBytes)
    }
}

extension SourceStatus {
    /// Transactions committed by all writers that the source remembers.
    public var commits: UInt64 { writers.reduce(0) { $0 &+ $1.commits } }

    /// One of `counters`; 0 for one that this version does not know.
    public func counter(_ counter: Counter) -> UInt64 { counters["\(counter)"] ?? 0 }
}
