import ArgumentParser
import BenchRows

@main
struct TandemBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem-bench",
        abstract: "Every figure of the design, measured beside its baseline in the same run.",
        subcommands: [
            WriteCommand.self, BulkCommand.self, UpdateCommand.self, AgeCommand.self, ScanCommand.self,
            PromoteCommand.self,
            LitmusCommand.self, FollowCommand.self,
        ])
}

/// The replicator's process, started by the rows that need one.
struct FollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "follow", shouldDisplay: false)
    @Argument var source: String
    @Argument var copy: String
    @Option var cpu: Int?

    func run() throws { try FollowCommandBody.run(source: source, copy: copy, cpu: cpu) }
}
