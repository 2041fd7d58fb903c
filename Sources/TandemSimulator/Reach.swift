/// What happened in a run, counted: what held in states that were never reached would mean little.
protocol Reach {
    /// Each count, by the words in which it is told.
    static var fields: [(String, WritableKeyPath<Self, Int>)] { get }
}

extension Reach {
    static func += (sum: inout Self, other: Self) {
        for field in fields { sum[keyPath: field.1] += other[keyPath: field.1] }
    }

    var summary: String { Self.fields.map { "\($0.0) \(self[keyPath: $0.1])" }.joined(separator: ", ") }
}
