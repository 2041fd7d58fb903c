/// Rows of text under one another, each column as wide as its widest cell.
struct Columns {
    enum Alignment { case left, right }

    private let alignments: [Alignment]
    private let indent: String
    private var rows: [[String]] = []

    init(_ alignments: [Alignment], indent: Int = 2) {
        self.alignments = alignments
        self.indent = String(repeating: " ", count: indent)
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    func lines() -> [String] {
        let widths = alignments.indices.map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return alignments[column] == .left ? cell + space : space + cell
            }
            let line = indent + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
