import ArgumentParser
import Tandem
import TandemTables

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show records of a table.",
        discussion: """
            Of a source the last committed values are shown, whoever is writing. Of a copy the values of its last \
            whole cut, its \
            journal replayed on paper and each seal verified; the copy is not changed, and a replicator may be writing \
            it. \
            Records of the exchange workload are shown by field, others as bytes.

            Examples:
              tandem inspect /dev/shm/exchange --table trunks
              tandem inspect /dev/shm/exchange --table calls --record 42
              tandem inspect /dev/shm/switch --table calls --key a84b4c76e66710
              tandem inspect /dev/shm/switch --table users --key 0x2a00000000000000
              tandem inspect /dev/shm/exchange.copy --table calls --range '0..<10'
              tandem inspect /dev/shm/exchange.copy --table calls --range 0...9 --json

            Exit status: 0 shown, 1 shown, and a seal or the journal of the copy is broken, 2 the file or the table \
            cannot \
            be read.
            """)

    @Argument(help: "Source or copy.")
    var path: String

    @Option(help: .init("Name of the table.", valueName: "name"))
    var table: String

    @Option(
        parsing: .unconditional, help: .init("Index of one record.", valueName: "index"), transform: Arguments.index)
    var record: Int?

    @Option(
        parsing: .unconditional,
        help: .init("Key of one record of a source's keyed table: text, or bytes as 0x and digits.", valueName: "key"),
        transform: KeyedArgument.key)
    var key: [UInt8]?

    @Option(
        parsing: .unconditional,
        help: .init(
            "Indices from A up to B, in quotes for the shell's sake, or A...B with B (default: the first 16 records).",
            valueName: "a..<b"),
        transform: Arguments.range)
    var range: Range<Int>?

    @Flag(help: "Report as JSON, a line for each record.")
    var json = false

    func validate() throws {
        guard [record == nil, range == nil, key == nil].count(where: { !$0 }) < 2 else {
            throw ValidationError("Give --record, --range or --key, not more than one of them.")
        }
    }

    func run() throws {
        if let key { return try show(key) }
        // What a copy may be to be looked at, a source may be too.
        do {
            try showCopy()
        } catch let error as TandemError where error.code == .wrongRole {
            try show(SourceDataFile.look(at: path))
        }
    }

    private var indices: Range<Int>? { record.map { $0 ..< $0 + 1 } ?? range }

    /// The record of a key, of a source: a copy's buckets are only looked at when it has been promoted.
    private func show(_ key: [UInt8]) throws {
        let source = try SourceDataFile.look(at: path)
        guard let found = try RawKeyedTable(lookingAt: table, in: source)?.find(key) else {
            throw CommandFailure("\(path): table '\(table)' has no such key")
        }
        say(ShownRecord(table: table, index: found.handle.index, payload: found.record))
        if !json { Terminal.output.say("  handle \(found.handle)") }
    }

    private func show(_ source: SourceDataFile) throws {
        let table = try source.rawTable(table)
        let all = 0 ..< table.capacity
        let indices = (indices ?? all.prefix(16)).clamped(to: all)
        if indices.isEmpty { throw nothingThere }
        var payload = [UInt8](repeating: 0, count: table.payloadBytes)
        for index in indices {
            if let error = Self.read(table, index, into: &payload) { throw error }
            say(ShownRecord(table: self.table, index: index, payload: payload))
        }
    }

    private func showCopy() throws {
        let inspection: CopyInspection
        do throws(TandemError) {
            inspection = try CopyInspection.read(at: path, table: table, indices: indices)
        } catch {
            throw error.code == .indexOutOfRange ? nothingThere : error
        }
        let terminal = Terminal.output
        if !json { terminal.say(head(inspection)) }
        for record in inspection.records {
            say(ShownRecord(table: table, index: record.index, payload: record.payload, copied: .init(record)))
        }
        for problem in inspection.problems { Terminal.errors.say(Terminal.errors.styled(problem, .red)) }
        if !inspection.isSound { throw ExitCode(ExitStatus.found.rawValue) }
    }

    private func head(_ inspection: CopyInspection) -> String {
        let broken = inspection.records.count { !$0.isSealed }
        let seals =
            broken == 0
            ? Figures.count(inspection.records.count, "seal") + " verified"
            : Terminal.output.styled(
                "\(Figures.count(broken)) of \(Figures.count(inspection.records.count)) seals do not match", .red)
        return
            """
            \(path.shown): copy, cut \(Figures.count(inspection.cut)), with \
            \(Figures.count(inspection.changesReplayed, "change")) of \
            \(Figures.count(inspection.cutsReplayed, "cut")) from its journal; \(seals)
            """
    }

    private func say(_ record: ShownRecord) {
        Terminal.output.say(json ? jsonLine(record) : record.text(on: .output))
    }

    private var nothingThere: CommandFailure {
        CommandFailure("\(path): table '\(table)' has none of the records that you asked for")
    }

    private static func read(_ table: RawDataTable, _ index: Int, into payload: inout [UInt8]) -> TandemError? {
        payload.withUnsafeMutableBytes { buffer in
            do throws(TandemError) { try table.read(at: index, into: buffer) } catch { return error }
            return nil
        }
    }
}
