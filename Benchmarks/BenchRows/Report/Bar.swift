/// What a figure has to reach.
public enum Bar: Sendable, Equatable {
    case atMost(Double, Figure.Unit)
    case atLeast(Double, Figure.Unit)
    case ratioAtMost(Double)
    case ratioAtLeast(Double)
    /// Not more than the baseline and so much. Judged by the worst of all repetitions on either side, since a promise
    /// that something never happens is broken by the one time that it does.
    case neverAbove(Double, Figure.Unit)
    /// None in any repetition.
    case never

    /// By the median of the repetitions, where the case does not say otherwise. Nil where nothing was measured.
    package func isMet(by samples: Samples, baseline: Samples?) -> Bool? {
        let ratio = baseline.flatMap { samples.divided(by: $0).median }
        switch self {
        case .atMost(let limit, _): return samples.median.map { $0 <= limit }
        case .atLeast(let limit, _): return samples.median.map { $0 >= limit }
        case .ratioAtMost(let limit): return ratio.map { $0 <= limit }
        case .ratioAtLeast(let limit): return ratio.map { $0 >= limit }
        case .neverAbove(let more, _):
            guard let worst = samples.maximum, let without = baseline?.maximum else { return nil }
            return worst <= without + more
        case .never: return samples.maximum.map { $0 <= 0 }
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
        case .neverAbove(let more, let unit): "never \(shortNumber(more)) \(unit.rawValue) more"
        case .never: "none"
        }
    }
}

extension Figure {
    /// What it is instead of what its bar asks, said as the bar is judged: by ratio, by the worst, or by the median.
    var shortfall: String {
        func text(_ value: Double?) -> String { unit.after(shortNumber(value ?? .nan)) }
        let value =
            switch Bars.table[id] {
            case .ratioAtMost, .ratioAtLeast: "\(shortNumber(ratio?.median ?? .nan)) × \(baseline?.name ?? "")"
            case .neverAbove: "\(text(samples.maximum)), \(text(baseline?.samples.maximum)) \(baseline?.name ?? "")"
            case .never: text(samples.maximum)
            case .atMost, .atLeast, nil: text(samples.median)
            }
        return "`\(id)`, \(what): \(value); bar: \(bar ?? "none")"
    }
}
