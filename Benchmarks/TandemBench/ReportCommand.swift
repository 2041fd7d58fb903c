import ArgumentParser
import BenchRows
import Foundation

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Every row, and one folder of JSON, Markdown and pictures.",
        discussion: """
            Writes report.json and report.md after each row, so what was measured before an interruption is kept, and \
            the pictures at the end. Ends with 1 when a row failed; a figure that misses its bar is no failure.
            """)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Where the files go; made if it is not there.") var output = ".build/report"
    @Option(help: "Names of rows, with commas between them. Default: all but `peers`.") var rows: String?
    @Flag(help: "The row `peers` as well.") var peers = false
    @Option(
        parsing: .upToNextOption,
        help: """
            Measures nothing: takes the rows from these folders or files (report.json, or --json of a row); of a row \
            that is there twice the later one.
            """)
    var from: [String] = []
    @Flag(inversion: .prefixedNo, help: "Draw pictures, with gnuplot.") var plots = true

    func run() throws {
        // Before minutes are spent on what could not be drawn.
        let gnuplot = plots ? try Gnuplot() : nil
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        let reports = from.isEmpty ? try measured() : try ReportFiles.reports(in: from)
        let pictures = try gnuplot?.draw(reports, in: output) ?? []
        try write(reports, pictures)
        FileHandle.standardError.write(
            Data("written: report.json, report.md and \(pictures.count) pictures in \(output)\n".utf8))
        if reports.contains(where: { !$0.failures.isEmpty }) { throw ExitCode(1) }
    }

    private func measured() throws -> [Report] {
        let rows = try prepared()
        let progress = BenchProgress.onStandardError(expectedSeconds: rows.map(\.expectedSeconds).reduce(0, +))
        if let warning = OtherLoad.warning(watching: 1) {
            FileHandle.standardError.write(Data("WARNING: \(warning)\n".utf8))
        }
        var reports: [Report] = []
        for row in rows {
            reports.append(Self.report(of: row, progress))
            print("\(reports.last!)\n")
            try write(reports, [])
        }
        return reports
    }

    private func prepared() throws -> [any BenchRow] {
        let all = BenchRows.withPeers()
        let asked = rows?.split(separator: ",").map { String($0) } ?? BenchRows.all().map { type(of: $0).name }
        let names = asked + (peers ? [PeersRow.name] : [])
        if let unknown = names.first(where: { name in !all.contains { type(of: $0).name == name } }) {
            throw ValidationError(
                "no row is called '\(unknown)': use \(all.map { type(of: $0).name }.joined(separator: ", "))")
        }
        return all.filter { names.contains(type(of: $0).name) }.map { row in
            var row = row
            prepare(&row)
            return row
        }
    }

    private func prepare(_ row: inout any BenchRow) {
        func apply(_ opened: some BenchRow) -> any BenchRow {
            var opened = opened
            shared.apply(to: &opened)
            // Beside what it writes, which is hardly ever in memory.
            if shared.disk == nil { opened.common.disk = output }
            return opened
        }
        row = apply(row)
    }

    /// A row that cannot be measured is no reason to leave out the others.
    private static func report(of row: some BenchRow, _ progress: BenchProgress) -> Report {
        do { return try row.run(progress) } catch { return row.failed(error) }
    }

    private func write(_ reports: [Report], _ pictures: [Plot]) throws {
        try Document.write(Document.json(of: reports), to: "\(output)/report.json")
        try Document.write(ReportPage(reports, pictures).markdown, to: "\(output)/report.md")
    }
}

struct FiguresCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "figures", abstract: "The JSON of rows as a table for the docs.")
    @Argument(help: "report.json of `report`, or what a row printed with --json.") var files: [String]
    @Option(help: "A page to put the table into, between its two marks.") var into: String?

    func run() throws {
        let table = FiguresTable(try ReportFiles.reports(in: files))
        guard let into else { return print(table.markdown) }
        try Document.change(into) { try table.placed(in: $0) }
    }
}

struct ScalingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling", abstract: "What the figures of one machine say of a larger one.")
    @Argument(help: "report.json of `report`, or what a row printed with --json.") var files: [String]
    @Option(help: "A page to put the tables into, between its two marks.") var into: String?

    func run() throws {
        let table = ScalingTable(try ReportFiles.reports(in: files))
        guard let into else { return print(table.markdown) }
        try Document.change(into) { try table.placed(in: $0) }
    }
}
