/// Reports as the table of docs/FIGURES.md, and the page with that table in the place between two marks.
public struct FiguresTable {
    public static let begin = "<!-- figures: made by tandem-bench -->"
    public static let end = "<!-- end of figures -->"
    let reports: [Report]

    public init(_ reports: [Report]) { self.reports = reports }

    public var markdown: String {
        var lines: [String] = []
        for circumstances in Self.circumstances(of: reports) { lines += Wrapped.lines("\(circumstances).") + [""] }
        lines +=
            missed + [
                "",
                "| row | figure | min – median – max | beside it, median | ratio | bar | met |",
                "|---|---|---|---|---|---|---|",
            ]
        for report in reports {
            for (number, figure) in report.figures.enumerated() {
                let cells = [
                    number == 0 ? "`\(report.row)`" : "", figure.what,
                    figure.unit.after(figure.samples.spread(" – ")),
                    figure.baseline.map {
                        figure.unit.after(shortNumber($0.samples.median ?? .nan)) + ", " + $0.name
                    } ?? "",
                    figure.ratio?.spread(" – ") ?? "", figure.bar ?? "",
                    figure.isMet == false ? "**no**" : figure.verdict,
                ]
                lines.append("| " + cells.joined(separator: " | ") + " |")
            }
        }
        for report in reports {
            for text in report.warnings { lines += [""] + Wrapped.lines("Warning, `\(report.row)`: \(text).") }
            for text in report.failures { lines += [""] + Wrapped.lines("**Failed**, `\(report.row)`: \(text).") }
        }
        return lines.joined(separator: "\n")
    }

    /// Which bars are not met, before anything else is said.
    private var missed: [String] {
        let judged = reports.flatMap(\.figures).filter { $0.bar != nil }
        let missed = judged.filter { $0.isMet != true }
        guard !missed.isEmpty else { return ["All \(judged.count) bars are met."] }
        return ["**Missed are \(missed.count) of \(judged.count) bars:**", ""]
            + missed.flatMap { Wrapped.lines($0.shortfall, first: "- ", indent: "  ") }
    }

    /// `page` with this table between the marks.
    public func placed(in page: String) throws -> String { try Self.place(markdown, in: page) }

    static func place(_ text: String, in page: String) throws -> String {
        guard let begin = page.firstRange(of: Self.begin), let end = page.firstRange(of: Self.end),
            begin.upperBound <= end.lowerBound
        else { throw BenchError("the page has no place for figures: put `\(Self.begin)` and `\(Self.end)` into it") }
        return page[..<begin.upperBound] + "\n\n" + text + "\n\n" + page[end.lowerBound...]
    }

    /// One line a machine and commit: rows of one run share theirs.
    static func circumstances(of reports: [Report]) -> [String] {
        var seen: [String] = []
        for report in reports where !seen.contains(report.circumstances.description) {
            seen.append(report.circumstances.description)
        }
        return seen
    }
}
