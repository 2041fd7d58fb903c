/// What one row of the bench found.
public struct Report: Sendable, Encodable {
    public let row: String
    /// Sizes, machine, method: what one needs to believe the figures.
    public internal(set) var notes: [String] = []
    public internal(set) var figures: [Figure] = []
    /// Why the figures are void: a record that did not arrive, a copy that fell out of sync.
    public internal(set) var failures: [String] = []
    /// 0, or what the process shall end with.
    public internal(set) var exitStatus: Int32 = 0

    init(_ row: String) { self.row = row }

    mutating func note(_ text: String) { notes.append(text) }
    mutating func add(_ figure: Figure) { figures.append(figure) }

    mutating func fail(_ text: String) {
        failures.append(text)
        exitStatus = 1
    }
}

extension Report: CustomStringConvertible {
    /// A plain table.
    public var description: String {
        var rows = [[row, "figure", "baseline", "ratio", "bar", "met"]]
        for figure in figures {
            rows.append([
                figure.what, "\(shortNumber(figure.value)) \(figure.unit.rawValue)",
                figure.baseline.map { "\(shortNumber($0.value)) \($0.name)" } ?? "",
                figure.ratio.map { shortNumber($0) } ?? "", figure.bar ?? "",
                figure.isMet.map { $0 ? "yes" : "NO" } ?? "",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "──"), at: 1)
        lines += notes.map { "  " + $0 }
        lines += failures.map { "  FAILED: " + $0 }
        return lines.joined(separator: "\n")
    }
}
