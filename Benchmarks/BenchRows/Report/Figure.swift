/// One measured quantity, what it was measured beside, and the bar it is held against.
public struct Figure: Sendable {
    public enum Unit: String, Sendable, Codable {
        case nanoseconds = "ns"
        case microseconds = "µs"
        case milliseconds = "ms"
        case seconds = "s"
        case secondsAGibibyte = "s/GiB"
        case secondsAMillion = "s/million"
        case millionsPerSecond = "M/s"
        case gigabytesPerSecond = "GB/s"
        case bytes = "bytes"
        case mebibytes = "MiB"
        case percent = "%"
        case count = ""

        /// `12 ns`; a count stands alone.
        func after(_ number: String) -> String { self == .count ? number : "\(number) \(rawValue)" }
    }

    /// The same work done without Tandem, or without a copy, in the same run and in turn.
    public struct Baseline: Sendable, Codable {
        public let name: String
        public let samples: Samples

        public init(_ name: String, _ samples: Samples) {
            self.name = name
            self.samples = samples
        }
    }

    /// As in `write.hot.shared`: what scripts and the table of bars know it by.
    public let id: String
    public let what: String
    public let unit: Unit
    public let samples: Samples
    public let baseline: Baseline?
    /// The samples by those of the baseline, each repetition by itself.
    public let ratio: Samples?
    public let bar: String?
    /// Nil where there is no bar, or nothing was measured.
    public let isMet: Bool?

    /// Held against the bar that `Bars` has for `id`, if any.
    package init(_ id: String, _ what: String, _ samples: Samples, _ unit: Unit, beside baseline: Baseline? = nil) {
        let bar = Bars.table[id]
        self.id = id
        self.what = what
        self.unit = unit
        self.samples = samples
        self.baseline = baseline
        ratio = baseline.map { samples.divided(by: $0.samples) }
        self.bar = bar?.description
        isMet = bar?.isMet(by: samples, baseline: baseline?.samples)
    }
}

extension Figure: Codable {
    private enum Key: String, CodingKey { case id, what, unit, samples, baseline, ratio, bar, isMet }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decode(String.self, forKey: .id)
        what = try container.decode(String.self, forKey: .what)
        unit = try container.decode(Unit.self, forKey: .unit)
        samples = try container.decode(Samples.self, forKey: .samples)
        baseline = try container.decode(Baseline?.self, forKey: .baseline)
        ratio = try container.decode(Samples?.self, forKey: .ratio)
        bar = try container.decode(String?.self, forKey: .bar)
        isMet = try container.decode(Bool?.self, forKey: .isMet)
    }

    /// Every key is there; what is not known is null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(what, forKey: .what)
        try container.encode(unit, forKey: .unit)
        try container.encode(samples, forKey: .samples)
        try container.encode(baseline, forKey: .baseline)
        try container.encode(ratio, forKey: .ratio)
        try container.encode(bar, forKey: .bar)
        try container.encode(isMet, forKey: .isMet)
    }
}
