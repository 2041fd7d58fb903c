import ArgumentParser
import BenchRows

// One command a row: options in, report out. An option that is left out leaves the row's own default.

struct WriteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write", abstract: "What a transaction costs its writer.")
    @OptionGroup var output: Output
    @Option(help: "Table of the cold and the replicated transactions.") var bytes: ByteCount?
    @Option(help: "Records of the hot transactions, a power of two.") var hotRecords: Int?
    @Option(help: "Hot transactions a repetition.") var hotTransactions: Int?
    @Option(help: "Cold transactions a repetition.") var coldTransactions: Int?
    @Option(help: "Seconds a repetition with and without a copy.") var seconds: Double?
    @Option var repetitions: Int?
    @Flag(inversion: .prefixedNo, help: "Compare source and copy at the end.") var verify = true

    func validate() throws {
        if let hotRecords, hotRecords < 16 || hotRecords & (hotRecords - 1) != 0 {
            throw ValidationError("--hot-records must be a power of two, 16 or more")
        }
    }

    func run() throws {
        var row = WriteRow()
        row.host = replicatorProcess
        row.verifies = verify
        if let bytes { row.bytes = bytes.value }
        if let hotRecords { row.hotRecords = hotRecords }
        if let hotTransactions { row.hotTransactions = hotTransactions }
        if let coldTransactions { row.coldTransactions = coldTransactions }
        if let seconds { row.seconds = seconds }
        if let repetitions { row.repetitions = repetitions }
        try output.show(row.run())
    }
}

struct BulkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bulk", abstract: "How fast a source gets into its copy.")
    @OptionGroup var output: Output
    @Option(help: "Table to copy.") var bytes: ByteCount?
    @Option(help: "Where the copy goes; must not exist. Default: on tmpfs.") var copy: String?
    @Option var repetitions: Int?
    @Flag(inversion: .prefixedNo, help: "Compare source and copy once.") var verify = true

    func run() throws {
        var row = BulkRow()
        row.host = replicatorProcess
        row.verifies = verify
        row.copy = copy
        if let bytes { row.bytes = bytes.value }
        if let repetitions { row.repetitions = repetitions }
        try output.show(row.run())
    }
}

/// What `update` and `age` have in common.
struct SearchOptions: ParsableArguments {
    @Option(help: "Table that is changed at random.") var bytes: ByteCount?
    @Option(help: "Seconds of each step of the search for the rate.") var stepSeconds: Double?
    @Option(help: "Seconds at the rate found.") var seconds: Double?
    @Option(help: "Changes a second to begin with.") var startRate: Double?
    @Option(help: "Changes a second not to exceed.") var rateMax: Double?
}

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Changed records a second on the copy.")
    @OptionGroup var output: Output
    @OptionGroup var search: SearchOptions
    @Option(help: "The copy's journal.") var journalBytes: ByteCount?
    @Flag(inversion: .prefixedNo, help: "Compare source and copy at the end.") var verify = true

    func run() throws {
        var row = UpdateRow()
        row.host = replicatorProcess
        row.verifies = verify
        row.journalBytes = journalBytes?.value
        if let bytes = search.bytes { row.bytes = bytes.value }
        if let stepSeconds = search.stepSeconds { row.stepSeconds = stepSeconds }
        if let seconds = search.seconds { row.seconds = seconds }
        if let startRate = search.startRate { row.startRate = startRate }
        if let rateMax = search.rateMax { row.rateMax = rateMax }
        try output.show(row.run())
    }
}

struct AgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "age", abstract: "How old the copy is at half load.")
    @OptionGroup var output: Output
    @OptionGroup var search: SearchOptions
    @Option(help: "Changes a second. Default: half of what the copy can follow, found first.") var rate: Double?

    func run() throws {
        var row = AgeRow()
        row.host = replicatorProcess
        row.rate = rate
        if let bytes = search.bytes { row.bytes = bytes.value }
        if let stepSeconds = search.stepSeconds { row.stepSeconds = stepSeconds }
        if let seconds = search.seconds { row.seconds = seconds }
        if let startRate = search.startRate { row.startRate = startRate }
        if let rateMax = search.rateMax { row.rateMax = rateMax }
        try output.show(row.run())
    }
}

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Finding one dirty page; an idle engine.")
    @OptionGroup var output: Output
    @Option(help: "Size of the table whose bitmaps are searched.") var bytes: ByteCount?
    @Option var rounds: Int?
    @Option(help: "Table of the idle source.") var idleBytes: ByteCount?
    @Option(help: "How long the idle engine is watched.") var idleSeconds: Double?

    func run() throws {
        var row = ScanRow()
        if let bytes { row.bytes = bytes.value }
        if let rounds { row.rounds = rounds }
        if let idleBytes { row.idleBytes = idleBytes.value }
        if let idleSeconds { row.idleSeconds = idleSeconds }
        try output.show(row.run())
    }
}

struct PromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "From a copy in memory to a source.")
    @OptionGroup var output: Output
    @Option(help: "Table of the source and its copy.") var bytes: ByteCount?
    @Option(help: "Records changed since the last sweep.") var changes: Int?

    func run() throws {
        var row = PromoteRow()
        row.host = replicatorProcess
        if let bytes { row.bytes = bytes.value }
        if let changes { row.changes = changes }
        try output.show(row.run())
    }
}

struct LitmusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "litmus", abstract: "The two store-load orders, with and without the barrier.",
        discussion: "Ends with 1 when an update was lost in spite of the barrier, 2 when none was lost without it.")
    @OptionGroup var output: Output
    @Option(help: "Transactions of each of the four runs.") var rounds: Int?

    func run() throws {
        var row = LitmusRow()
        if let rounds { row.rounds = max(1, rounds) }
        try output.show(row.run())
    }
}
