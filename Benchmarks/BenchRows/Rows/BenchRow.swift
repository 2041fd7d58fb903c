/// One row of the bench: a question, the options it is asked with, and how it is measured.
///
/// Everything is measured by the clock. Each repetition measures everything of the row once, the baselines in between,
/// so that what disturbs the machine for a while disturbs both sides.
public protocol BenchRow: Sendable {
    static var name: String { get }
    static var abstract: String { get }
    var common: CommonOptions { get set }
    /// How often a repetition is told of, as some rows measure one thing after the other.
    static var parts: Int { get }
    /// About how long it takes on a quiet machine.
    var expectedSeconds: Double { get }
    /// The same question within seconds, for a look: figures of such a run prove nothing.
    mutating func makeQuick()
    func measure(into report: inout Report, _ progress: BenchProgress) throws
}

/// What every row is told.
public struct CommonOptions: Sendable {
    public var repetitions = 5
    public var host = FollowerHost.thread
    /// Where the files of rows that measure a disk go.
    public var disk = "."
    /// Source and copy are compared at the end.
    public var verifies = true

    public init() {}
}

extension BenchRow {
    public static var parts: Int { 1 }

    public func run(_ progress: BenchProgress = BenchProgress.silent()) throws -> Report {
        progress.begin(
            Self.name, expectedSeconds: expectedSeconds, steps: Self.parts * common.repetitions)
        var report = Report(Self.name, Self.abstract, options: options, circumstances: .now())
        let watch = LoadWatch()
        try measure(into: &report, progress)
        report.note(Processors.note)
        let others = watch.load()
        report.circumstances.otherLoad = others
        if let warning = others?.warning { report.warn(warning) }
        if common.repetitions < 5 {
            report.warn("\(common.repetitions) repetitions are too few to tell a change from noise")
        }
        progress.end()
        return report
    }

    /// A report with nothing but the reason why there is nothing in it.
    public func failed(_ error: any Error) -> Report {
        var report = Report(Self.name, Self.abstract, options: options, circumstances: .now())
        report.fail("\(error)")
        return report
    }

    /// Read off the row itself, so that none can be left out.
    private var options: [String: String] {
        let all = Array(Mirror(reflecting: self).children) + Array(Mirror(reflecting: common).children)
        return Dictionary(
            all.compactMap { child in
                guard let name = child.label, name != "common", name != "stall" || "\(child.value)" != "nil" else {
                    return nil
                }
                return (
                    name,
                    Mirror(reflecting: child.value).displayStyle == .optional && "\(child.value)" == "nil"
                        ? "default" : "\(child.value)"
                )
            }, uniquingKeysWith: { first, _ in first })
    }
}

/// All rows, in the order in which they are run.
public enum BenchRows {
    public static func all() -> [any BenchRow] {
        [
            FullSpeedRow(), OverloadRow(), WriteRow(), LatencyRow(), ReadRow(), KeyedRow(), ReplicatedRow(),
            UpdateRow(), NBDRow(), CopiesRow(), BulkRow(), ScanRow(), CreateRow(), PromoteRow(), TakeOverRow(),
            ReturnRow(), LitmusRow(),
        ]
    }

    /// Those that ask other programs as well, which have to be there.
    public static func withPeers() -> [any BenchRow] { all() + [PeersRow()] }
}
