internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// One writer that changes records at a given rate, whatever becomes of it: an open loop.
///
/// Each transaction has a moment at which it is due, fixed before the first begins, and its delay counts from that
/// moment until its commit. After a stall those that became due meanwhile come one after the other, each with the delay
/// that a caller would have had. A load that only measured from each one's start would count a stall of 100 ms once,
/// and leave out the thousands that had to wait for it (coordinated omission).
struct PacedLoad {
    struct Outcome: Sendable {
        /// Transactions a second asked for and, by the clock, done.
        var asked: Double
        var written: Double
        /// From the moment when each was due until its commit.
        var delays: Delays
        /// From that moment until its cut was whole on the copy.
        var ages: Delays
        /// Records that cuts carried meanwhile, and what the copy lived through.
        var copy: CopyTally
        /// From the last commit until it was on the copy.
        var lagSeconds: Double
    }

    let source: BenchSource
    var set = WorkingSet.cold
    /// Transactions that are due together: 1 where each one's delay counts, more where reading the clock would.
    var batch = 1
    var stall: Stall?
    /// Writes at the rate before anything counts.
    var settlingSeconds = 0.0
    /// Waits for the last change to arrive on the copy. False where there is none.
    var awaitsCopy = true

    func run(perSecond rate: Double, seconds: Double) throws -> Outcome {
        try run(perSecond: rate, until: .seconds(seconds))
    }

    func run(perSecond rate: Double, until end: LoadEnd) throws -> Outcome {
        let load = self
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try load.source.file.makeWriter()
            return try load.write(&writer, rate, end)
        }
    }

    private func write(_ writer: inout Writer, _ rate: Double, _ end: LoadEnd) throws(TandemError) -> Outcome {
        let (source, table) = (source, source.partitioned)
        let records = set.records(of: source.capacity)
        var random = SplitMix(seed: MonotonicClock.now())
        var stall = stall
        var delays = Delays()
        var probe = AgeProbe()
        var tally = CopyTally.Start(source)
        let interval = Double(batch) / rate * 1e9
        let start = MonotonicClock.now()
        let counted = start + UInt64(settlingSeconds * 1e9)
        var (batches, batchesBefore, isSettled) = (0, 0, false)
        var now = start
        while !end.isReached(source, now, counted, batches * batch) {
            let due = start + UInt64(Double(batches) * interval)
            if now >= due {
                if !isSettled, due >= counted {
                    isSettled = true
                    batchesBefore = batches
                    delays = Delays()
                    probe.forgetAges()
                    tally = CopyTally.Start(source)
                }
                for _ in 0 ..< batch {
                    stall?.pass()
                    try Transactions.changeOne(&writer, table, random.index(below: records))
                }
                now = MonotonicClock.now()
                delays.record(now - due)
                probe.note(epoch: writer.lastCommitEpoch, at: due)
                batches += 1
            } else {
                SpinHint.pause()
                now = MonotonicClock.now()
            }
            probe.observe(committed: source.committed, at: now)
            tally.look()
        }
        let stopped = now
        if awaitsCopy { source.awaitCopy(&probe, writer.lastCommitEpoch) }
        let seconds = Double(stopped - min(stopped, max(start, counted))) / 1e9
        return Outcome(
            asked: rate, written: Double((batches - batchesBefore) * batch) / max(seconds, 1e-9), delays: delays,
            ages: probe.ages, copy: tally.end(), lagSeconds: Double(MonotonicClock.now() - stopped) / 1e9)
    }
}
