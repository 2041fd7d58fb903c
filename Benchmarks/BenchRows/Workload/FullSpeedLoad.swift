internal import Tandem
internal import TandemCore
internal import TandemSystem

/// One writer that changes records as fast as it can: a closed loop, so its rate by the clock is what counts, with all
/// that it sleeps and waits in it.
///
/// The clock is read once in `batch` transactions, as reading it costs as much as two of them; the longest time between
/// two readings is the longest stall, and too long by less than `batch` transactions.
struct FullSpeedLoad {
    struct Outcome: Sendable {
        var transactions: Int
        var seconds: Double
        /// Times between two readings of the clock.
        var stalls: Delays
        /// From commit until its cut was whole on the copy.
        var ages: Delays
        var copy: CopyTally

        var millionsPerSecond: Double { Double(transactions) / max(seconds, 1e-9) / 1e6 }
    }

    static let batch = 16
    let source: BenchSource
    let set: WorkingSet
    var stall: Stall?
    /// Waits for the last change to arrive on the copy. False where there is none.
    var awaitsCopy = true

    func run(until end: LoadEnd) throws -> Outcome {
        let load = self
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try load.source.file.makeWriter()
            return try load.write(&writer, end)
        }
    }

    private func write(_ writer: inout Writer, _ end: LoadEnd) throws(TandemError) -> Outcome {
        let (source, table) = (source, source.partitioned)
        let records = set.records(of: source.capacity)
        var random = SplitMix(seed: MonotonicClock.now())
        var stall = stall
        var stalls = Delays()
        var probe = AgeProbe()
        var tally = CopyTally.Start(source)
        var done = 0
        let start = MonotonicClock.now()
        var now = start
        while !end.isReached(source, now, start, done) {
            for _ in 0 ..< Self.batch {
                stall?.pass()
                try Transactions.changeOne(&writer, table, random.index(below: records))
            }
            done += Self.batch
            let before = now
            now = MonotonicClock.now()
            stalls.record(now - before)
            probe.note(epoch: writer.lastCommitEpoch, at: now)
            probe.observe(committed: source.committed, at: now)
            tally.look()
        }
        let copy = tally.end()
        let seconds = Double(now - start) / 1e9
        if awaitsCopy { source.awaitCopy(&probe, writer.lastCommitEpoch) }
        return Outcome(transactions: done, seconds: seconds, stalls: stalls, ages: probe.ages, copy: copy)
    }
}
