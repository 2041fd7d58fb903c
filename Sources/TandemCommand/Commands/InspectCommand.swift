import ArgumentParser
import Tandem

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show records of a table.",
        discussion: """
            Of a source the last committed values are shown, whoever is writing. Records of the exchange workload are shown by \
            field, others as bytes.

            Examples:
              tandem inspect /dev/shm/exchange --table trunks
              tandem inspect /dev/shm/exchange --table calls --record 42
              tandem inspect /dev/shm/exchange --table calls --range 0..<10 --json

            Exit status: 0 shown, 2 the file or the table cannot be read.
            """)

    @Argument(help: "Source data file.")
    var path: String

    @Option(help: .init("Name of the table.", valueName: "name"))
    var table: String

    @Option(help: .init("Index of one record.", valueName: "index"))
    var record: Int?

    @Option(
        help: .init("Indices from A up to B (default: the first 16 records).", valueName: "a..<b"),
        transform: Arguments.range)
    var range: Range<Int>?

    @Flag(help: "Report as JSON, a line for each record.")
    var json = false

    func validate() throws {
        guard record == nil || range == nil else { throw ValidationError("Give --record or --range, not both.") }
    }

    func run() throws {
        let source = try SourceDataFile.open(at: path)
        let table = try source.rawTable(table)
        let all = 0..<table.capacity
        if let record, !all.contains(record) { throw outside(all) }
        let indices = record.map { $0..<$0 + 1 } ?? range.map { $0.clamped(to: all) } ?? all.prefix(16)
        if indices.isEmpty { throw outside(all) }
        var payload = [UInt8](repeating: 0, count: table.payloadBytes)
        for index in indices {
            if let error = Self.read(table, index, into: &payload) { throw error }
            let shown = ShownRecord(table: self.table, index: index, payload: payload)
            Terminal.output.say(json ? jsonLine(shown) : shown.text)
        }
    }

    private func outside(_ all: Range<Int>) -> CommandFailure {
        CommandFailure(
            "\(path): table '\(table)' has records 0 to \(all.upperBound - 1), none of those that you asked for")
    }

    private static func read(_ table: RawDataTable, _ index: Int, into payload: inout [UInt8]) -> TandemError? {
        payload.withUnsafeMutableBytes { buffer in
            do throws(TandemError) { try table.read(at: index, into: buffer) } catch { return error }
            return nil
        }
    }
}
