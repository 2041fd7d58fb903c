internal import Foundation

/// The program that draws.
public struct Gnuplot {
    private let executable: String

    /// - Throws: what to install.
    public init() throws {
        guard let found = ChildProcess.find("gnuplot") else {
            throw BenchError(
                """
                gnuplot is not installed, and a report's pictures are drawn by it: install it (Debian: gnuplot-nox; \
                `make packages` does), or ask for no pictures with --no-plots
                """)
        }
        executable = found
    }

    /// Writes the pictures of `reports`, each with its script beside it, and returns them.
    package func draw(_ reports: [Report], in folder: String) throws -> [Plot] {
        let plots = ReportPlots(reports).plots
        for plot in plots {
            let (script, picture) = ("\(folder)/\(plot.name).gp", "\(folder)/\(plot.name).svg")
            try Data(plot.script.utf8).write(to: URL(fileURLWithPath: script))
            let child = try ChildProcess(
                executable, ["-e", "set output \(Plot.quoted(picture))", script], capturesOutput: true)
            let (status, _) = child.result()
            let drawn = FileManager.default.contents(atPath: picture) ?? Data()
            guard status == 0, drawn.count > 500 else {
                throw BenchError(
                    "gnuplot did not draw \(picture) (status \(status)): run `gnuplot \(script)` to see why")
            }
        }
        return plots
    }
}
