/// Finds the highest rate that holds, by trying: up or down by strides until it is known from above and below, then
/// closer and closer.
package struct RateSearch {
    /// What holds and what does not lie no further apart.
    package static let closeness = 1.06
    private static let triesMax = 24
    private static let rateMin = 1000.0

    var start: Double
    var stride: Double
    var max: Double

    package init(from start: Double, stride: Double, max: Double) {
        self.start = start
        self.stride = stride
        self.max = max
    }

    /// Nil if none held.
    package func highest(_ holds: (Double) throws -> Bool) rethrows -> Double? {
        var (rate, good, tooMuch) = (min(start, max), 0.0, Double.infinity)
        for _ in 0 ..< Self.triesMax {
            if try holds(rate) { good = rate } else { tooMuch = rate }
            if good == 0 {
                rate /= stride
                if rate < Self.rateMin { break }
            } else if tooMuch < .infinity {
                guard tooMuch / good > Self.closeness else { break }
                rate = (good * tooMuch).squareRoot()
            } else {
                if good >= max { break }
                rate = min(good * stride, max)
            }
        }
        return good > 0 ? good : nil
    }
}
