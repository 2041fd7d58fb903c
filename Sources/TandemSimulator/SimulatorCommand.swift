import ArgumentParser

@main
struct SimulatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem-simulator", abstract: "Runs the production engine and write path in virtual time.",
        subcommands: [SeedsCommand.self, OperationsCommand.self], defaultSubcommand: SeedsCommand.self)
}

struct SeedsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seeds", abstract: "A seed at a time, with every fault in the model.",
        discussion: "Exit status 1 when a promise was broken; seed and command to run it again are printed.")

    @Option(help: "How many seeds to run.")
    var seeds = 10_000

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: "Run this one alone, and say what it did.")
    var seed: UInt64?

    @Option(help: "Stop after so many broken seeds.")
    var failures = 1

    @Flag(inversion: .prefixedNo, help: "Lanes in the seeds that have them; without, the others' steps are the same.")
    var lanes = true

    func run() throws {
        let machines = Machines()
        if let seed {
            let outcome = Simulation(seed: seed, machines: machines, hasLanes: lanes, isTold: true).run()
            print("seed \(seed): \(outcome)")
            if outcome.violation != nil { throw ExitCode(1) }
            return
        }
        var tally = Tally(total: seeds)
        var broken = 0
        for number in 0 ..< UInt64(seeds) {
            let outcome = Simulation(seed: from + number, machines: machines, hasLanes: lanes).run()
            tally.add(outcome)
            if let violation = outcome.violation {
                broken += 1
                tally.clearLine()
                print(
                    """
                    seed \(from + number), step \(outcome.steps): \(violation)\n  again: tandem-simulator --seed \
                    \(from + number)
                    """
                )
                if broken >= failures { break }
            }
        }
        tally.end()
        if broken > 0 { throw ExitCode(1) }
    }
}
