internal import Foundation

/// Reports as they were written.
public enum ReportFiles {
    /// What rows have printed with `--json`, and what `report` has written: its `report.json`, or the folder of it.
    ///
    /// A row that is there twice counts once, as it is there last, in the place of the first: it was measured anew.
    public static func reports(in paths: [String]) throws -> [Report] {
        var reports: [Report] = []
        for report in try paths.flatMap(read) {
            if let place = reports.firstIndex(where: { $0.row == report.row }) {
                reports[place] = report
            } else {
                reports.append(report)
            }
        }
        return reports
    }

    private static func read(_ path: String) throws -> [Report] {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let file = isThere && isFolder.boolValue ? "\(path)/report.json" : path
        guard let data = FileManager.default.contents(atPath: file) else { throw BenchError("cannot read \(file)") }
        if let one = try? JSONDecoder().decode(Report.self, from: data) { return [one] }
        guard let all = try? JSONDecoder().decode([Report].self, from: data) else {
            throw BenchError("\(file) is no report: give what `report` has written, or what a row printed with --json")
        }
        return all
    }
}
