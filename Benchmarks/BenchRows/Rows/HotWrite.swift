internal import Tandem
internal import TandemCore

/// One-record transactions on records that stay in the second cache, beside plain stores of the same 240 bytes.
struct HotWrite {
    let source: BenchSource
    /// 1024 slots are 256 KiB.
    let records: Int
    let transactions: Int
    let repetitions: Int

    func run(into report: inout Report) throws {
        let source = source
        let (transactions, mask) = (transactions, records - 1)
        precondition(records & mask == 0 && records <= source.capacity)
        let shared = try source.sharedTable()
        let times = try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.file.makeWriter()
            let payloads = source.payloads
            // Warm: dirty bits set, records in the cache.
            try Self.transact(&writer, source.partitioned, records, mask)
            try Self.transact(&writer, shared, records, mask)
            var all = [[Double]](repeating: [], count: 3)
            for _ in 0 ..< repetitions {
                all[0].append(ThreadTime.each(transactions) { Self.store(payloads, transactions, mask) })
                all[1].append(
                    try ThreadTime.each(transactions) {
                        try Self.transact(&writer, source.partitioned, transactions, mask)
                    })
                all[2].append(
                    try ThreadTime.each(transactions) { try Self.transact(&writer, shared, transactions, mask) })
            }
            return all.map(median)
        }
        let plain = Figure.Baseline("plain store", times[0])
        report.add(
            Figure(
                "one record, hot, partitioned", times[1], .nanoseconds, beside: plain,
                bar: .atMostWhere(10, baselineTakes: 3, .nanoseconds)))
        report.add(
            Figure(
                "one record, hot, shared", times[2], .nanoseconds, beside: plain,
                bar: .atMostWhere(20, baselineTakes: 3, .nanoseconds)))
        report.note("hot: \(records) records of 240 bytes in turn, each set to a new value; median of \(repetitions)")
    }

    @inline(never)
    private static func store(_ payloads: UnsafeMutableRawPointer, _ count: Int, _ mask: Int) {
        var value = BenchRecord()
        for number in 0 ..< count {
            value.words[0] = UInt64(truncatingIfNeeded: number)
            (payloads + (number & mask) &* BenchRecord.slotBytes).assumingMemoryBound(to: BenchRecord.self).pointee =
                value
        }
    }

    @inline(never)
    private static func transact(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ count: Int, _ mask: Int
    ) throws(TandemError) {
        var value = BenchRecord()
        for number in 0 ..< count {
            value.words[0] = UInt64(truncatingIfNeeded: number)
            let value = value
            try writer.transaction { transaction throws(TandemError) in
                try transaction.set(table, at: number & mask, to: value)
            }
        }
    }
}
