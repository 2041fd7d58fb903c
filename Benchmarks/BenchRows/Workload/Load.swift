internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// One writer that changes records, at its own pace or as fast as it can, beside a copy or alone.
struct Load: Sendable {
    let source: BenchSource
    var pace = Pace.fullSpeed
    var set = WorkingSet.cold
    /// Transactions between two readings of the clock, as reading it costs as much as two of them. They are due
    /// together, so 1 where each one's delay counts.
    var batch = Load.batchAtFullSpeed
    var stall: Stall?
    /// Writes at the rate before anything counts.
    var settlingSeconds = 0.0
    /// How often the copy's age is noted, for a picture of it over time. Nil: never.
    var lookInterval: Double?
    /// Waits for the last change to arrive on the copy. False where there is none.
    var awaitsCopy = true
    /// Whose age counts, of several copies.
    var watched = WatchedCopies.newest

    static let batchAtFullSpeed = 16

    struct Outcome: Sendable {
        var transactions: Int
        /// By the clock, with all that the writer slept and waited in it.
        var seconds: Double
        /// From when a batch was due until its last commit. At full speed the longest is the longest stall, too long by
        /// less than a batch.
        var delays: Delays
        /// Until its cut was whole on the copy: from when it was due, or at full speed from its commit.
        var ages: Delays
        var looks: [AgeLook]
        /// What the copy lived through meanwhile.
        var copy: CopyTally
        /// From the last commit until it was on the copy.
        var lagSeconds: Double

        var millionsPerSecond: Double { Double(transactions) / max(seconds, 1e-9) / 1e6 }
    }

    func run(until end: LoadEnd) throws -> Outcome {
        let load = self
        return try WorkerThread.run(cpu: Processors.writer) {
            var writer = try load.source.file.makeWriter()
            return try load.write(&writer, end)
        }
    }

    private func write(_ writer: inout Writer, _ end: LoadEnd) throws(TandemError) -> Outcome {
        let (source, table, isOpen) = (source, source.partitioned, pace != .fullSpeed)
        let records = set.records(of: source.capacity)
        var random = SplitMix(seed: MonotonicClock.now())
        var stall = stall
        var delays = Delays()
        var probe = AgeProbe()
        var looks = AgeLooks(every: lookInterval)
        var tally = CopyTally.Start(source)
        let start = MonotonicClock.now()
        let counted = start + UInt64(settlingSeconds * 1e9)
        var (batches, batchesBefore, isSettled) = (0, 0, settlingSeconds == 0)
        var now = start
        let words = watched.words(of: source)
        while !end.isReached(source, now, counted, batches * batch) {
            let due = pace.due(batches, of: batch, from: start) ?? now
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
                probe.note(epoch: writer.lastCommitEpoch, at: isOpen ? due : now)
                batches += 1
            } else {
                SpinHint.pause()
                now = MonotonicClock.now()
            }
            probe.observe(committed: words.oldest, at: now)
            looks.look(at: probe, since: start, now)
            tally.look()
        }
        let copy = tally.end()
        let seconds = Double(now - min(now, max(start, counted))) / 1e9
        if awaitsCopy { words.await(&probe, writer.lastCommitEpoch) }
        return Outcome(
            transactions: (batches - batchesBefore) * batch, seconds: seconds, delays: delays, ages: probe.ages,
            looks: looks.seen, copy: copy, lagSeconds: Double(MonotonicClock.now() - now) / 1e9)
    }
}
