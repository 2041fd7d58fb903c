internal import Histogram

/// How long each of many things took, in nanoseconds.
struct Delays: Sendable {
    private var histogram = Histogram<UInt64>(
        highestTrackableValue: 100_000_000_000, numberOfSignificantValueDigits: .three)
    /// Exact, where the histogram has three digits.
    private(set) var longest: UInt64 = 0

    @inline(__always)
    mutating func record(_ nanoseconds: UInt64) {
        _ = histogram.record(min(max(1, nanoseconds), 100_000_000_000))
        if nanoseconds > longest { longest = nanoseconds }
    }

    var count: Int { Int(histogram.totalCount) }
    /// Not a number if nothing was recorded.
    func microseconds(_ percentile: Double) -> Double {
        count == 0 ? .nan : Double(min(histogram.valueAtPercentile(percentile), longest)) / 1e3
    }
    var longestMicroseconds: Double { count == 0 ? .nan : Double(longest) / 1e3 }
    var longestMilliseconds: Double { longestMicroseconds / 1e3 }
}
