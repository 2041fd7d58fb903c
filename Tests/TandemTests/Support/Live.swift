import Glibc
import Tandem
import TandemCore
import TandemSystem

/// A source with a writer and a replicator, stepped by the test's own thread.
final class Live {
    let source: SourceDataFile
    let log = LogLines()
    let replicator: Replicator
    private var writer: WriterBox
    let calls: DataTable<Call>
    let trunks: DataTable<Trunk>

    private final class WriterBox {
        var writer: Writer
        init(_ source: SourceDataFile) throws(TandemError) { writer = try source.makeWriter() }
    }

    init(source: SourceDataFile, copy: String, options: ReplicationOptions = .plain) throws(TandemError) {
        self.source = source
        replicator = try Replicator(source: source, copy: copy, options: options, logger: log.logger)
        calls = try source.table("calls", of: Call.self)
        trunks = try source.table("trunks", of: Trunk.self)
        writer = try WriterBox(source)
    }

    convenience init(_ station: FixtureFiles) throws(TandemError) {
        try self.init(source: try SourceDataFile.open(at: station.sourcePath), copy: station.copyPath)
    }

    func put(_ value: Call, at indices: Range<Int>) throws(TandemError) {
        for index in indices {
            try writer.writer.transaction { change throws(TandemError) in try change.set(calls, at: index, to: value) }
        }
    }

    func put(_ value: Trunk, at indices: Range<Int>) throws(TandemError) {
        for index in indices {
            try writer.writer.transaction { change throws(TandemError) in try change.set(trunks, at: index, to: value) }
        }
    }

    /// All of them in one transaction.
    func putTogether(_ value: Call, at indices: [Int]) throws(TandemError) {
        try writer.writer.transaction { change throws(TandemError) in
            for index in indices { try change.set(calls, at: index, to: value) }
        }
    }

    var status: SourceStatus { SourceStatus.read(from: source) }
    var isInSync: Bool { status.copyState == .inSync }
    var isReplicated: Bool { writer.writer.isLastCommitReplicated }
    var damagedRecords: UInt64 { source.area.replicator[.damagedRecords as Counter].load() }

    /// Steps until `condition`, for some seconds at most.
    func run(seconds: Double = 10, until condition: () -> Bool) -> Bool {
        let end = MonotonicClock.now() + UInt64(seconds * 1e9)
        while !condition() {
            if MonotonicClock.now() > end { return false }
            for _ in 0 ..< 8 { replicator.step() }
        }
        return true
    }
}

extension ReplicationOptions {
    /// One driver everywhere, so that a case means the same everywhere.
    static var plain: ReplicationOptions {
        var options = ReplicationOptions()
        options.io = .pwrite
        return options
    }
}
