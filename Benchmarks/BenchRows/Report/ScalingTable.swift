internal import CTandemLayout
internal import TandemCore

/// What one machine measured, carried to a larger one by arithmetic: the two tables of docs/SCALING.md.
public struct ScalingTable {
    /// The machine that is argued about.
    private enum Goal {
        static let bytes = Double(1 << 40)
        static let writers = 64.0
        static let nodes = 4.0
        static let wireBytesPerSecond = 100e9 / 8
        /// The source whose search the row `scan` measures.
        static let scannedBytes = Double(64 << 30)
    }

    private let figures: [String: Figure]
    private let circumstances: [String]

    public init(_ reports: [Report]) {
        circumstances = FiguresTable.circumstances(of: reports)
        figures = Dictionary(reports.flatMap(\.figures).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    public func placed(in page: String) throws -> String { try FiguresTable.place(markdown, in: page) }

    public var markdown: String {
        let constants: [(String, String, String)] = [
            ("engine, a record carried", text(engine, "µs of a processor"), "`update`, `update.processor`"),
            ("journal, a record of 240 bytes", text(journal, "bytes"), "`update`, `update.bytes`"),
            ("one writer, random transactions", text(writer, "M/s"), "`full-speed`, cold, without a copy"),
            ("undo room, a change of 240 bytes", text(Self.undoBytes, "bytes"), "entry and payload, by the layout"),
            ("bulk copy, one engine", text(bulk, "GB/s"), "`bulk`, memory, by the engine's clock"),
            ("one dirty page of 64 GiB, cold", text(search, "µs"), "`scan`, `scan.cold`"),
            ("seals verified, one core", text(seals, "GB/s"), "`promote`, `promote.seals`"),
        ]
        let conclusions: [(String, String, String)] = [
            ("all writers together", text(writers, "M/s"), "64 × one writer, if memory lets them"),
            ("what the wire carries", text(wire, "M/s"), "12.5 GB/s by a record's bytes"),
            ("processors of engine work to fill the wire", text(wire * engine, ""), "records × their cost"),
            ("processors of engine work for all writers", text(writers * engine, ""), "likewise"),
            ("one pass over everything dirty, one engine", text(pass, "s"), "4,295 M records × their cost"),
            ("undo room while it lasts, all writers", text(pass * writers * Self.undoBytes / 1e3, "GB"), "rate × room"),
            ("a window that 16 GB of undo room lets", text(window * 1e3, "ms"), "16 GB by rate and room"),
            ("records that one engine reads in it", text(window / engine, "M"), "of 4,295 M"),
            ("a bitmap of all pages", text(Goal.bytes / 4096 / 8 / 0x1p20, "MiB"), "a bit for each 4 KiB"),
            ("one dirty page found", text(search * Goal.bytes / Goal.scannedBytes, "µs"), "as its summary grows"),
            ("bulk copy, one engine", text(Goal.bytes / bulk / 1e9 / 60, "min"), "1.5 min at the wire's speed"),
            ("seals at a promotion, 16 cores", text(Goal.bytes / seals / 1e9 / 16, "s"), "each record's, once"),
        ]
        let machines = circumstances.flatMap { Wrapped.lines("\($0).") + [""] }.map { $0 + "\n" }.joined()
        return machines + Self.table(["constant", "value", "measured by"], constants) + "\n\n"
            + Self.table(["on the larger machine", "value", "how"], conclusions)
    }

    private static func table(_ head: [String], _ rows: [(String, String, String)]) -> String {
        (["| " + head.joined(separator: " | ") + " |", "|---|---|---|"] + rows.map { "| \($0) | \($1) | \($2) |" })
            .joined(separator: "\n")
    }

    // MARK: Constants

    private func median(_ id: String) -> Double { figures[id]?.samples.median ?? .nan }
    private var engine: Double { median("update.processor") }
    private var journal: Double { median("update.bytes") }
    private var writer: Double { figures["full-speed.cold.rate"]?.baseline?.samples.median ?? .nan }
    private var bulk: Double { median("bulk.memory.prepared.engine") }
    private var search: Double { median("scan.cold") }
    private var seals: Double { median("promote.seals") }
    private static let undoBytes = Double(
        MemoryLayout<tandem_undo>.size + RecordShape(payloadBytes: MemoryLayout<BenchRecord>.size).roundedBytes)

    // MARK: Conclusions; millions, microseconds, seconds

    private var writers: Double { writer * Goal.writers }
    private var wire: Double { Goal.wireBytesPerSecond / journal / 1e6 }
    private var pass: Double { Goal.bytes / Double(BenchRecord.slotBytes) / 1e6 * engine }
    private var window: Double { 16e3 / (writers * Self.undoBytes) }

    private func text(_ value: Double, _ unit: String) -> String {
        value.isFinite ? shortNumber(value) + (unit.isEmpty ? "" : " \(unit)") : "not measured"
    }
}
