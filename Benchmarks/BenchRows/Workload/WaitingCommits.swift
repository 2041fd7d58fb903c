internal import Tandem
internal import TandemCore
internal import TandemSystem

/// Commits that wait for the copy, one after the other: a closed loop.
struct WaitingCommits: Sendable {
    let source: BenchSource
    let count: Int

    /// From a transaction's beginning until its cut was on the copy.
    func run() throws -> Delays {
        let commits = self
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try commits.source.file.makeWriter()
            return try commits.commit(&writer)
        }
    }

    private func commit(_ writer: inout Writer) throws(TandemError) -> Delays {
        let table = source.partitioned
        var random = SplitMix(seed: MonotonicClock.now())
        var delays = Delays()
        // The first ones find caches, queues and files as they never are again.
        for number in 0 ..< count + count / 10 {
            let index = random.index(below: table.capacity)
            let start = MonotonicClock.now()
            try writer.transaction(replicatedWithin: .seconds(20)) { change throws(TandemError) in
                try change.update(table, at: index) { (record: inout BenchRecord) throws(TandemError) in
                    record.changeAll()
                }
            }
            if number >= count / 10 { delays.record(MonotonicClock.now() - start) }
        }
        return delays
    }
}
