internal import Glibc
internal import TandemCore
internal import TandemSystem

/// `scan`: finding what is dirty costs by what is dirty, not by how large the tables are.
public struct ScanRow {
    /// Size of the table that the bitmaps are for; only the bitmaps are mapped.
    public var bytes = 64 << 30
    public var rounds = 400
    /// Size of the small source that an idle replicator follows.
    public var idleBytes = 64 << 20
    public var idleSeconds = 5.0
    public var host = FollowerHost.thread

    public init() {}

    public func run() throws -> Report {
        var report = Report("scan")
        try find(into: &report)
        let share = try IdleEngine(bytes: idleBytes, seconds: idleSeconds).share()
        report.add(Figure("idle engine's share of a core", share * 100, .percent, bar: .atMost(1, .percent)))
        report.note(
            "idle: processor time of a replicator in sync with nothing to do, over \(shortNumber(idleSeconds)) s")
        return report
    }

    private func find(into report: inout Report) throws {
        let layout = try FileLayout(
            tables: [
                TableDefinition(
                    name: "wide", payloadBytes: 240, capacity: bytes / BenchRecord.slotBytes, sharing: .partitioned)
            ],
            writerCount: 1, undoEntries: 16, undoBytes: 1 << 17, journalBytes: 1 << 20)
        let mapped = try AnonymousMemory(byteCount: layout.tablesOffset)
        let area = RuntimeArea(memory: SourceMemory(base: mapped.base, layout: layout), layout: layout)
        let crowd = CacheCrowd()
        var random = SplitMix(seed: 11)
        var pages: [PageWord] = []
        var times: (warm: [Double], cold: [Double], flat: [Double]) = ([], [], [])
        for round in 0 ..< rounds {
            let page = random.index(below: layout.tables[0].pageCount)
            area.memory.dirty.mark(page)
            let isCold = round % 2 == 1
            if isCold { crowd.fillCaches() }
            pages.removeAll(keepingCapacity: true)
            let start = MonotonicClock.now()
            area.memory.dirty.take(
                below: layout.pageCount, wordCount: layout.runtime.wordCount, into: area.taken, pages: &pages)
            let time = Double(MonotonicClock.now() - start) / 1e3
            guard pages.count == 1, pages[0].index == page >> 6, pages[0].bits == 1 << UInt64(page & 63) else {
                return report.fail("page \(page) was marked, and found was \(pages)")
            }
            area.taken.removeAll()
            if isCold { times.cold.append(time) } else { times.warm.append(time) }
        }
        for _ in 0 ..< max(3, rounds / 20) { times.flat.append(Self.flatScan(area, layout)) }
        report.add(
            Figure(
                "one dirty page of \(layout.tables[0].pageCount) found", median(times.warm), .microseconds,
                beside: .init("every word", median(times.flat)), bar: .atMost(20, .microseconds)))
        report.add(
            Figure(
                "the same, nothing in the caches", median(times.cold), .microseconds,
                beside: .init("every word", median(times.flat)), bar: .atMost(20, .microseconds)))
        report.note(
            "\(layout.pageCount >> 13) KiB of bits, \(layout.runtime.summaryCount >> 7) KiB of summary; "
                + """
                a random page, taken by the engine's own scan; medians of \(rounds / 2), worst cold \
                \(shortNumber(times.cold.max() ?? .nan)) µs
                """
        )
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
