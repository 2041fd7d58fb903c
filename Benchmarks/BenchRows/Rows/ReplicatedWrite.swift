internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// A writer at full speed on a source with a copy in sync, beside the same writer on an equal source without any.
///
/// Two sources, measured in turn, rather than one whose replicator comes and goes: each start of a replicator would
/// begin with a return of the copy, and one killed in mid-capture leaves the writer on its slow path.
struct ReplicatedWrite {
    let scratch: Scratch
    let bytes: Int
    let hotRecords: Int
    let seconds: Double
    let repetitions: Int
    let host: FollowerHost
    let isVerified: Bool

    func run(into report: inout Report) throws {
        let lone = try BenchSource(scratch, name: "lone", bytes: bytes)
        let followed = try BenchSource(scratch, name: "followed", bytes: bytes)
        lone.fill()
        followed.fill()
        let copy = scratch.path("followed.copy")
        let follower = try Follower(followed, copy: copy, in: host)
        defer { follower.stop() }
        try follower.waitInSync()
        for (what, records) in [("hot", min(hotRecords, lone.capacity)), ("random over all", lone.capacity)] {
            var rates: (lone: [Double], followed: [Double]) = ([], [])
            let before = (followed.counters[.cutsCommitted].load(), followed.counters[.cutsAbandoned].load())
            for _ in 0 ..< repetitions {
                try follower.waitIdle()
                rates.lone.append(try rate(lone, records))
                rates.followed.append(try rate(followed, records))
                if !followed.isInSync { report.fail("\(what): the copy did not stay in sync") }
            }
            let cuts = followed.counters[.cutsCommitted].load() - before.0
            let abandoned = followed.counters[.cutsAbandoned].load() - before.1
            report.add(
                Figure(
                    "writer with a copy in sync, \(what)", median(rates.followed) / 1e6, .millionsPerSecond,
                    beside: .init("without", median(rates.lone) / 1e6), bar: .ratioAtLeast(0.95)))
            report.note("with a copy, \(what): \(cuts) cuts committed and \(abandoned) abandoned meanwhile")
        }
        if isVerified {
            try follower.waitIdle()
            try followed.check(copy, into: &report)
        }
    }

    /// Transactions of one writer in a second of its processor: it never sleeps, so what other programs take does not
    /// count.
    private func rate(_ source: BenchSource, _ records: Int) throws -> Double {
        let seconds = seconds
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try source.file.makeWriter()
            return try Self.write(&writer, source.partitioned, records, seconds)
        }
    }

    @inline(never)
    private static func write(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ records: Int, _ seconds: Double
    ) throws(TandemError) -> Double {
        var random = SplitMix(seed: 3)
        var count = 0
        let used = ThreadTime.now()
        let end = MonotonicClock.now() + UInt64(seconds * 1e9)
        while MonotonicClock.now() < end {
            for _ in 0 ..< 256 {
                let index = random.index(below: records)
                try writer.transaction { transaction throws(TandemError) in
                    try transaction.update(table, at: index) { (record: inout BenchRecord) throws(TandemError) in
                        record.changeAll()
                    }
                }
            }
            count += 256
        }
        return Double(count) / (Double(ThreadTime.now() - used) / 1e9)
    }
}
