internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// One writer that changes random records at a given rate, and sees what becomes of it.
struct PacedLoad {
    struct Outcome: Sendable {
        /// Transactions a second asked for and done.
        var asked: Double
        var written: Double
        /// Records a second that committed cuts carried, until the last change was on the copy.
        var shipped: Double
        /// From the last commit until it was on the copy.
        var lagSeconds: Double
        var stayedInSync: Bool
        var abandonedCuts: UInt64
        var ages: AgeProbe

        var lagSecondsMax: Double
        /// How much of its processor the writer was given; it never sleeps, so less than one is other programs' doing.
        var writerShare: Double

        /// The copy follows rather than falls behind: what piles up in one interval would show as lag.
        var keptUp: Bool { stayedInSync && lagSeconds <= lagSecondsMax }
        /// The writer, with its core to itself, cannot do more than this.
        var isWritersLimit: Bool { written < asked * 0.97 && !isDisturbed }
        var isDisturbed: Bool { writerShare < 0.9 }
    }

    let source: BenchSource
    /// A copy that is later than this falls behind.
    var lagSecondsMax = 0.02

    /// Few enough that a tick is microseconds; enough that reading the clock does not count.
    private static let batch = 8
    /// A writer that was kept from its core does not make up for more than this.
    private static let catchUpMax: UInt64 = 1_000_000

    /// - Parameter count: goes on after `seconds` until so many changes were made.
    func run(perSecond rate: Double, seconds: Double, atLeast count: Int = 0) throws -> Outcome {
        let (source, lagSecondsMax) = (source, lagSecondsMax)
        return try WorkerThread.run(cpu: Processors.writer) {
            try Self.write(source, rate, seconds, count, lagSecondsMax)
        }
    }

    private static func write(
        _ source: BenchSource, _ rate: Double, _ seconds: Double, _ count: Int, _ lagSecondsMax: Double
    ) throws -> Outcome {
        var writer = try source.file.makeWriter()
        var random = SplitMix(seed: MonotonicClock.now())
        var probe = AgeProbe()
        let shippedBefore = source.counters[Counter.recordsShipped].load()
        let troublesBefore = troubles(source)
        let abandonedBefore = source.counters[Counter.cutsAbandoned].load()
        let usedBefore = ThreadTime.now()
        let start = MonotonicClock.now()
        let end = start + UInt64(seconds * 1e9)
        let tick = UInt64(Double(batch) / rate * 1e9)
        var due = start
        var written = 0
        var stayedInSync = source.isInSync
        var now = start
        while now < end || written < count {
            if now >= due {
                try change(&writer, source.partitioned, &random, source.capacity)
                written += batch
                now = MonotonicClock.now()
                probe.note(epoch: writer.lastCommitEpoch, at: now)
                due += tick
                if now > due + catchUpMax { due = now }
            } else {
                SpinHint.pause()
                now = MonotonicClock.now()
            }
            probe.observe(committed: source.committed, at: now)
            if !source.isInSync { stayedInSync = false }
        }
        let stopped = MonotonicClock.now()
        let used = ThreadTime.now() - usedBefore
        now = stopped
        // Writing has ended; the last changes are on their way.
        while !probe.isAllDone || source.committed < writer.lastCommitEpoch, now < stopped + 10_000_000_000 {
            now = MonotonicClock.now()
            probe.observe(committed: source.committed, at: now)
            SpinHint.pause()
        }
        let shipped = source.counters[Counter.recordsShipped].load() - shippedBefore
        return Outcome(
            asked: rate, written: Double(written) / (Double(stopped - start) / 1e9),
            shipped: Double(shipped) / (Double(now - start) / 1e9), lagSeconds: Double(now - stopped) / 1e9,
            stayedInSync: stayedInSync && source.isInSync && troubles(source) == troublesBefore,
            abandonedCuts: source.counters[Counter.cutsAbandoned].load() - abandonedBefore,
            ages: probe, lagSecondsMax: lagSecondsMax, writerShare: Double(used) / Double(stopped - start))
    }

    @inline(__always)
    private static func change(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ random: inout SplitMix, _ capacity: Int
    ) throws(TandemError) {
        for _ in 0 ..< batch {
            let index = random.index(below: capacity)
            let value = random.next()
            try writer.transaction { transaction throws(TandemError) in
                try transaction.update(table, at: index) { (record: inout BenchRecord) throws(TandemError) in
                    record.words[0] &+= 1
                    record.words[29] = value
                }
            }
        }
    }

    /// Times the copy was lost or started over.
    private static func troubles(_ source: BenchSource) -> UInt64 {
        source.counters[Counter.outages].load() &+ source.counters[Counter.bulkCopies].load()
    }
}

extension PacedLoad.Outcome {
    func warn(in report: inout Report) {
        guard isDisturbed else { return }
        report.note(
            """
            WARNING: the writer had \(shortNumber(writerShare * 100)) % of its processor, and the replicator hardly \
            more: other programs are running, and these figures are theirs
            """)
    }
}
