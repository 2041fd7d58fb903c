/// A report to be read: what was missed, pictures, the table, and how each row was measured.
public struct ReportPage {
    private let reports: [Report]
    private let plots: [Plot]

    package init(_ reports: [Report], _ plots: [Plot]) {
        self.reports = reports
        self.plots = plots
    }

    public var markdown: String {
        var lines = ["# Figures", "", FiguresTable(reports).markdown]
        for plot in plots {
            lines += [""] + Wrapped.lines("\(plot.caption).") + ["", "![\(plot.caption)](\(plot.name).svg)"]
        }
        lines += ["", "## How each row was measured"]
        for report in reports {
            let options = report.options.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
            let load = report.circumstances.otherLoad.map {
                "Other programs took \(shortNumber($0.programs * 100)) % of a processor meanwhile, the host "
                    + "\(shortNumber($0.stolen * 100)) %."
            }
            lines += ["", "### `\(report.row)`", ""] + Wrapped.lines(report.abstract) + [""]
            for text in report.notes + ["options: \(options)"] + [load].compactMap({ $0 }) {
                lines += Wrapped.lines(text, first: "- ", indent: "  ")
            }
        }
        return lines.joined(separator: "\n")
    }
}
