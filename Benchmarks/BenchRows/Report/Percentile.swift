/// Which of many delays a figure is of.
enum Percentile: String, CaseIterable {
    case p50
    case p99
    case p999 = "p99.9"
    case p9999 = "p99.99"
    case worst

    /// Not a number if nothing was recorded.
    func microseconds(of delays: Delays) -> Double {
        switch self {
        case .p50: delays.microseconds(50)
        case .p99: delays.microseconds(99)
        case .p999: delays.microseconds(99.9)
        case .p9999: delays.microseconds(99.99)
        case .worst: delays.longestMicroseconds
        }
    }

    var words: String { self == .worst ? "longest" : rawValue }
}
