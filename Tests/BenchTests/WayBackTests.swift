import BenchRows
import Testing

/// The rows of a copy that takes over and of one that comes back, tiny, as they run.
@Suite(.serialized)
struct WayBackTests {
    @Test("A copy that is put back, and an old source that is taken up, get the pages that differ, by content")
    func comesBackByContent() throws {
        let report = try measured(8 << 20)
        #expect(report.failures.isEmpty && report.exitStatus == 0, "\(report.failures)")
        let ways = TakeOverRow.missing == nil ? ["file", "standby", "fail-back"] : ["file", "fail-back"]
        for way in ways {
            #expect(value(report, "return.\(way).time") > 0)
            // 21 of 2,048 pages of 16 records, each with its header in the journal.
            let written = value(report, "return.\(way).bytes")
            #expect(written > 1 && written < 2, "\(way): \(written) % of the tables")
        }
        #expect(value(report, "return.fail-back.demotion") < value(report, "return.fail-back.time"))
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 32768 records compared") })
        #expect(TakeOverRow.missing == nil || report.warnings.contains { $0.hasPrefix("nothing was measured at a") })
    }

    @Test("A copy of which more differs than its journal takes is no return by content, and the row says so")
    func failsWhereContentDidNotDecide() throws {
        let report = try measured(4 << 20, pagesForOneThatDiffers: 4, journalBytes: 1 << 20)
        #expect(report.exitStatus == 1)
        #expect(report.failures.contains { $0.hasSuffix("the copy came back, but not by content") })
    }

    @Test(
        "A standby takes over within the time of its command, small or large, with every record",
        .enabled(if: TakeOverRow.missing == nil, "\(TakeOverRow.missing ?? "")"))
    func takesOver() throws {
        var row = TakeOverRow()
        row.common.repetitions = 2
        (row.bytes, row.largeBytes) = (2 << 20, 4 << 20)
        (row.transactionsPerSecond, row.seconds) = (5000, 0.1)
        let report = try row.run()
        #expect(report.failures.isEmpty && report.exitStatus == 0, "\(report.failures)")
        #expect(report.figures.map(\.id) == ["small", "small.own", "large", "large.own"].map { "take-over.\($0)" })
        for size in ["small", "large"] {
            #expect(value(report, "take-over.\(size).own") < value(report, "take-over.\(size)"))
        }
        #expect(report.notes.contains("all 16384 records of the promoted source are the old one's"))
    }

    private func measured(
        _ bytes: Int, pagesForOneThatDiffers: Int = 100, journalBytes: Int? = nil
    ) throws -> Report {
        var row = ReturnRow()
        row.common.repetitions = 1
        (row.bytes, row.pagesForOneThatDiffers, row.journalBytes) = (bytes, pagesForOneThatDiffers, journalBytes)
        return try row.run()
    }

    private func value(_ report: Report, _ id: String) -> Double {
        report.figures.first { $0.id == id }?.samples.median ?? .nan
    }
}
