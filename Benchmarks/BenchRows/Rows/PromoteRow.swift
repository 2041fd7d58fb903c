internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// `promote`: from a copy in memory to a source.
public struct PromoteRow: BenchRow {
    public static let name = "promote"
    public static let abstract = "From a copy in memory to a source."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// Records changed before the primary dies. The journal holds those that are not in the copy's tables yet.
    public var changes = 400_000

    public init() {}

    public var expectedSeconds: Double {
        Double(bytes) / Double(1 << 30) * (3 + 5 * Double(common.repetitions))
            + Double(common.repetitions * changes) / 5e5
    }

    public mutating func makeQuick() {
        bytes = 128 << 20
        changes = 50_000
    }

    private enum Measured { case replay, copying, seals, checksum, all, journalled }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        progress.step("filling a source of \(bytes >> 20) MiB")
        let source = try BenchSource(scratch, bytes: bytes)
        try source.fill()
        var series = Series<Measured>()
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions)
            try once(source, scratch.path("copy-\(repetition)"), &series, &report)
        }
        report.add(
            Figure(
                "promote.replay", "journal replayed, one core", series[.replay], .gigabytesPerSecond,
                beside: .init("memory copy", series[.copying])))
        report.add(
            Figure(
                "promote.seals", "seals verified, one core", series[.seals], .gigabytesPerSecond,
                beside: .init("CRC-32C alone", series[.checksum])))
        report.add(
            Figure(
                "promote.all", "promotion in place, \(bytes >> 20) MiB, \(Processors.allowed.count) processors",
                series[.all], .milliseconds))
        report.note("\(source.tableBytes) bytes of tables; each repetition promotes a copy of its own")
        report.note(
            """
            of the \(changes) changes of a repetition the journal still held \
            \(series[.journalled].spread(" · ")) when the primary died; the rest was in the tables
            """)
    }

    private func once(
        _ source: BenchSource, _ copy: String, _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        defer { Scratch.removeFile(copy) }
        try bringInSync(source, copy)
        series.add(.seals, try sealRate(copy, source.tableBytes, &report))
        series.add(.checksum, checksumRate(source))
        let committed = try changeAndKill(source, copy)
        let replay = try replayTime(copy)
        guard replay.changes > 0 else { throw BenchError("the journal was empty when the primary died") }
        if replay.cut < committed {
            report.fail("the journal ends at cut \(replay.cut), though cut \(committed) was committed")
        }
        series.add(.replay, Double(replay.bytes) / replay.nanoseconds)
        series.add(.copying, try copyRate(replay.bytes))
        series.add(.journalled, Double(replay.changes))
        let start = MonotonicClock.now()
        let certificate = try Promotion.promote(copy: copy)
        series.add(.all, Double(MonotonicClock.now() - start) / 1e6)
        if !certificate.problems.isEmpty { report.fail(certificate.problems.joined(separator: "; ")) }
        try PromotedSource.compare(try SourceDataFile.open(at: copy), with: source, into: &report)
    }

    private func bringInSync(_ source: BenchSource, _ copy: String) throws {
        let follower = try Follower(source, copy: copy, in: common.host)
        defer { follower.stop() }
        try follower.waitIdle()
    }

    /// Gigabytes a second of verifying the whole copy as a promotion does, but on one processor. Mapped anew each time.
    private func sealRate(_ copy: String, _ bytes: Int, _ report: inout Report) throws -> Double {
        let access = try CopyAccess(path: copy, writable: true)
        var certificate = access.certificate(try access.survey())
        var verifier = SealVerifier(access: access)
        let time = try Clock.each(1) { try verifier.verify(&certificate) }
        if let problem = certificate.problems.first { report.fail(problem) }
        return Double(bytes) / time
    }

    private func checksumRate(_ source: BenchSource) -> Double {
        var sum: UInt32 = 0
        let time = Clock.each(1) {
            for table in source.file.layout.tables {
                let bytes = UnsafeRawBufferPointer(
                    start: source.file.memory.base + table.offset, count: table.byteCount)
                sum = LinuxChecksum.crc32c(bytes, seed: sum)
            }
        }
        return sum == 0 ? .nan : Double(source.tableBytes) / time
    }

    /// Changes random records, and ends the replicator as soon as they are on the copy: before it sweeps.
    private func changeAndKill(_ source: BenchSource, _ copy: String) throws -> UInt64 {
        let follower = try Follower(source, copy: copy, in: common.host)
        defer { follower.stop() }
        try follower.waitInSync()
        _ = try Load(source: source, pace: .perSecond(1_000_000), batch: 8).run(until: .transactions(changes))
        return source.committed
    }

    private func replayTime(_ path: String) throws -> (
        bytes: Int, nanoseconds: Double, changes: Int, cuts: Int, cut: UInt64
    ) {
        let access = try CopyAccess(path: path, writable: true)
        let times = try (0 ..< 3).map { _ in
            let start = MonotonicClock.now()
            let replayed = try CopyRecovery.apply(
                access.bytes, layout: access.layout, slot: access.slot, checksum: LinuxChecksum.crc32c)
            return (replayed, Double(MonotonicClock.now() - start))
        }
        let replayed = times[0].0
        return (
            Int(replayed.end.position - access.slot.journalTail), median(times.map(\.1)), replayed.changes,
            replayed.cuts,
            replayed.end.cut
        )
    }

    /// Gigabytes a second of moving as many bytes from one place in memory to another.
    private func copyRate(_ bytes: Int) throws -> Double {
        let (from, to) = (try AnonymousMemory(byteCount: bytes), try AnonymousMemory(byteCount: bytes))
        var best = 0.0
        for round in 0 ..< 4 {
            memset(from.base, Int32(round + 1), bytes)
            best = max(best, Double(bytes) / Clock.each(1) { memcpy(to.base, from.base, bytes) })
        }
        return best
    }
}
