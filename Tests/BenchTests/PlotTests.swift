import BenchRows
import Foundation
import Testing

/// Pictures show what was measured, and nothing else.
struct PlotTests {
    @Test func aPictureHasTheMedianAndTheSpreadOfEachFigure() throws {
        let plots = ReportPlots([Self.report()]).plots
        let writers = try #require(plots.first { $0.name == "writers" })
        #expect(writers.script.contains("\"cold\" 4.0 3.0 5.0 2.0 1.0 3.0\n"), "median, minimum, maximum of each bar")
        #expect(
            writers.script.contains("title \"without a copy\"") && writers.script.contains("\"with a copy in sync\""))
    }

    @Test func whatWasNotMeasuredIsNoPicture() {
        #expect(ReportPlots([Self.report()]).plots.map(\.name) == ["writers"])
        #expect(ReportPlots([]).plots.isEmpty)
    }

    @Test(.enabled(if: Self.hasGnuplot, "gnuplot is not installed: `make packages`"))
    func gnuplotDrawsThemAndThePageShowsThem() throws {
        let folder = NSTemporaryDirectory() + "tandem-bench-plots-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let plots = try Gnuplot().draw([Self.report()], in: folder)
        let picture = try String(contentsOfFile: "\(folder)/writers.svg", encoding: .utf8)
        #expect(picture.contains("<svg") && picture.contains("with a copy in sync"))
        let page = ReportPage([Self.report()], plots).markdown
        #expect(page.contains("](writers.svg)"))
        #expect(page.contains("### `full-speed`") && page.contains("- options: seconds 2"))
        #expect(page.range(of: "Missed are")!.lowerBound < page.range(of: "writers.svg")!.lowerBound)
    }

    private static let hasGnuplot = (try? Gnuplot()) != nil

    private static func report() -> Report {
        var report = Report("full-speed", "A row.", options: ["seconds": "2"], circumstances: .now())
        report.add(
            Figure(
                "full-speed.cold.rate", "cold", Samples([1, 2, 3]), .millionsPerSecond,
                beside: .init("without a copy", Samples([3, 4, 5]))))
        report.add(Figure("bulk.memory.fresh", "void", Samples([]), .gigabytesPerSecond))
        return report
    }
}
