/// One quantity, measured once a repetition.
public struct Samples: Sendable, Equatable {
    /// In the order in which they were measured; only finite ones.
    public let values: [Double]

    package init(_ values: [Double]) { self.values = values.filter(\.isFinite) }

    public var minimum: Double? { values.min() }
    public var maximum: Double? { values.max() }

    /// The middle one: a machine's noise only ever makes slower, so the mean would tell of the noise.
    public var median: Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Each repetition beside the baseline of the same repetition: what disturbs the machine for seconds disturbs both.
    package func divided(by baseline: Samples) -> Samples {
        guard values.count == baseline.values.count else {
            return Samples([(median ?? .nan) / (baseline.median ?? .nan)])
        }
        return Samples(zip(values, baseline.values).map { $0 / $1 })
    }
}

extension Samples {
    /// `2.81 · 2.90 · 3.14`; one number where all are the same.
    package func spread(_ separator: String) -> String {
        let three = [minimum, median, maximum].map { shortNumber($0 ?? .nan) }
        return three[0] == three[2] ? three[1] : three.joined(separator: separator)
    }
}

/// What a row measures, by the row's own names for it.
struct Series<Name: Hashable> {
    private var values: [Name: [Double]] = [:]

    mutating func add(_ name: Name, _ value: Double) { values[name, default: []].append(value) }

    subscript(_ name: Name) -> Samples { Samples(values[name] ?? []) }
}

/// The median of `values`; not a number if there are none.
func median(_ values: [Double]) -> Double { Samples(values).median ?? .nan }

/// Three digits that count: 0.951, 12.3, 4567.
func shortNumber(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let size = value.magnitude
    let decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
    var scale = 1.0
    for _ in 0 ..< decimals { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    if rounded == rounded.rounded(), rounded.magnitude < 1e15 { return String(Int(rounded)) }
    var text = String(Int(rounded.magnitude)) + "."
    let fraction = String(Int(((rounded.magnitude - rounded.magnitude.rounded(.down)) * scale).rounded()))
    text += String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
    return rounded < 0 ? "-" + text : text
}
