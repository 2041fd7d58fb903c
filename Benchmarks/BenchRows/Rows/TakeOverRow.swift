internal import Foundation
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// `take-over`: from the command at a standby to the first commit there, of a small source and of a large one.
public struct TakeOverRow: BenchRow {
    public static let name = "take-over"
    public static let abstract = "From the command at a standby to the first commit there."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    public var largeBytes = 8 << 30
    /// Written before the replicator is killed.
    public var transactionsPerSecond = 100_000.0
    public var seconds = 0.5

    public init() {}

    public static var parts: Int { Size.allCases.count }

    /// Why it cannot be measured here; nil where it can.
    public static var missing: String? { Loopback.missing }

    public var expectedSeconds: Double {
        let size = Double(bytes + largeBytes) / Double(1 << 30)
        return size * (3 + 2.5 * Double(common.repetitions)) + 4 * Double(common.repetitions)
    }

    public mutating func makeQuick() { (bytes, largeBytes, seconds) = (64 << 20, 256 << 20, 0.2) }

    private enum Size: String, CaseIterable { case small, large }

    private struct Measured: Hashable {
        enum Quantity { case all, own }
        var size: Size
        var quantity: Quantity
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        if let missing = Self.missing { throw BenchError(missing) }
        var series = Series<Measured>()
        for size in Size.allCases {
            let bytes = bytes(of: size)
            // Source and copy, and what the kernel and other programs need.
            let wanted = bytes / 10 * 21 + (1 << 30)
            guard let free = MemoryUse.availableBytes, free >= wanted else {
                report.warn(
                    """
                    the \(size.rawValue) source was not measured: it and its copy take \(wanted >> 20) MiB of \
                    memory, which is not free
                    """)
                continue
            }
            try measure(size, &series, &report, progress)
            add(size, series, to: &report)
        }
        report.note(
            """
            a standby in memory, a process of its own, behind \(shortNumber(transactionsPerSecond)) transactions a \
            second; when the last of them has arrived the replicator is killed with -9; then `tandem promote` beside \
            the standby, by the clock from the start of that process until a transaction on the new source has returned
            """)
    }

    private func bytes(of size: Size) -> Int { size == .small ? bytes : largeBytes }

    private func measure(
        _ size: Size, _ series: inout Series<Measured>, _ report: inout Report, _ progress: BenchProgress
    ) throws {
        let scratch = try Scratch()
        let bytes = bytes(of: size)
        progress.step("filling a source of \(bytes >> 20) MiB")
        let source = try BenchSource(
            scratch, bytes: bytes, undoBytes: 64 << 20, journalBytes: min(bytes / 4, 256 << 20))
        try source.fill()
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions, size.rawValue)
            let verifies = common.verifies && repetition == common.repetitions - 1
            try once(source, size, scratch.path("copy"), verifies, &series, &report)
        }
    }

    private func once(
        _ source: BenchSource, _ size: Size, _ copy: String, _ verifies: Bool, _ series: inout Series<Measured>,
        _ report: inout Report
    ) throws {
        defer { Scratch.removeFile(copy) }
        // The standby makes its copy by itself, as it does at a site.
        let standby = try LoopbackStandby(copy: copy, secret: nil)
        defer { standby.end() }
        try writeAndKill(source, standby)

        let start = MonotonicClock.now()
        let command = try ChildProcess(Loopback.tandem(), ["promote", copy, "--json"], capturesOutput: true)
        let said = command.outputToItsEnd()
        let new = try SourceDataFile.open(at: copy)
        let table = try new.table("partitioned", of: BenchRecord.self)
        var writer = try new.makeWriter()
        let last = source.capacity - 1
        let value = try source.partitioned.read(at: last)
        try writer.transaction { change throws(TandemError) in try change.set(table, at: last, to: value) }
        let end = MonotonicClock.now()

        guard command.status() == 0 else { throw BenchError("tandem promote has failed") }
        series.add(Measured(size: size, quantity: .all), Double(end - start) / 1e6)
        series.add(Measured(size: size, quantity: .own), try Self.milliseconds(in: said))
        if verifies { try PromotedSource.compare(new, with: source, into: &report) }
    }

    /// What the command itself says that it took.
    private static func milliseconds(in certificate: [UInt8]) throws -> Double {
        struct Certificate: Decodable { let milliseconds: Double }
        return try JSONDecoder().decode(Certificate.self, from: Data(certificate)).milliseconds
    }

    private func writeAndKill(_ source: BenchSource, _ standby: LoopbackStandby) throws {
        let follower = try Follower(source, copy: standby.address, in: common.host)
        defer { follower.kill() }
        try follower.waitInSync(seconds: 600)
        // The last one's arrival is awaited, so that nothing may be missing from the new source.
        _ = try Load(source: source, pace: .perSecond(transactionsPerSecond), batch: 8).run(until: .seconds(seconds))
    }

    private func add(_ size: Size, _ series: Series<Measured>, to report: inout Report) {
        let words = "\(bytes(of: size) >> 20) MiB of tables"
        report.add(
            Figure(
                "take-over.\(size.rawValue)", "\(words), from the command to the first commit",
                series[Measured(size: size, quantity: .all)], .milliseconds))
        report.add(
            Figure(
                "take-over.\(size.rawValue).own", "\(words), the promotion alone",
                series[Measured(size: size, quantity: .own)], .milliseconds))
    }
}
