/// What one row of the bench found.
public struct Report: Sendable {
    public let row: String
    /// One sentence: what is asked.
    public let abstract: String
    public internal(set) var circumstances: Circumstances
    /// The row's options, by their names.
    public let options: [String: String]
    public internal(set) var figures: [Figure] = []
    /// What people would rather see than read.
    public internal(set) var curves: [Curve] = []
    /// Sizes and methods: what one needs to believe the figures.
    public internal(set) var notes: [String] = []
    /// What may make the figures another program's.
    public internal(set) var warnings: [String] = []
    /// Why the figures are void: a record that did not arrive, a copy that fell out of sync.
    public internal(set) var failures: [String] = []
    /// 0, or what the process shall end with.
    public internal(set) var exitStatus: Int32 = 0

    package init(_ row: String, _ abstract: String, options: [String: String], circumstances: Circumstances) {
        self.row = row
        self.abstract = abstract
        self.options = options
        self.circumstances = circumstances
    }

    /// Said once, however many repetitions find it.
    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }
    package mutating func warn(_ text: String) { warnings.append(text) }
    package mutating func add(_ figure: Figure) { figures.append(figure) }
    mutating func add(_ curve: Curve) { curves.append(curve) }

    package mutating func fail(_ text: String) {
        failures.append(text)
        exitStatus = 1
    }
}

/// No optional among its properties, so every key is there by itself.
extension Report: Codable {}

extension Report: CustomStringConvertible {
    /// A plain table.
    public var description: String {
        var rows = [[row, "min · median · max", "baseline, median", "ratio", "bar", "met"]]
        for figure in figures {
            rows.append([
                figure.what, figure.unit.after(figure.samples.spread(" · ")),
                figure.baseline.map { "\(shortNumber($0.samples.median ?? .nan)) \($0.name)" } ?? "",
                figure.ratio?.spread(" · ") ?? "", figure.bar ?? "", figure.verdict,
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "──"), at: 1)
        let circumstances = ["\(circumstances)"]
        let options = ["options: " + options.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")]
        let said =
            notes + circumstances + options + warnings.map { "WARNING: " + $0 } + failures.map { "FAILED: " + $0 }
        lines += said.flatMap { Wrapped.lines($0, first: "  ", indent: "    ") }
        return lines.joined(separator: "\n")
    }
}

extension Figure {
    /// Empty where there is no bar.
    var verdict: String { bar == nil ? "" : isMet.map { $0 ? "yes" : "NO" } ?? "not measured" }
}
