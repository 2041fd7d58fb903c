import ArgumentParser
import BenchRows

// One command a row: options in, report out. An option that is left out leaves the row's own default.

struct FullSpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: FullSpeedRow.name, abstract: FullSpeedRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is changed.") var bytes: ByteCount?
    @Option(help: "Seconds of each part of a repetition.") var seconds: Double?

    func run() throws {
        var row = FullSpeedRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let seconds { row.seconds = seconds }
        try shared.show(row)
    }
}

struct OverloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: OverloadRow.name, abstract: OverloadRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is changed.") var bytes: ByteCount?
    @Option(help: "Writers, all on one processor where there are two.") var writers: Int?
    @Option(help: "Seconds of each part of a repetition; 600 with --repetitions 1 for a long look.")
    var seconds: Double?

    func run() throws {
        var row = OverloadRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let writers { row.writers = max(1, writers) }
        if let seconds { row.seconds = seconds }
        try shared.show(row)
    }
}

struct CopiesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: CopiesRow.name, abstract: CopiesRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is changed.") var bytes: ByteCount?
    @Option(help: "Seconds of each part of a repetition.") var seconds: Double?
    @Option(help: "What is written while ages are looked at.") var transactionsPerSecond: Double?

    func run() throws {
        var row = CopiesRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let seconds { row.seconds = seconds }
        if let transactionsPerSecond { row.transactionsPerSecond = transactionsPerSecond }
        try shared.show(row)
    }
}

struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: PeersRow.name, abstract: PeersRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "What each one's records take together.") var bytes: ByteCount?
    @Option(help: "Where the peers' programs are.") var programs: String?
    @Option(help: "Names of peers, with commas between them.") var names: String?

    func run() throws {
        var row = PeersRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let programs { row.programs = programs }
        if let names {
            row.names = names.split(separator: ",").map { String($0) }
            row.finders.removeAll { !row.names.contains($0) }
        }
        try shared.show(row)
    }
}

struct WriteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: WriteRow.name, abstract: WriteRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table of the cold transactions.") var bytes: ByteCount?
    @Option(help: "Hot transactions a repetition.") var hotTransactions: Int?
    @Option(help: "Warm and cold transactions a repetition.") var randomTransactions: Int?

    func run() throws {
        var row = WriteRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let hotTransactions { row.hotTransactions = hotTransactions }
        if let randomTransactions { row.randomTransactions = randomTransactions }
        try shared.show(row)
    }
}

struct LatencyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: LatencyRow.name, abstract: LatencyRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is changed.") var bytes: ByteCount?
    @Option(help: "Transactions a second.") var transactionsPerSecond: Double?
    @Option(help: "Seconds of each part of a repetition.") var seconds: Double?

    func run() throws {
        var row = LatencyRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let transactionsPerSecond { row.transactionsPerSecond = transactionsPerSecond }
        if let seconds { row.seconds = seconds }
        try shared.show(row)
    }
}

struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: ReadRow.name, abstract: ReadRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table of the cold reads.") var bytes: ByteCount?
    @Option(help: "Hot reads a repetition.") var hotReads: Int?
    @Option(help: "Cold reads a repetition.") var coldReads: Int?

    func run() throws {
        var row = ReadRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let hotReads { row.hotReads = hotReads }
        if let coldReads { row.coldReads = coldReads }
        try shared.show(row)
    }
}

struct ReplicatedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: ReplicatedRow.name, abstract: ReplicatedRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is changed.") var bytes: ByteCount?
    @Option(help: "Commits a repetition, the copy in memory.") var memoryCommits: Int?
    @Option(help: "The copy on disk.") var diskCommits: Int?
    @Option(help: "The copy on disk, each cut flushed.") var durableCommits: Int?

    func run() throws {
        var row = ReplicatedRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let memoryCommits { row.memoryCommits = memoryCommits }
        if let diskCommits { row.diskCommits = diskCommits }
        if let durableCommits { row.durableCommits = durableCommits }
        try shared.show(row)
    }
}

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: UpdateRow.name, abstract: UpdateRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is changed at random.") var bytes: ByteCount?
    @Option(help: "Seconds of each step of the search, and at half of what it found.") var seconds: Double?
    @Option(help: "Milliseconds within which 99 of 100 changes arrive.") var ageMilliseconds: Double?
    @Option(help: "Changes a second to begin with.") var startRate: Double?
    @Option(help: "Changes a second not to exceed.") var rateMax: Double?
    @Option(help: "The copy's journal.") var journalBytes: ByteCount?
    @Flag(help: "The copy on the disk, for a look: the bars are for one in memory.") var onDisk = false
    @Flag(help: "Written through the page cache there.") var cached = false

    func run() throws {
        var row = UpdateRow()
        shared.apply(to: &row)
        row.journalBytes = journalBytes?.value
        row.onDisk = onDisk
        row.isCached = cached
        if let bytes { row.bytes = bytes.value }
        if let seconds { row.seconds = seconds }
        if let ageMilliseconds { row.ageMilliseconds = ageMilliseconds }
        if let startRate { row.startRate = startRate }
        if let rateMax { row.rateMax = rateMax }
        try shared.show(row)
    }
}

struct NBDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: NBDRow.name, abstract: NBDRow.abstract,
        discussion: "Runs `tandem standby`, which is built beside this program, and needs nbdkit.")
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table that is copied, and changed at random.") var bytes: ByteCount?
    @Option(help: "Seconds of each step of the search, and at half of what it found.") var seconds: Double?
    @Option(help: "Milliseconds within which 99 of 100 changes arrive.") var ageMilliseconds: Double?
    @Option(help: "Changes a second to begin with.") var startRate: Double?
    @Option(help: "Changes a second not to exceed.") var rateMax: Double?
    @Option(help: "Commits a repetition that wait for the copy.") var commits: Int?

    func run() throws {
        var row = NBDRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let seconds { row.seconds = seconds }
        if let ageMilliseconds { row.ageMilliseconds = ageMilliseconds }
        if let startRate { row.startRate = startRate }
        if let rateMax { row.rateMax = rateMax }
        if let commits { row.commits = commits }
        try shared.show(row)
    }
}

struct BulkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: BulkRow.name, abstract: BulkRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table to copy.") var bytes: ByteCount?
    @Option(help: "For a look: a prepared copy in memory alone, or the same under a writer: prepared or load.")
    var only: BulkRow.Only?
    @Option(help: "Lanes of the replicator (default: as many as it takes by itself).") var lanes: Int?

    func run() throws {
        var row = BulkRow()
        shared.apply(to: &row)
        row.lanes = lanes
        row.only = only
        if let bytes { row.bytes = bytes.value }
        try shared.show(row)
    }
}

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: ScanRow.name, abstract: ScanRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Size of the table whose bitmaps are searched.") var bytes: ByteCount?
    @Option(help: "Searches a repetition.") var rounds: Int?
    @Option(help: "Table of the idle source.") var idleBytes: ByteCount?
    @Option(help: "How long the idle engine is watched, a repetition.") var idleSeconds: Double?

    func run() throws {
        var row = ScanRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let rounds { row.rounds = rounds }
        if let idleBytes { row.idleBytes = idleBytes.value }
        if let idleSeconds { row.idleSeconds = idleSeconds }
        try shared.show(row)
    }
}

extension BulkRow.Only: ExpressibleByArgument {}

struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: CreateRow.name, abstract: CreateRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table of the source.") var bytes: ByteCount?

    func run() throws {
        var row = CreateRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        try shared.show(row)
    }
}

struct LitmusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LitmusRow.name, abstract: LitmusRow.abstract,
        discussion: "Ends with 1 when an update was lost in spite of the barrier, 2 when none was lost without it.")
    @OptionGroup var shared: SharedOptions
    @Option(help: "Transactions of each run, of which a repetition has four.") var rounds: Int?

    func run() throws {
        var row = LitmusRow()
        shared.apply(to: &row)
        if let rounds { row.rounds = max(1, rounds) }
        try shared.show(row)
    }
}

struct KeyedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: KeyedRow.name, abstract: KeyedRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Keys of the cold tables.") var keys: Int?
    @Option(help: "Keys looked for in a repetition.") var finds: Int?
    @Option(help: "Insertions and removals of a repetition.") var changes: Int?

    func run() throws {
        var row = KeyedRow()
        shared.apply(to: &row)
        if let keys { row.keys = keys }
        if let finds { row.finds = finds }
        if let changes { row.changes = changes }
        try shared.show(row)
    }
}
