internal import CTandemLayout
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
        let indices = (0 ..< transactions).map { _ in UInt32(random.index(below: source.capacity)) }
        let times = try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.file.makeWriter()
            let payloads = source.payloads
            // Dirty bits set once, as they are between two cuts.
            try Self.transact(&writer, source.partitioned, indices)
            var all = [[Double]](repeating: [], count: 4)
            for _ in 0 ..< repetitions {
                all[0].append(ThreadTime.each(indices.count) { Self.modify(payloads, indices) })
                all[1].append(
                    try ThreadTime.each(indices.count) { try Self.transact(&writer, source.partitioned, indices) })
                all[2].append(ThreadTime.each(indices.count) { Self.modifyAnnounced(payloads, indices) })
                all[3].append(
                    try ThreadTime.each(indices.count) {
                        try Self.transactAnnounced(&writer, source.partitioned, indices)
                    })
            }
            return all.map(median)
        }
        report.add(
            Figure(
                "one record, cold", times[1], .nanoseconds, beside: .init("plain change", times[0]),
                bar: .ratioAtMost(1.3)))
        report.add(
            Figure(
                "one record, cold, announced", times[3], .nanoseconds, beside: .init("plain change", times[0]),
                bar: .ratioAtMost(1.3)))
        report.note(
            """
            announced: `prefetch(at:)` \(Self.ahead) transactions ahead; the plain change, announced likewise, takes \
            \(Int(times[2])) ns
            """
        )
        report.note(
            """
            cold: \(transactions) random records of \(source.capacity), all 240 bytes read, changed and written; \
            median of \(repetitions)
            """
        )
    }

    @inline(never)
    private static func modify(_ payloads: UnsafeMutableRawPointer, _ indices: [UInt32]) {
        for index in indices {
            (payloads + Int(index) &* BenchRecord.slotBytes).assumingMemoryBound(to: BenchRecord.self).pointee
                .changeAll()
        }
    }

    /// How many transactions ahead a record is announced: one message being decoded while another is worked on, and one
    /// spare.
    private static let ahead = 2

    @inline(never)
    private static func modifyAnnounced(_ payloads: UnsafeMutableRawPointer, _ indices: [UInt32]) {
        for number in indices.indices {
            let next = payloads + Int(indices[min(number + ahead, indices.count - 1)]) &* BenchRecord.slotBytes
            for line in 0 ..< 4 { tandem_prefetch_for_writing(next + line * 64) }
            (payloads + Int(indices[number]) &* BenchRecord.slotBytes).assumingMemoryBound(to: BenchRecord.self).pointee
                .changeAll()
        }
    }

    @inline(never)
    private static func transactAnnounced(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ indices: [UInt32]
    ) throws(TandemError) {
        for number in indices.indices {
            table.prefetch(at: Int(indices[min(number + ahead, indices.count - 1)]))
            try writer.transaction { transaction throws(TandemError) in
                try transaction.update(table, at: Int(indices[number])) {
                    (record: inout BenchRecord) throws(TandemError) in
                    record.changeAll()
                }
            }
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
