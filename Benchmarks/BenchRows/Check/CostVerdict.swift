/// Costs held against those that were accepted.
package struct CostVerdict {
    /// Ready to be printed.
    package private(set) var lines: [String] = []
    /// Why the check fails; empty where it does not.
    package private(set) var problems: [String] = []
    /// The paths that were too dear by the clock, which another measurement may show to have been disturbed.
    package private(set) var dearRatios: [String] = []

    /// A ratio by the clock is that of the fastest rounds, which differ by some per cent from run to run. A fence in a
    /// transaction makes a third.
    package static let ratioTolerance = 1.3

    /// 3 %, as compilers move things about; but at least 2 instructions, for paths of a dozen, and at most 8, so that
    /// ten more are seen in the longest path.
    package static func allowance(_ instructions: Double) -> Double { max(2, min(8, instructions * 0.03)) }

    package init(_ found: CostBaseline, against accepted: CostBaseline) {
        for (name, cost) in found.instructions.sorted(by: { $0.key < $1.key }) {
            judge(name, cost, accepted.instructions[name], "instructions") { Self.allowance($0) }
        }
        let isSame = found.processor == accepted.processor
        for (name, ratio) in found.ratios.sorted(by: { $0.key < $1.key }) {
            guard isSame else {
                lines.append("\(name): \(shortNumber(ratio)) × a plain loop, not judged on this processor")
                continue
            }
            let isDear = judge(name, ratio, accepted.ratios[name], "× a plain loop") { $0 * (Self.ratioTolerance - 1) }
            if isDear { dearRatios.append(name) }
        }
        let gone = Set(accepted.instructions.keys).subtracting(found.instructions.keys)
        for name in gone.sorted() { problems.append("\(name): accepted, and not counted any more") }
    }

    /// Whether it is dearer than was accepted.
    @discardableResult
    private mutating func judge(
        _ name: String, _ cost: Double, _ accepted: Double?, _ unit: String, _ allowance: (Double) -> Double
    ) -> Bool {
        guard let accepted else {
            problems.append("\(name): \(Self.text(cost)) \(unit), and none accepted yet")
            return false
        }
        let more = cost - accepted
        let change = "\(Self.text(cost)) \(unit), accepted \(Self.text(accepted))"
        if more > allowance(accepted) {
            problems.append(
                "\(name): \(change): dearer by \(Self.text(more)), \(shortNumber(more / accepted * 100)) %")
        } else if -more > allowance(accepted) {
            lines.append("\(name): \(change): cheaper by \(Self.text(-more)); accept it, so that it stays so")
        } else {
            lines.append("\(name): \(change)")
        }
        return more > allowance(accepted)
    }

    private static func text(_ value: Double) -> String { shortNumber((value * 100).rounded() / 100) }
}
