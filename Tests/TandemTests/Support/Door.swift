import Glibc
import Logging
import Tandem
import TandemSystem
import TestSupport

/// A place where input comes in.
struct Door: Sendable {
    let name: String
    /// Files that it may change although it refuses.
    var mayChange: Set<String> = []
    /// Throws a `TandemError`, or `Told` where the error is a line in the log.
    let enter: @Sendable (Station) throws -> Void

    init(_ name: String, mayChange: Set<String> = [], enter: @escaping @Sendable (Station) throws -> Void) {
        self.name = name
        self.mayChange = mayChange
        self.enter = enter
    }
}

/// What a replicator said about a copy that it did not take.
struct Told: Error { let text: String }

extension Door {
    static let open = Door("open") { _ = try SourceDataFile.open(at: $0.sourcePath) }
    static let check = Door("check") { station in
        let certificate = try CopyCheck.check(at: station.copyPath)
        if !certificate.isPromotable { throw Told(text: certificate.problems.joined(separator: "; ")) }
    }
    static let promote = Door("promote") { _ = try Promotion.promote(copy: $0.copyPath) }
    static let promoteTo = Door("promote --to") {
        _ = try Promotion.promote(copy: $0.copyPath, to: $0.scratch.file("new"))
    }
    static let status = Door("status") { _ = try CopyStatus.read(at: $0.copyPath) }
    static let inspect = Door("inspect") { _ = try CopyInspection.read(at: $0.copyPath, table: "calls") }
    static let verify = Door("verify") { station in
        _ = try Verification.compare(source: try SourceDataFile.open(at: station.sourcePath), copy: station.copyPath)
    }
    static let replicate = replicate("copy")

    static func open(_ name: String) -> Door {
        Door("open \(name)") { _ = try SourceDataFile.open(at: $0.scratch.file(name)) }
    }
    static func open(path: String) -> Door {
        Door("open '\(path.prefix(20))'") { _ in _ = try SourceDataFile.open(at: path) }
    }
    static func promote(to name: String) -> Door {
        Door("promote --to \(name.prefix(20))") {
            _ = try Promotion.promote(copy: $0.copyPath, to: $0.scratch.file(name))
        }
    }

    static func create(
        at name: String, _ tables: [TableDefinition] = Exchange.tables, _ options: SourceOptions = Exchange.options
    ) -> Door {
        Door("create") { _ = try SourceDataFile.create(at: $0.scratch.file(name), tables: tables, options: options) }
    }

    static func create(_ change: (inout SourceOptions) -> Void) -> Door {
        var options = Exchange.options
        change(&options)
        return create(at: "new", Exchange.tables, options)
    }

    static func create(_ name: String = "t", bytes: Int = 8, capacity: Int = 1) -> Door {
        create(at: "new", [TableDefinition(name: name, payloadBytes: bytes, capacity: capacity, sharing: .shared)])
    }

    /// Runs a replicator until it refuses the copy, gives up on it, or is in sync.
    static func replicate(_ name: String) -> Door { replicate { $0.scratch.file(name) } }

    static func replicate(_ options: ReplicationOptions = .plain, path: @escaping @Sendable (Station) -> String) -> Door
    {
        Door("replicate", mayChange: ["source"]) { station in
            let live = try Live(
                source: try SourceDataFile.open(at: station.sourcePath), copy: path(station), options: options)
            _ = live.run(seconds: 3) { live.isInSync || live.log.first(at: .warning) != nil }
            if let text = live.log.first(at: .warning) { throw Told(text: text) }
        }
    }

    /// A call of the library on the station's source.
    static func call(_ name: String, _ body: @escaping @Sendable (Live) throws -> Void) -> Door {
        Door(name, mayChange: ["source", "copy"]) { station in try body(try Live(station)) }
    }

    /// A transaction that does one thing.
    static func change(
        _ name: String,
        _ body: @escaping @Sendable (borrowing DataTable<Call>, inout Transaction) throws(TandemError) -> Void
    ) -> Door {
        Door(name, mayChange: ["source"]) { station in
            let source = try SourceDataFile.open(at: station.sourcePath)
            let calls = try source.table("calls", of: Call.self)
            var writer = try source.makeWriter()
            try writer.transaction { change throws(TandemError) in try body(calls, &change) }
        }
    }
}
