internal import Tandem
internal import TandemCore

/// One-record transactions on records that are in no cache, beside plain read-modify-writes of the same records in the
/// same random order.
struct ColdWrite {
    let source: BenchSource
    let transactions: Int
    let repetitions: Int

    func run(into report: inout Report) throws {
        let source = source
        var random = SplitMix(seed: 7)
        let indices = (0..<transactions).map { _ in UInt32(random.index(below: source.capacity)) }
        let times = try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.file.makeWriter()
            let payloads = source.payloads
            // Dirty bits set once, as they are between two cuts.
            try Self.transact(&writer, source.partitioned, indices)
            var all = [[Double]](repeating: [], count: 2)
            for _ in 0..<repetitions {
                all[0].append(ThreadTime.each(indices.count) { Self.modify(payloads, indices) })
                all[1].append(
                    try ThreadTime.each(indices.count) { try Self.transact(&writer, source.partitioned, indices) })
            }
            return all.map(median)
        }
        report.add(
            Figure(
                "one record, cold", times[1], .nanoseconds, beside: .init("plain change", times[0]),
                bar: .ratioAtMost(1.3)))
        report.note(
            "cold: \(transactions) random records of \(source.capacity), all 240 bytes read, changed and written; median of \(repetitions)"
        )
    }

    @inline(never)
    private static func modify(_ payloads: UnsafeMutableRawPointer, _ indices: [UInt32]) {
        for index in indices {
            (payloads + Int(index) &* BenchRecord.slotBytes).assumingMemoryBound(to: BenchRecord.self).pointee
                .changeAll()
        }
    }

    @inline(never)
    private static func transact(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ indices: [UInt32]
    ) throws(TandemError) {
        for index in indices {
            try writer.transaction { transaction throws(TandemError) in
                try transaction.update(table, at: Int(index)) { (record: inout BenchRecord) throws(TandemError) in
                    record.changeAll()
                }
            }
        }
    }
}
