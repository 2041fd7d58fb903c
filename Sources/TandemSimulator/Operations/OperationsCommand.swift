import ArgumentParser
import CSimulation

/// Fails each operation of a copy's life in turn.
struct OperationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operations",
        abstract: "Fails each operation of a copy's life, one after the other, in every way, once and for ever.",
        discussion: "Exit status 1 when a promise was broken; operation and command to run it again are printed.")

    @Option(help: "How many scenarios.")
    var scenarios: UInt64 = 2

    @Option(help: "Only each so manyth operation, and the first of each kind.")
    var every = 1

    @Option(help: "Stop after so many broken runs.")
    var failures = 10

    @Option(help: "Run this scenario alone.")
    var scenario: UInt64?

    @Option(help: "Of that scenario fail this operation alone, and say what happens; 0 fails none.")
    var operation: Int?

    @Option(help: "How it fails: eio, enospc, short, late or hung.")
    var kind = OperationFault.Kind.eio

    @Flag(help: "And every one after it, until it is mended.")
    var forEver = false

    func validate() throws {
        if every < 1 { throw ValidationError("--every is at least 1") }
        if scenarios < 1 { throw ValidationError("--scenarios is at least 1") }
        if operation != nil, scenario == nil { throw ValidationError("--operation needs its --scenario") }
    }

    func run() throws {
        let machines = Machines()
        if let operation, let scenario { return try tell(ScenarioPlan(seed: scenario), operation, machines) }
        var passed = 0
        var failed = 0
        for seed in scenario.map({ $0 ... $0 }) ?? 1 ... scenarios where failed < failures {
            var matrix = OperationMatrix(ScenarioPlan(seed: seed), machines: machines, every: every)
            let line = ProgressLine()
            let allowed = failures - failed
            var broken = 0
            matrix.run(
                progress: { operation in line.show("scenario \(seed), operation \(operation)") },
                failing: { fault, violation in
                    line.clear()
                    broken += 1
                    print("scenario \(seed), \(fault.summary): \(violation)")
                    print("  again: tandem-simulator operations --scenario \(seed) \(fault.arguments)")
                    return broken < allowed
                })
            line.clear()
            print(matrix.table)
            passed += matrix.passed
            failed += matrix.failed
        }
        print("\(passed) passed, \(failed) failed")
        if failed > 0 { throw ExitCode(1) }
    }

    private func tell(_ scenario: ScenarioPlan, _ operation: Int, _ machines: Machines) throws {
        print(scenario.summary)
        let fault = operation == 0 ? nil : OperationFault(operation: operation, kind: kind, lasts: forEver)
        let outcome = Scenario(scenario, fault: fault, machines: machines, isTold: true).run()
        print("\(outcome.operations.count) operations: \(outcome.violation ?? "no promise broken")")
        if outcome.violation != nil { throw ExitCode(1) }
    }
}

extension OperationFault.Kind: ExpressibleByArgument {}
