internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// `promote`: from a copy in memory to a source.
public struct PromoteRow {
    public var bytes = 1 << 30
    /// Records changed since the last sweep: what the journal holds.
    public var changes = 400_000
    public var host = FollowerHost.thread

    public init() {}

    public func run() throws -> Report {
        var report = Report("promote")
        let scratch = try Scratch()
        let source = try BenchSource(scratch, bytes: bytes)
        source.fill()
        let copy = scratch.path("copy")
        try bringInSync(source, copy)

        let sealed = source.tableBytes
        let seals = try sealRate(copy, sealed, &report)
        let crc = checksumRate(source)
        let committed = try changeAndKill(source, copy)
        let replay = try replayTime(copy)
        guard replay.changes > 0 else { throw BenchError("the journal was empty when the primary died") }
        if replay.cut < committed {
            report.fail("the journal ends at cut \(replay.cut), though cut \(committed) was committed")
        }

        let start = ThreadTime.ofProcess()
        let certificate = try Promotion.promote(copy: copy)
        let used = Double(ThreadTime.ofProcess() - start)
        if !certificate.problems.isEmpty { report.fail(certificate.problems.joined(separator: "; ")) }
        try checkPromoted(copy, source, &report)

        let replayRate = Double(replay.bytes) / replay.nanoseconds
        report.add(
            Figure(
                "journal replayed", replayRate, .gigabytesPerSecond,
                beside: .init("memory copy", try copyRate(replay.bytes)),
                bar: .atLeast(2, .gigabytesPerSecond)))
        report.add(
            Figure(
                "seals verified, one core", seals, .gigabytesPerSecond, beside: .init("crc32c alone", crc),
                bar: .atLeast(5, .gigabytesPerSecond)))
        let allowed = 20 + Double(replay.bytes) / 2e6 + Double(sealed) / 5e6
        report.add(
            Figure(
                "promotion in place, all of it", certificate.milliseconds, .milliseconds,
                bar: .atMost(allowed, .milliseconds)))
        let besides = (used - replay.nanoseconds - Double(sealed) / seals) / 1e6
        report.add(
            Figure("of it, besides replay and seals", max(0, besides), .milliseconds, bar: .atMost(20, .milliseconds)))
        report.note(
            """
            \(sealed) bytes of tables, \(replay.bytes) bytes of journal with \(replay.changes) changes in \
            \(replay.cuts) cuts; the bar of all is 20 ms + journal at 2 GB/s + seals at 5 GB/s
            """)
        report.note("all of it by the clock; its parts by processor time (\(shortNumber(used / 1e6)) ms in all)")
        return report
    }

    private func bringInSync(_ source: BenchSource, _ copy: String) throws {
        let follower = try Follower(source, copy: copy, in: host)
        defer { follower.stop() }
        try follower.waitIdle()
    }

    /// Gigabytes a second of verifying the whole copy as a promotion does, but on one processor. Mapped anew each time.
    private func sealRate(_ copy: String, _ bytes: Int, _ report: inout Report) throws -> Double {
        let times = try (0 ..< 3).map { _ in
            let access = try CopyAccess(path: copy, writable: true)
            var certificate = access.certificate(try access.survey())
            var verifier = SealVerifier(access: access)
            let time = try ThreadTime.each(1) { try verifier.verify(&certificate) }
            if let problem = certificate.problems.first { report.fail(problem) }
            return time
        }
        return Double(bytes) / median(times)
    }

    private func checksumRate(_ source: BenchSource) -> Double {
        var sum: UInt32 = 0
        let time = ThreadTime.each(1) {
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
        let follower = try Follower(source, copy: copy, in: host)
        defer { follower.stop() }
        try follower.waitInSync()
        _ = try PacedLoad(source: source).run(perSecond: 1_000_000, seconds: 0, atLeast: changes)
        return source.committed
    }

    private func replayTime(_ path: String) throws -> (
        bytes: Int, nanoseconds: Double, changes: Int, cuts: Int, cut: UInt64
    ) {
        let access = try CopyAccess(path: path, writable: true)
        let times = try (0 ..< 3).map { _ in
            let start = ThreadTime.now()
            let replayed = try CopyRecovery.apply(
                access.bytes, layout: access.layout, slot: access.slot, checksum: LinuxChecksum.crc32c)
            return (replayed, Double(ThreadTime.now() - start))
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
            best = max(best, Double(bytes) / ThreadTime.each(1) { memcpy(to.base, from.base, bytes) })
        }
        return best
    }

    /// Nothing was written after the last cut, so every record of the new source must be what the old one has.
    private func checkPromoted(_ path: String, _ old: BenchSource, _ report: inout Report) throws {
        let new = try SourceDataFile.open(at: path).table("partitioned", of: BenchRecord.self)
        var different = 0
        for index in 0 ..< old.capacity {
            let (one, other) = (try old.partitioned.read(at: index), try new.read(at: index))
            if withUnsafeBytes(
                of: one, { a in withUnsafeBytes(of: other) { b in memcmp(a.baseAddress!, b.baseAddress!, a.count) } })
                != 0
            {
                different += 1
            }
        }
        if different > 0 { report.fail("\(different) records of the promoted source differ from the old one's") }
        report.note("all \(old.capacity) records of the promoted source are the old one's")
    }
}
