internal import Glibc
internal import Tandem

/// `create`: how long a program waits for a new source.
public struct CreateRow: BenchRow {
    public static let name = "create"
    public static let abstract = "How long a program waits for a new source."
    public var common = CommonOptions()
    public var bytes = 1 << 30

    public init() {}

    public var expectedSeconds: Double { 1 + Double(common.repetitions) * 1.5 * Double(bytes) / Double(1 << 30) }

    public mutating func makeQuick() { bytes = 128 << 20 }

    private enum Measured { case create, zeros }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let scratch = try Scratch()
        let path = scratch.path("source")
        var series = Series<Measured>()
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions)
            series.add(.zeros, try Clock.seconds { try BlankFile.lay(path, bytes: bytes) } * 1e3)
            unlink(path)
            series.add(.create, try created(path) * 1e3)
            unlink(path)
        }
        report.add(
            Figure(
                "create.all", "a new source of \(bytes >> 20) MiB", series[.create], .milliseconds,
                beside: .init("as many zeros written", series[.zeros])))
        report.note(
            """
            from the call until the source is there with all its storage, its undo logs and bitmaps; both sides find \
            memory that the machine has touched before
            """)
    }

    private func created(_ path: String) throws -> Double {
        let tables = [
            TableDefinition.of(
                BenchRecord.self, name: "records", capacity: max(16, bytes / BenchRecord.slotBytes),
                sharing: .partitioned)
        ]
        return try Clock.seconds { _ = try SourceDataFile.create(at: path, tables: tables) }
    }
}
