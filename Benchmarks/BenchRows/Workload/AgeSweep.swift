/// How old a copy is at rates from a tenth of what it carries to a quarter more.
struct AgeSweep {
    /// Shares of the capacity.
    private static let shares = [0.1, 0.25, 0.5, 0.75, 1, 1.25]
    /// What a sweep takes, in steps of a search.
    static var steps: Int { shares.count }
    private static let percentiles = [Percentile.p50, .p99, .p999]

    private struct Place: Hashable {
        var share: Int
        var percentile: Percentile
    }

    /// Millions a second. All repetitions go through the same rates, those of the first one's capacity.
    private var capacity: Double?
    private var ages = Series<Place>()

    mutating func run(_ search: CapacitySearch, capacity found: Double) throws {
        let capacity = self.capacity ?? found
        self.capacity = capacity
        for (number, share) in Self.shares.enumerated() {
            // Above what is carried a longer look only makes it older.
            let step = try search.measure(perSecond: capacity * share, seconds: search.bound.windowSeconds / 2)
            for percentile in Self.percentiles {
                ages.add(
                    Place(share: number, percentile: percentile),
                    percentile.microseconds(of: step.outcome.ages) / 1e3)
            }
        }
    }

    var curve: Curve {
        var curve = Curve(
            "update.age", "Age of the copy over the rate of changes", x: .init("changes offered, M/s"),
            y: .init("age, ms", isLogarithmic: true))
        for percentile in Self.percentiles {
            curve.add(
                percentile.words,
                Self.shares.indices.map {
                    ((capacity ?? .nan) * Self.shares[$0] / 1e6, ages[Place(share: $0, percentile: percentile)])
                })
        }
        return curve
    }
}
