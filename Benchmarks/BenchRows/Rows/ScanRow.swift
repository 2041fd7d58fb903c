internal import Glibc
internal import TandemCore
internal import TandemSystem

/// `scan`: finding what is dirty costs by what is dirty, not by how large the tables are.
public struct ScanRow: BenchRow {
    public static let name = "scan"
    public static let abstract = "Finding one dirty page; an idle engine."
    public var common = CommonOptions()
    /// Size of the table that the bitmaps are for; only the bitmaps are mapped.
    public var bytes = 64 << 30
    /// Searches of each repetition.
    public var rounds = 100
    /// Size of the small source that an idle replicator follows.
    public var idleBytes = 64 << 20
    /// How long the engine is watched, each repetition.
    public var idleSeconds = 2.0

    public init() {}

    public var expectedSeconds: Double { 5 + Double(common.repetitions) * (idleSeconds + 0.03 * Double(rounds)) }

    public mutating func makeQuick() { (rounds, idleSeconds) = (20, 0.3) }

    private enum Measured { case warm, cold, flat, worst }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        try find(into: &report, progress)
        progress.step("watching an idle engine")
        let idle = IdleEngine(bytes: idleBytes, seconds: idleSeconds, looks: common.repetitions)
        report.add(
            Figure(
                "scan.idle", "idle engine's share of a core", Samples(try idle.shares().map { $0 * 100 }), .percent))
        report.note(
            """
            idle: processor time of a replicator in sync with nothing to do, over \(shortNumber(idleSeconds)) s a \
            repetition
            """)
    }

    private func find(into report: inout Report, _ progress: BenchProgress) throws {
        let layout = try FileLayout(
            tables: [
                TableDefinition(
                    name: "wide", payloadBytes: 240, capacity: bytes / BenchRecord.slotBytes, sharing: .partitioned)
            ],
            writerCount: 1, undoBytes: 1 << 17, journalBytes: 1 << 20)
        let mapped = try AnonymousMemory(byteCount: layout.tablesOffset)
        let area = RuntimeArea(memory: SourceMemory(base: mapped.base, layout: layout), layout: layout)
        let crowd = CacheCrowd()
        var random = SplitMix(seed: 11)
        var series = Series<Measured>()
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions)
            var (warm, cold): ([Double], [Double]) = ([], [])
            for round in 0 ..< rounds {
                let page = random.index(below: layout.tables[0].pageCount)
                area.memory.dirty.mark(page)
                if round % 2 == 1 { crowd.fillCaches() }
                let time = try Self.take(page, area, layout)
                if round % 2 == 1 { cold.append(time) } else { warm.append(time) }
            }
            series.add(.warm, median(warm))
            series.add(.cold, median(cold))
            series.add(.worst, cold.max() ?? .nan)
            series.add(.flat, median((0 ..< max(3, rounds / 20)).map { _ in Self.flatScan(area, layout) }))
        }
        let flat = Figure.Baseline("every word", series[.flat])
        let pages = layout.tables[0].pageCount
        report.add(
            Figure("scan.warm", "one dirty page of \(pages) found", series[.warm], .microseconds, beside: flat))
        report.add(
            Figure("scan.cold", "the same, nothing in the caches", series[.cold], .microseconds, beside: flat))
        report.add(Figure("scan.cold.worst", "the same, the slowest", series[.worst], .microseconds))
        report.note(
            """
            \(layout.pageCount >> 13) KiB of bits, \(layout.runtime.summaryCount >> 7) KiB of summary; a random page, \
            taken by the engine's own scan; medians of \(rounds / 2) a repetition
            """)
    }

    /// Microseconds until the engine's own scan has found `page`.
    private static func take(_ page: Int, _ area: RuntimeArea, _ layout: FileLayout) throws -> Double {
        var pages: [PageWord] = []
        pages.reserveCapacity(16)
        let start = MonotonicClock.now()
        area.memory.dirty.take(
            below: layout.pageCount, wordCount: layout.runtime.wordCount, into: area.taken, pages: &pages)
        let time = Double(MonotonicClock.now() - start) / 1e3
        guard pages.count == 1, pages[0].index == page >> 6, pages[0].bits == 1 << UInt64(page & 63) else {
            throw BenchError("page \(page) was marked, and found was \(pages)")
        }
        area.taken.removeAll()
        return time
    }

    /// The bitmap without its summary, in microseconds.
    private static func flatScan(_ area: RuntimeArea, _ layout: FileLayout) -> Double {
        let start = MonotonicClock.now()
        let found = area.memory.dirty.count(wordCount: layout.runtime.wordCount)
        let time = Double(MonotonicClock.now() - start) / 1e3
        precondition(found == 0)
        return time
    }
}

/// Enough other bytes to have the caches hold nothing else.
private struct CacheCrowd {
    private let memory: [UInt64] = Array(repeating: 1, count: (96 << 20) / 8)

    func fillCaches() {
        var sum: UInt64 = 0
        for index in stride(from: 0, to: memory.count, by: 8) { sum &+= memory[index] }
        precondition(sum == UInt64(memory.count / 8))
    }
}
