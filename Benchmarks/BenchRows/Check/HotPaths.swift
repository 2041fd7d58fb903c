internal import Tandem
internal import TandemCore

/// The paths that every transaction, read, find, cut, copy and promotion goes, over a source of 4 MiB, on one thread
/// and without a clock: what they do, and in which order, is the same in every run.
package struct HotPaths: Sendable {
    private static let bytes = 4 << 20
    private static let passes = 10

    package init() {}

    /// On a thread of its own, whose stack begins at a page: the main thread's begins behind the environment, and what
    /// memcpy takes (12 instructions of an idle turn) goes by where it lies.
    package func run() throws -> HotPathCount { try WorkerThread.run(cpu: nil) { try runHere() } }

    private func runHere() throws -> HotPathCount {
        var count = HotPathCount()
        let scratch = try Scratch()
        try transactions(scratch, &count)
        try reads(SmallRecord.self, scratch, &count)
        try reads(BenchRecord.self, scratch, &count)
        try finds(scratch, &count)
        try copy(scratch, &count)
        return count
    }

    private func transactions(_ scratch: Scratch, _ count: inout HotPathCount) throws {
        let source = try BenchSource(scratch, name: "written", bytes: Self.bytes, shared: true)
        try source.fillHere()
        let (indices, _) = WorkingSet.hot.walk(of: source.capacity, touches: 0)
        var writer = try source.file.makeWriter()
        for (name, table) in [("partitioned", source.partitioned), ("shared", try source.sharedTable())] {
            // Once beforehand, so that no path's first call is counted.
            try Transactions.set(&writer, table, indices, BenchRecord())
            try count.count("write.\(name)", turns: Self.passes * indices.count) {
                for _ in 0 ..< Self.passes { try Transactions.set(&writer, table, indices, BenchRecord()) }
            }
        }
    }

    private func reads<Record: BenchPayload>(
        _: Record.Type, _ scratch: Scratch, _ count: inout HotPathCount
    ) throws {
        let size = MemoryLayout<Record>.size
        let source = try SourceDataFile.create(
            at: scratch.path("read-\(size)"),
            tables: [.of(Record.self, name: "records", capacity: WorkingSet.hotRecords, sharing: .partitioned)])
        let table = try source.table("records", of: Record.self)
        let indices = (0 ..< UInt32(table.capacity)).map { $0 }
        var sum = try CommittedReads.read(table, indices, after: 0)
        try count.count("read.\(size)", turns: Self.passes * indices.count) {
            for _ in 0 ..< Self.passes { sum = try CommittedReads.read(table, indices, after: sum) }
        }
        precondition(sum == 0, "nobody has written")
    }

    private func finds(_ scratch: Scratch, _ count: inout HotPathCount) throws {
        let hash = PlainHash(capacity: WorkingSet.hotRecords)
        let station = try KeyedStation(scratch, count: WorkingSet.hotRecords, load: 0.3)
        let keys = try station.fill(hash)
        let sum = hash.find(keys, after: 0)
        func each(_ name: String, _ body: (UInt64) throws -> UInt64) throws {
            var found = try body(0)
            precondition(found == sum, "every record was found")
            try count.count(name, turns: Self.passes * keys.count) {
                for _ in 0 ..< Self.passes { found = try body(0) }
            }
            precondition(found == sum, "and again")
        }
        try each("find") { try station.look(keys, $0) }
        try each("find.copied") { try station.find(keys, $0) }
    }

    private func copy(_ scratch: Scratch, _ count: inout HotPathCount) throws {
        let source = try BenchSource(scratch, name: "followed", bytes: Self.bytes)
        try source.fillHere()
        let path = scratch.path("copy")
        try follow(source, path, &count)
        let access = try CopyAccess(path: path, writable: true)
        try count.count("replay", turns: source.capacity) {
            let replayed = try CopyRecovery.apply(
                access.bytes, layout: access.layout, slot: access.slot, checksum: CheckedEngine.checksum)
            precondition(replayed.changes == source.capacity, "\(replayed)")
        }
    }

    private func follow(_ source: BenchSource, _ path: String, _ count: inout HotPathCount) throws {
        let engine = CheckedEngine(source, copy: path)
        let pages = source.tableBytes >> 12
        try count.count("bulk", turns: pages) { try engine.poll { source.isInSync } }
        try engine.rest()
        count.count("idle", turns: 1000) { for _ in 0 ..< 1000 { engine.poll() } }
        var writer = try source.file.makeWriter()
        let recordsAPage = source.capacity / pages
        func cut(_ name: String, _ indices: [UInt32]) throws {
            try engine.rest()
            try Transactions.change(&writer, source.partitioned, indices)
            let last = writer.lastCommitEpoch
            try count.count(name, turns: indices.count) { try engine.poll { source.committed >= last } }
        }
        try cut("cut.sparse", (0 ..< UInt32(pages)).map { $0 * UInt32(recordsAPage) })
        try cut("cut.dense", (0 ..< UInt32(source.capacity)).map { $0 })
    }
}
