import ArgumentParser
import BenchRows

@main
struct TandemBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem-bench",
        abstract: "Every figure of the design, by the clock, measured beside its baseline in the same run.",
        subcommands: [
            ReportCommand.self, FullSpeedCommand.self, OverloadCommand.self, WriteCommand.self, LatencyCommand.self,
            ReadCommand.self, KeyedCommand.self, ReplicatedCommand.self, UpdateCommand.self, NBDCommand.self,
            CopiesCommand.self, BulkCommand.self, ScanCommand.self, CreateCommand.self, PromoteCommand.self,
            TakeOverCommand.self, ReturnCommand.self, LitmusCommand.self, PeersCommand.self, FiguresCommand.self,
            ScalingCommand.self, CheckCommand.self, CountCommand.self, FollowCommand.self,
        ])
}

/// The replicator's process, started by the rows that need one.
struct FollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "follow", shouldDisplay: false)
    @Argument var source: String
    @Argument var copies: [String]
    @Option var cpu: Int?
    @Flag var durable = false
    @Option var direct = "auto"
    @Option var lanes: Int?
    @Option var secret: String?

    func run() throws {
        try FollowCommandBody.run(
            source: source, copies: copies, cpu: cpu, durable: durable, direct: direct, lanes: lanes,
            secret: secret)
    }
}
