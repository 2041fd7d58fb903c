import ArgumentParser
import BenchRows
import Foundation

struct AllCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Every row, with text, JSON and a table for the docs in a folder.",
        discussion: """
            Writes bench.txt, bench.json and figures.md after each row, so what was measured before an interruption is \
            kept. Ends with 1 when a row failed; a figure that misses its bar is no failure.
            """)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Where the files go; made if it is not there.") var output = ".build/bench"
    @Option(help: "Names of rows, with commas between them. Default: all.") var rows: String?

    func run() throws {
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        let rows = try prepared()
        let progress = BenchProgress.onStandardError(expectedSeconds: rows.map(\.expectedSeconds).reduce(0, +))
        if let warning = OtherLoad.warning(watching: 1) {
            FileHandle.standardError.write(Data("WARNING: \(warning)\n".utf8))
        }
        var reports: [Report] = []
        for row in rows {
            reports.append(Self.report(of: row, progress))
            print("\(reports.last!)\n")
            try write(reports)
        }
        FileHandle.standardError.write(Data("written: bench.txt, bench.json and figures.md in \(output)\n".utf8))
        if reports.contains(where: { !$0.failures.isEmpty }) { throw ExitCode(1) }
    }

    private func prepared() throws -> [any BenchRow] {
        let all = BenchRows.all()
        let names = rows?.split(separator: ",").map { String($0) }
        if let unknown = names?.first(where: { name in !all.contains { type(of: $0).name == name } }) {
            throw ValidationError(
                "no row is called '\(unknown)': use \(all.map { type(of: $0).name }.joined(separator: ", "))")
        }
        return all.filter { names?.contains(type(of: $0).name) ?? true }.map { row in
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

    private func write(_ reports: [Report]) throws {
        try Document.write(reports.map { "\($0)\n" }.joined(separator: "\n"), to: "\(output)/bench.txt")
        try Document.write(Document.json(of: reports), to: "\(output)/bench.json")
        try Document.write(FiguresTable(reports).markdown, to: "\(output)/figures.md")
    }
}

struct FiguresCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "figures", abstract: "The JSON of rows as a table for the docs.")
    @Argument(help: "bench.json of `all`, or what a row printed with --json.") var files: [String]
    @Option(help: "A page to put the table into, between its two marks.") var into: String?

    func run() throws {
        let table = FiguresTable(try files.flatMap { try Document.reports(in: $0) })
        guard let into else { return print(table.markdown) }
        let page = try String(contentsOfFile: into, encoding: .utf8)
        try Data(table.placed(in: page).utf8).write(to: URL(fileURLWithPath: into), options: .atomic)
    }
}
