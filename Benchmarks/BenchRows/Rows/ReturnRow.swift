internal import Foundation
internal import Tandem
internal import TandemCore

/// `return`: how long a copy of which nobody knows what it lacks takes to come back.
public struct ReturnRow: BenchRow {
    public static let name = "return"
    public static let abstract = "How long a copy takes to come back where its content decides what it lacks."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// One of so many pages differs.
    public var pagesForOneThatDiffers = 100
    /// Nil: what a source takes by itself.
    public var journalBytes: Int?

    public init() {}

    public static var parts: Int { Way.allCases.count }

    public var expectedSeconds: Double {
        Double(bytes) / Double(1 << 30) * (4 + 20 * Double(common.repetitions))
    }

    public mutating func makeQuick() { bytes = 128 << 20 }

    /// Where the copy is, and why nobody knows what it lacks.
    private enum Way: String, CaseIterable {
        case file, standby
        case failBack = "fail-back"

        var words: String {
            switch self {
            case .file: "a file in memory, put back as it was"
            case .standby: "the same at a standby on loopback"
            case .failBack: "an old source, demoted and taken up"
            }
        }
    }

    private struct Measured: Hashable {
        enum Quantity { case time, bytes, whole, demotion }
        var way: Way
        var quantity: Quantity
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        progress.step("filling a source of \(bytes >> 20) MiB")
        var source = try BenchSource(scratch, bytes: bytes, journalBytes: journalBytes)
        try source.fill()
        if let missing = Loopback.missing { report.warn("nothing was measured at a standby: \(missing)") }
        let ways = Way.allCases.filter { $0 != .standby || Loopback.missing == nil }
        var series = Series<Measured>()
        for repetition in 0 ..< common.repetitions {
            let verifies = common.verifies && repetition == common.repetitions - 1
            for way in ways {
                progress.repetition(repetition, of: common.repetitions, way.rawValue)
                if way == .failBack {
                    source = try failBack(source, scratch, verifies, &series, &report)
                } else {
                    try putBack(source, way, scratch, verifies, &series, &report)
                }
            }
        }
        for way in ways { add(way, series, to: &report) }
        report.note(
            """
            \(source.tableBytes) bytes of tables; by the clock, from the replicator's start until it is in sync, and \
            of a fail-back the demotion before it; nobody writes meanwhile; one of \(pagesForOneThatDiffers) pages \
            differs, by a record; beside it a blank copy, its blocks touched, brought in sync in the same repetition
            """)
    }

    /// In sync, kept aside, in sync with what has changed since; and then the file is again what it was before.
    private func putBack(
        _ source: BenchSource, _ way: Way, _ scratch: Scratch, _ verifies: Bool, _ series: inout Series<Measured>,
        _ report: inout Report
    ) throws {
        let (copy, before) = (scratch.path("copy"), scratch.path("before"))
        defer { for path in [copy, before] { Scratch.removeFile(path) } }
        try BlankFile.lay(copy, bytes: source.file.layout.copyBytes)
        let port = try Loopback.freePort()
        let whole = try follow(source, way, copy, at: port, &report)
        try FileManager.default.copyItem(atPath: copy, toPath: before)
        try source.changeOneRecord(ofEach: pagesForOneThatDiffers)
        _ = try follow(source, way, copy, at: port, &report)
        guard rename(before, copy) == 0 else { throw BenchError("cannot put \(copy) back") }
        let back = try follow(source, way, copy, at: port, verifies: verifies, &report)
        note(way, back, after: 0, beside: whole, source, &series, &report)
    }

    /// The copy takes over, goes on, and gets the old source as its copy; which then takes over for the next time.
    ///
    /// - Returns: the new life of the same file.
    private func failBack(
        _ old: BenchSource, _ scratch: Scratch, _ verifies: Bool, _ series: inout Series<Measured>,
        _ report: inout Report
    ) throws -> BenchSource {
        let (path, copy) = (old.file.path, scratch.path("copy"))
        defer { Scratch.removeFile(copy) }
        try BlankFile.lay(copy, bytes: old.file.layout.copyBytes)
        let whole = try follow(old, .failBack, copy, &report)
        _ = try Promotion.promote(copy: copy)
        let new = try BenchSource(opening: copy)
        try new.changeOneRecord(ofEach: pagesForOneThatDiffers)
        // By force, as no replicator of its own has told it that it was superseded.
        let demotion = try Clock.seconds { _ = try Demotion.demote(source: path, force: true) } * 1e3
        series.add(Measured(way: .failBack, quantity: .demotion), demotion)
        let back = try follow(new, .failBack, path, verifies: verifies, &report)
        note(.failBack, back, after: demotion, beside: whole, new, &series, &report)
        _ = try Promotion.promote(copy: path)
        return try BenchSource(opening: path)
    }

    private func follow(
        _ source: BenchSource, _ way: Way, _ copy: String, at port: UInt16? = nil, verifies: Bool = false,
        _ report: inout Report
    ) throws -> WayBack {
        let standby = way == .standby ? try LoopbackStandby(copy: copy, secret: nil, port: port) : nil
        defer { standby?.end() }
        return try WayBack.of(
            source, to: standby?.address ?? copy, file: copy, in: common.host, verifies: verifies, into: &report)
    }

    private func note(
        _ way: Way, _ back: WayBack, after milliseconds: Double, beside whole: WayBack, _ source: BenchSource,
        _ series: inout Series<Measured>, _ report: inout Report
    ) {
        if !back.isByContent { report.fail("\(way.words): the copy came back, but not by content") }
        func add(_ quantity: Measured.Quantity, _ value: Double) {
            series.add(Measured(way: way, quantity: quantity), value)
        }
        add(.time, back.milliseconds + milliseconds)
        add(.bytes, 100 * Double(back.bytesWritten) / Double(source.tableBytes))
        add(.whole, whole.milliseconds)
    }

    private func add(_ way: Way, _ series: Series<Measured>, to report: inout Report) {
        func samples(_ quantity: Measured.Quantity) -> Samples { series[Measured(way: way, quantity: quantity)] }
        report.add(
            Figure(
                "return.\(way.rawValue).time", way.words, samples(.time), .milliseconds,
                beside: .init("a blank copy", samples(.whole))))
        report.add(
            Figure("return.\(way.rawValue).bytes", "\(way.words): written, of its tables", samples(.bytes), .percent))
        guard way == .failBack else { return }
        report.add(
            Figure(
                "return.fail-back.demotion", "the demotion alone, \(Processors.allowed.count) processors",
                samples(.demotion), .milliseconds))
    }
}
