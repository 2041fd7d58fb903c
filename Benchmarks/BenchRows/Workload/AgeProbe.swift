internal import Histogram
internal import TandemSystem

/// Ages of changes: from a transaction's commit until its cut is committed on the copy.
///
/// The writer's own thread notes a commit's time and epoch after each batch, and looks at `committed` before the next;
/// a third thread would have to share a core with one of the two it watches.
struct AgeProbe {
    private(set) var ages = Histogram<UInt64>(
        highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    private var waiting: [(time: UInt64, epoch: UInt64)]
    private var first = 0
    private var next = 0

    init() { waiting = Array(repeating: (0, 0), count: 1 << 16) }

    @inline(__always)
    mutating func note(epoch: UInt64, at time: UInt64) {
        // Full: the copy is far behind, and the oldest ones waiting say so when they are done.
        guard next &- first < waiting.count else { return }
        waiting[next & 0xFFFF] = (time, epoch)
        next &+= 1
    }

    /// A writer's epochs only grow, so those that are done come first.
    @inline(__always)
    mutating func observe(committed: UInt64, at time: UInt64) {
        while first != next, waiting[first & 0xFFFF].epoch <= committed {
            _ = ages.record(max(1, time &- waiting[first & 0xFFFF].time))
            first &+= 1
        }
    }

    var isAllDone: Bool { first == next }
    func microseconds(_ percentile: Double) -> Double { Double(ages.valueAtPercentile(percentile)) / 1e3 }
}
