internal import Tandem

/// What a hot path takes beside the same work without Tandem, by the clock: a fence or a locked instruction is one
/// instruction, and as dear as fifty.
///
/// The fastest of many short rounds on either side, in turn: a round of some 30 µs is seldom disturbed, so neither is
/// the fastest, whatever else runs on the machine.
package struct CheckedRatios {
    private static let rounds = 5000
    /// Tables that are read, one after the other: in three starts of eight one lay so that reads of 16 bytes took a
    /// third more.
    private static let places = 5
    /// How often a round reads everything, as once takes a microsecond where records are small.
    private static let passes = 10

    package init() {}

    package func measure() throws -> [(name: String, ratio: Double)] {
        let scratch = try Scratch()
        return try transactions(scratch) + reads(SmallRecord.self, 32, scratch) + reads(BenchRecord.self, 256, scratch)
    }

    private func transactions(_ scratch: Scratch) throws -> [(String, Double)] {
        let source = try BenchSource(scratch, bytes: 4 << 20, shared: true)
        let plain = try PlainRecords<BenchRecord>(scratch, capacity: 1024, stride: BenchRecord.slotBytes)
        let indices = (0 ..< UInt32(1024)).map { $0 }
        let shared = try source.sharedTable()
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.file.makeWriter()
            let value = BenchRecord()
            let fastest = try Self.fastest([
                { plain.store(indices, value) },
                { try Transactions.set(&writer, source.partitioned, indices, value) },
                { try Transactions.set(&writer, shared, indices, value) },
            ])
            return [("write.partitioned", fastest[1] / fastest[0]), ("write.shared", fastest[2] / fastest[0])]
        }
    }

    private func reads<Record: BenchPayload>(
        _: Record.Type, _ slotBytes: Int, _ scratch: Scratch
    ) throws -> [(String, Double)] {
        let size = MemoryLayout<Record>.size
        let indices = (0 ..< UInt32(1024)).map { $0 }
        // Kept, so that the next one lies elsewhere.
        var sources: [SourceDataFile] = []
        var fastest = [Double.infinity, .infinity]
        for place in 0 ..< Self.places {
            let source = try SourceDataFile.create(
                at: scratch.path("read-\(size)-\(place)"),
                tables: [.of(Record.self, name: "records", capacity: 1024, sharing: .partitioned)])
            sources.append(source)
            let table = try source.table("records", of: Record.self)
            let plain = try PlainRecords<Record>(scratch, capacity: 1024, stride: slotBytes)
            let times = try WorkerThread.run(cpu: Processors.writer) {
                var sum: UInt64 = 0
                let times = try Self.fastest(
                    [
                        { for _ in 0 ..< Self.passes { sum = plain.read(indices, after: sum) } },
                        { for _ in 0 ..< Self.passes { sum = try CommittedReads.read(table, indices, after: sum) } },
                    ], rounds: Self.rounds / Self.places)
                return sum == .max ? [.nan, .nan] : times
            }
            fastest = zip(fastest, times).map { min($0, $1) }
        }
        return [("read.\(size)", fastest[1] / fastest[0])]
    }

    /// Nanoseconds of the fastest round of each.
    private static func fastest(_ works: [() throws -> Void], rounds: Int = rounds) throws -> [Double] {
        var fastest = works.map { _ in Double.infinity }
        for _ in 0 ..< rounds {
            for (number, work) in works.enumerated() { fastest[number] = min(fastest[number], try Clock.each(1, work)) }
        }
        return fastest
    }
}
