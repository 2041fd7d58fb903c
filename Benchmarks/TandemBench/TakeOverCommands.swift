import ArgumentParser
import BenchRows

struct PromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: PromoteRow.name, abstract: PromoteRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table of the source and its copy.") var bytes: ByteCount?
    @Option(help: "Records changed since the last sweep.") var changes: Int?

    func run() throws {
        var row = PromoteRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let changes { row.changes = changes }
        try shared.show(row)
    }
}

struct ReturnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: ReturnRow.name, abstract: ReturnRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table of the source and its copy.") var bytes: ByteCount?

    func run() throws {
        var row = ReturnRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        try shared.show(row)
    }
}

struct TakeOverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: TakeOverRow.name, abstract: TakeOverRow.abstract)
    @OptionGroup var shared: SharedOptions
    @Option(help: "Table of the small source.") var bytes: ByteCount?
    @Option(help: "Table of the large source.") var largeBytes: ByteCount?

    func run() throws {
        var row = TakeOverRow()
        shared.apply(to: &row)
        if let bytes { row.bytes = bytes.value }
        if let largeBytes { row.largeBytes = largeBytes.value }
        try shared.show(row)
    }
}
