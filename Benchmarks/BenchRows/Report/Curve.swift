/// One quantity over another: what people would rather see than read.
public struct Curve: Sendable, Codable {
    public struct Axis: Sendable, Codable {
        /// As in `offered, M/s`.
        public let name: String
        public let isLogarithmic: Bool

        init(_ name: String, isLogarithmic: Bool = false) {
            self.name = name
            self.isLogarithmic = isLogarithmic
        }
    }

    public struct Point: Sendable, Codable {
        public let x: Double
        /// One value a repetition, or one alone.
        public let y: Samples
    }

    public struct Line: Sendable, Codable {
        public let name: String
        public internal(set) var points: [Point]
    }

    /// As in `update.age`: what its files are called.
    public let id: String
    public let what: String
    public let x: Axis
    public let y: Axis
    public internal(set) var lines: [Line] = []

    init(_ id: String, _ what: String, x: Axis, y: Axis) {
        self.id = id
        self.what = what
        self.x = x
        self.y = y
    }

    /// Points without a value are left out: a picture of nothing would be one of zero.
    mutating func add(_ name: String, _ points: [(x: Double, y: Samples)]) {
        let known = points.filter { $0.y.median != nil }.map { Point(x: $0.x, y: $0.y) }
        if !known.isEmpty { lines.append(Line(name: name, points: known)) }
    }
}
