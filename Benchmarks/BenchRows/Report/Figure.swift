/// One measured number, what it was measured beside, and the bar it is held against.
public struct Figure: Sendable, Encodable {
    public enum Unit: String, Sendable, Encodable {
        case nanoseconds = "ns"
        case microseconds = "µs"
        case milliseconds = "ms"
        case millionsPerSecond = "M/s"
        case gigabytesPerSecond = "GB/s"
        case percent = "%"
        case count = ""
    }

    /// The same work done without Tandem, in the same run.
    public struct Baseline: Sendable, Encodable {
        public let name: String
        public let value: Double

        public init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    public let what: String
    public let value: Double
    public let unit: Unit
    public let baseline: Baseline?
    public let ratio: Double?
    public let bar: String?
    /// Nil where there is none.
    public let isMet: Bool?

    public init(_ what: String, _ value: Double, _ unit: Unit, beside baseline: Baseline? = nil, bar: Bar? = nil) {
        self.what = what
        self.value = value
        self.unit = unit
        self.baseline = baseline
        ratio = baseline.map { value / $0.value }
        self.bar = bar?.description
        isMet = bar?.isMet(value: value, ratio: ratio)
    }
}

/// What a figure has to reach.
public enum Bar: Sendable {
    case atMost(Double, Figure.Unit)
    case atLeast(Double, Figure.Unit)
    case ratioAtMost(Double)
    case ratioAtLeast(Double)
    /// So many nanoseconds where the baseline takes so many: scales with the machine.
    case atMostWhere(Double, baselineTakes: Double, Figure.Unit)

    func isMet(value: Double, ratio: Double?) -> Bool {
        switch self {
        case .atMost(let limit, _): value <= limit
        case .atLeast(let limit, _): value >= limit
        case .ratioAtMost(let limit): ratio.map { $0 <= limit } ?? false
        case .ratioAtLeast(let limit): ratio.map { $0 >= limit } ?? false
        case .atMostWhere(let limit, let baseline, _): ratio.map { $0 <= limit / baseline } ?? false
        }
    }
}

extension Bar: CustomStringConvertible {
    public var description: String {
        switch self {
        case .atMost(let limit, let unit): "≤ \(shortNumber(limit)) \(unit.rawValue)"
        case .atLeast(let limit, let unit): "≥ \(shortNumber(limit)) \(unit.rawValue)"
        case .ratioAtMost(let limit): "≤ \(shortNumber(limit)) ×"
        case .ratioAtLeast(let limit): "≥ \(shortNumber(limit)) ×"
        case .atMostWhere(let limit, let baseline, let unit):
            "≤ \(shortNumber(limit)) at \(shortNumber(baseline)) \(unit.rawValue)"
        }
    }
}

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
