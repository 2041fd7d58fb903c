import ArgumentParser
import Tandem
import TandemCore
import TandemTables

struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a source data file with its tables.",
        discussion: """
            All space is allocated at once: a full file system is an error here, never a crash later. An existing file \
            is \
            never overwritten.

            A table is NAME:BYTES:CAPACITY, then ':partitioned' if each record is changed by one writer at a time by \
            your own \
            arrangement, or ':shared' (the default) if any writer may change any record.

            A keyed table is NAME:KEYBYTES:BYTES:CAPACITY: records of BYTES that are found by keys of up to KEYBYTES. \
            It takes three tables: NAME, NAME.free and NAME.keys.

            Examples:
              tandem create /dev/shm/exchange --workload exchange --calls 1000000
              tandem create /dev/shm/sip --keyed calls:64:240:1000000 --table trunks:16:9
              tandem create /dev/shm/hall --table seats:64:50000 --table doors:16:40
              tandem create /dev/shm/big --table calls:240:9000000:partitioned --node 1

            Exit status: 0 made, 2 it exists, there is no room, or the arguments are impossible.
            """)

    @Argument(help: "Path of the source to make, best in /dev/shm.")
    var source: String

    @Option(
        name: .customLong("table"),
        help: .init("A table; give one or more.", valueName: "name:bytes:capacity[:sharing]"),
        transform: Arguments.table)
    var tables: [TableDefinition] = []

    @Option(
        name: .customLong("keyed"),
        help: .init("A keyed table; give one or more.", valueName: "name:keybytes:bytes:capacity"),
        transform: KeyedArgument.init)
    var keyed: [KeyedArgument] = []

    @Option(help: "Make the tables of a built-in workload: exchange.")
    var workload: Workload?

    @Option(
        parsing: .unconditional, help: "Call slots of the exchange workload (default: 1048576).",
        transform: Arguments.positive)
    var calls: Int = 1_048_576

    @Option(
        parsing: .unconditional,
        help: .init("Writers that can be registered at a time (default: 16).", valueName: "count"),
        transform: Arguments.positive)
    var writers: Int = 16

    @Option(
        parsing: .unconditional,
        help: .init(
            "Journal of each copy, such as 256M (default: a quarter of the tables, 64M to 1G).", valueName: "bytes"),
        transform: Arguments.size)
    var journal: Int?

    @Option(
        parsing: .unconditional,
        help: .init(
            """
            Room for old values of records that change while a cut is read, such as 512M (default: for all \
            records and a quarter more, 64M at least).
            """, valueName: "bytes"),
        transform: Arguments.size)
    var undo: Int?

    @Option(
        parsing: .unconditional,
        help: .init(
            "Memory node of the tables: auto (default), interleave or a number.", valueName: "auto|interleave|number"),
        transform: Arguments.node)
    var node: MemoryNode = .auto

    @Flag(help: "Report as JSON.")
    var json = false

    func validate() throws {
        guard (tables.isEmpty && keyed.isEmpty) != (workload == nil) else {
            throw ValidationError("Give at least one --table or --keyed, or --workload exchange, not both.")
        }
    }

    func run() throws {
        let definitions =
            workload == nil ? keyed.flatMap(\.definitions) + tables : ExchangeTables.definitions(calls: calls)
        var options = SourceOptions()
        options.writers = writers
        options.node = node
        options.journalBytes = journal
        options.undoBytes = undo
        let made: SourceDataFile
        do throws(TandemError) {
            made = try SourceDataFile.create(at: source, tables: definitions, options: options)
        } catch {
            throw Self.explained(error, definitions, options)
        }
        for table in keyed { try table.open(in: made) }
        let report = Report(made)
        Terminal.output.say(json ? jsonLine(report) : report.text)
    }

    /// What most of the room is for, where there is not enough of it.
    private static func explained(
        _ error: TandemError, _ definitions: [TableDefinition], _ options: SourceOptions
    ) -> TandemError {
        let layout = try? FileLayout(
            tables: definitions, writerCount: options.writers, undoBytes: options.undoBytes,
            journalBytes: options.journalBytes)
        guard error.code == .noSpace, let detail = error.detail, let layout else { return error }
        let remedy =
            """
            \(Figures.bytes(layout.undoBytes)) of it are undo room: with a smaller --undo, or smaller tables, it takes \
            less. \(detail.remedy)
            """
        return TandemError(
            .noSpace, detail.subject, detail.problem, remedy: remedy, errno: Int32(truncatingIfNeeded: error.first))
    }

    private struct Report: Encodable {
        struct Table: Encodable {
            let name: String
            let payloadBytes: Int
            let capacity: Int
            let sharing: String
        }

        let path: String
        let generation: String
        let bytes: Int
        let copyBytes: Int
        let undoBytes: Int
        let writers: Int
        /// Why the memory lies elsewhere than asked for.
        let placementProblem: String?
        let tables: [Table]

        init(_ source: SourceDataFile) {
            let layout = source.layout
            path = source.path
            generation = source.generation.description
            bytes = layout.tablesEnd
            copyBytes = layout.copyBytes
            undoBytes = layout.undoBytes
            writers = layout.writerCount
            placementProblem = source.placementProblem
            tables = layout.definitions.map {
                Table(name: $0.name, payloadBytes: $0.payloadBytes, capacity: $0.capacity, sharing: "\($0.sharing)")
            }
        }

        var text: String {
            var columns = Columns([.left, .right, .right, .left])
            for table in tables {
                columns.add(
                    table.name, "\(Figures.count(table.capacity)) records", "\(table.payloadBytes) bytes each",
                    table.sharing)
            }
            let head =
                """
                \(path.shown): made, \(Figures.bytes(bytes)), \(Figures.bytes(undoBytes)) of it undo room; \
                \(Figures.count(writers, "writer")) at a time; a copy takes \(Figures.bytes(copyBytes))
                """
            let problem = placementProblem.map { ["  its memory lies where the kernel chose: \($0)"] } ?? []
            return ([head] + columns.lines() + problem).joined(separator: "\n")
        }
    }
}
