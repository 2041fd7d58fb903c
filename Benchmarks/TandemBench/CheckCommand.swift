import ArgumentParser
import BenchRows
import Foundation

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether a hot path has got dearer: instructions, and ratios in one run.",
        discussion: "Ends with 1 where one has. --accept writes the costs that were found into the baseline.")
    @Option(help: "The file of accepted costs.") var baseline = "Benchmarks/costs.txt"
    @Option(help: "The program whose hot paths are counted, with symbols that valgrind can read.")
    var program = "/proc/self/exe"
    @Flag(help: "What was found becomes the baseline.") var accept = false

    func run() throws {
        var found = CostBaseline(processor: Machine.this.processor)
        found.ratios = Dictionary(
            try CheckedRatios().measure().map { ($0.name, $0.ratio) }, uniquingKeysWith: { $1 })
        found.instructions = try Callgrind().instructions(of: program, ["count"])
        if accept {
            try Data(found.text.utf8).write(to: URL(fileURLWithPath: baseline), options: .atomic)
            return print("\(found.text)accepted: written to \(baseline)")
        }
        let text = try? String(contentsOfFile: baseline, encoding: .utf8)
        let verdict = CostVerdict(
            found, against: try text.map { try CostBaseline(parsing: $0) } ?? CostBaseline(processor: found.processor))
        for line in verdict.lines { print(line) }
        guard verdict.problems.isEmpty else {
            for problem in verdict.problems { print("FAILED  \(problem)") }
            print("If that is worth it, `make bench-check ACCEPT=1` makes it the baseline: say why in the commit.")
            throw ExitCode(1)
        }
    }
}

/// What runs under callgrind.
struct CountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "count", shouldDisplay: false)

    func run() throws { for line in try HotPaths().run().lines { print(line) } }
}
