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

    /// Another machine's load on the sibling of this processor takes half of what it executes, for as long as it runs.
    /// A loop that waits for memory does not notice, a path of 22 instructions does: 2.83 instead of 1.36 × was seen in
    /// all 5,000 rounds of a measurement. What is dear in all that are made within a minute is dear by itself.
    private static let furtherMeasurements = 10
    private static let secondsBetween: UInt32 = 6

    func run() throws {
        var found = CostBaseline(processor: Machine.this.processor)
        found.addFastest(try CheckedRatios().measure())
        found.instructions = try Callgrind().instructions(of: program, ["count"])
        if accept {
            try Data(found.text.utf8).write(to: URL(fileURLWithPath: baseline), options: .atomic)
            return print("\(found.text)accepted: written to \(baseline)")
        }
        let text = try? String(contentsOfFile: baseline, encoding: .utf8)
        let accepted = try text.map { try CostBaseline(parsing: $0) } ?? CostBaseline(processor: found.processor)
        var verdict = CostVerdict(found, against: accepted)
        for _ in 0 ..< Self.furtherMeasurements where !verdict.dearRatios.isEmpty {
            print("measured again in \(Self.secondsBetween) s: \(verdict.dearRatios.joined(separator: ", "))")
            sleep(Self.secondsBetween)
            found.addFastest(try CheckedRatios().measure())
            verdict = CostVerdict(found, against: accepted)
        }
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
