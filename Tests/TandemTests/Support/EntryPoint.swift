import Glibc
import Logging
import Tandem
import TandemSystem
import TestSupport

/// A place where input comes in.
struct EntryPoint: Sendable {
    let name: String
    /// Files that it may change although it refuses.
    var mayChange: Set<String> = []
    /// Throws a `TandemError`, or `LoggedRefusal` where the error is a line in the log.
    let enter: @Sendable (FixtureFiles) throws -> Void

    init(_ name: String, mayChange: Set<String> = [], enter: @escaping @Sendable (FixtureFiles) throws -> Void) {
        self.name = name
        self.mayChange = mayChange
        self.enter = enter
    }
}

/// What a replicator said about a copy that it did not take.
struct LoggedRefusal: Error { let text: String }

extension EntryPoint {
    static let open = EntryPoint("open") { _ = try SourceDataFile.open(at: $0.sourcePath) }
    static let check = EntryPoint("check") { station in
        let certificate = try CopyCheck.check(at: station.copyPath)
        if !certificate.isPromotable { throw LoggedRefusal(text: certificate.problems.joined(separator: "; ")) }
    }
    static let promote = EntryPoint("promote") { _ = try Promotion.promote(copy: $0.copyPath) }
    static let promoteTo = EntryPoint("promote --to") {
        _ = try Promotion.promote(copy: $0.copyPath, to: $0.scratch.file("new"))
    }
    static let status = EntryPoint("status") { _ = try CopyStatus.read(at: $0.copyPath) }
    static let inspect = EntryPoint("inspect") { _ = try CopyInspection.read(at: $0.copyPath, table: "calls") }
    static let verify = EntryPoint("verify") { station in
        _ = try Verification.compare(source: try SourceDataFile.open(at: station.sourcePath), copy: station.copyPath)
    }
    static let replicate = replicate("copy")

    static func open(_ name: String) -> EntryPoint {
        EntryPoint("open \(name)") { _ = try SourceDataFile.open(at: $0.scratch.file(name)) }
    }
    static func open(path: String) -> EntryPoint {
        EntryPoint("open '\(path.prefix(20))'") { _ in _ = try SourceDataFile.open(at: path) }
    }
    static func promote(to name: String) -> EntryPoint {
        EntryPoint("promote --to \(name.prefix(20))") {
            _ = try Promotion.promote(copy: $0.copyPath, to: $0.scratch.file(name))
        }
    }

    static func create(
        at name: String, _ tables: [TableDefinition] = Exchange.tables, _ options: SourceOptions = Exchange.options
    ) -> EntryPoint {
        EntryPoint("create") {
            _ = try SourceDataFile.create(at: $0.scratch.file(name), tables: tables, options: options)
        }
    }

    static func create(_ change: (inout SourceOptions) -> Void) -> EntryPoint {
        var options = Exchange.options
        change(&options)
        return create(at: "new", Exchange.tables, options)
    }

    static func create(_ name: String = "t", bytes: Int = 8, capacity: Int = 1) -> EntryPoint {
        var options = Exchange.options
        options.undoBytes = nil
        options.undoSegmentBytes = nil
        return create(
            at: "new", [TableDefinition(name: name, payloadBytes: bytes, capacity: capacity, sharing: .shared)],
            options)
    }

    /// Runs a replicator until it refuses the copy, gives up on it, or is in sync.
    static func replicate(_ name: String) -> EntryPoint { replicate { $0.scratch.file(name) } }

    static func replicate(_ options: ReplicationOptions = .plain, path: @escaping @Sendable (FixtureFiles) -> String)
        -> EntryPoint
    {
        EntryPoint("replicate", mayChange: ["source"]) { station in
            let live = try Live(
                source: try SourceDataFile.open(at: station.sourcePath), copy: path(station), options: options)
            _ = live.run(seconds: 3) { live.isInSync || live.log.first(at: .warning) != nil }
            if let text = live.log.first(at: .warning) { throw LoggedRefusal(text: text) }
        }
    }

    /// A call of the library on the station's source.
    static func call(_ name: String, _ body: @escaping @Sendable (Live) throws -> Void) -> EntryPoint {
        EntryPoint(name, mayChange: ["source", "copy"]) { station in try body(try Live(station)) }
    }

    /// A transaction that does one thing.
    static func change(
        _ name: String,
        _ body: @escaping @Sendable (borrowing DataTable<Call>, inout Transaction) throws(TandemError) -> Void
    ) -> EntryPoint {
        EntryPoint(name, mayChange: ["source"]) { station in
            let source = try SourceDataFile.open(at: station.sourcePath)
            let calls = try source.table("calls", of: Call.self)
            var writer = try source.makeWriter()
            try writer.transaction { change throws(TandemError) in try body(calls, &change) }
        }
    }
}
