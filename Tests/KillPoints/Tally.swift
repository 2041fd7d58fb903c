/// What a series of deaths came to.
struct Tally {
    var instructions = 0
    var killed = 0
    /// Deaths between two transactions, in one that recovery undoes, in one that it completes.
    var nothingUnderWay = 0
    var undone = 0
    var committed = 0
    /// Killed at an instruction, but not at the one that was meant.
    var elsewhere = 0
    var violations = 0
    var seconds = 0.0

    mutating func count(_ outcome: Autopsy.Outcome) {
        switch outcome {
        case .nothingUnderWay: nothingUnderWay += 1
        case .undone: undone += 1
        case .committed: committed += 1
        }
    }

    static func += (left: inout Tally, right: Tally) {
        left.instructions += right.instructions
        left.killed += right.killed
        left.nothingUnderWay += right.nothingUnderWay
        left.undone += right.undone
        left.committed += right.committed
        left.elsewhere += right.elsewhere
        left.violations += right.violations
        left.seconds += right.seconds
    }

    private static let widths = [40, 13, 8, 8, 8, 9, 10, 11, 8]

    static let header = row([
        "killed in", "instructions", "killed", "idle", "undone", "completed", "elsewhere", "violations", "a second",
    ])

    func line(_ name: String) -> String {
        Self.row(
            [name]
                + [
                    instructions, killed, nothingUnderWay, undone, committed, elsewhere, violations,
                    Int(Double(killed) / seconds),
                ]
                .map(String.init))
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, widths).enumerated().map { column, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return column == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: " ")
    }
}
