extension OperationMatrix {
    /// A line for each kind of operation: how many of them were failed in each way; "2/3" where one of three broke a
    /// promise.
    var table: String {
        var lines = ["\(scenario.summary): \(operationCount) operations\(every > 1 ? ", a sample of them failed" : "")"]
        lines.append(row("", OperationFault.Kind.allCases.flatMap { [$0.rawValue, ""] }))
        lines.append(row("", Self.columns.map { $0.lasts ? "ever" : "once" }))
        for operation in Operation.allCases {
            if let cells = cells[operation] { lines.append(row(operation.name, cells.map(text))) }
        }
        lines.append(
            """
            \(passed + failed) runs, \(checks) states of the copy examined. \(cost.nothing) faults cost no further \
            outage, \(cost.outage) cost one, \(cost.copiedAnew) cost a new copy.
            """
        )
        return lines.joined(separator: "\n")
    }

    private func text(_ cell: Cell) -> String {
        cell.count == 0 ? "·" : cell.passed == cell.count ? "\(cell.count)" : "\(cell.passed)/\(cell.count)"
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        name + spaces(24 - name.count) + cells.map { spaces(7 - $0.count) + $0 }.joined()
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }
}
