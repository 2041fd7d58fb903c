internal import Glibc
internal import Tandem
internal import TandemCore

/// `bulk`: how fast a whole source gets into its copy.
public struct BulkRow {
    public var bytes = 2 << 30
    /// A file that may be overwritten, or does not exist yet. Nil: on tmpfs.
    public var copy: String?
    public var repetitions = 3
    public var host = FollowerHost.thread
    public var verifies = true

    public init() {}

    public func run() throws -> Report {
        var report = Report("bulk")
        report.note(Processors.note)
        let scratch = try Scratch()
        let source = try BenchSource(scratch, bytes: bytes)
        source.fill()
        let path = copy ?? scratch.path("copy")
        guard copy == nil || access(path, F_OK) != 0 else {
            throw BenchError("\(path) exists: give the path of a file that does not, as fio will overwrite it")
        }
        defer { unlink(path) }

        let fio = FioBaseline()
        let plain = PlainCopy(source: source)
        var rates: (ours: [Double], fio: [Double], plain: [Double]) = ([], [], [])
        for repetition in 0 ..< max(1, repetitions) {
            try layBlank(path, bytes: source.file.layout.copyBytes)
            rates.ours.append(try bulkCopy(source, to: path, verifying: verifies && repetition == 0, &report))
            // The very file, all its blocks there and touched: what the bulk copy has found too.
            if let fio { rates.fio.append(try fio.best(path: path, bytes: source.tableBytes)) }
            rates.plain.append(try plain.rate(to: path))
        }
        let baseline =
            fio == nil
            ? Figure.Baseline("pwrite (no fio here)", median(rates.plain))
            : Figure.Baseline("fio's best", median(rates.fio))
        report.add(
            Figure(
                "bulk copy until in sync", median(rates.ours), .gigabytesPerSecond, beside: baseline,
                bar: .ratioAtLeast(0.9)))
        report.add(
            Figure(
                "the same beside plain pwrite", median(rates.ours), .gigabytesPerSecond,
                beside: .init("pwrite", median(rates.plain))))
        report.note(
            """
            \(source.tableBytes) bytes of tables to \(path); from the descriptors' 0 to in sync, flushed; median of \
            \(rates.ours.count)
            """
        )
        if let fio {
            report.note(
                """
                fio: io_uring, the same file and bytes, end_fsync, best of \(fio.jobs(for: path).count) jobs a \
                repetition
                """
            )
        }
        report.note("pwrite: 1 MiB each from the source's own memory, then fsync")
        return report
    }

    /// A blank copy whose every block has been written once. Memory that a virtual machine touches for the first time
    /// is backed by its host then, which takes ten times as long as the copy, whoever writes.
    private func layBlank(_ path: String, bytes: Int) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("cannot create \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var left = bytes
        while left > 0 {
            let count = write(file, zeros, min(left, zeros.count))
            guard count > 0 else { throw BenchError("cannot write \(path): \(String(cString: strerror(errno)))") }
            left -= count
        }
        fsync(file)
    }

    /// Bytes a nanosecond, which are gigabytes a second, by the engine's own clock.
    private func bulkCopy(_ source: BenchSource, to path: String, verifying: Bool, _ report: inout Report) throws
        -> Double
    {
        let follower = try Follower(source, copy: path, in: host)
        defer { follower.stop() }
        try follower.waitInSync(seconds: 600)
        let words = source.counters
        let nanoseconds = words[.since].load() &- words[.syncStarted].load()
        if verifying { try source.check(path, into: &report) }
        return Double(source.tableBytes) / Double(max(1, nanoseconds))
    }
}
