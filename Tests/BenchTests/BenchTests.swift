import BenchRows
import Testing

/// Each row, tiny: benches that are not run rot. What they measure is of no interest here; that they measure it is.
@Suite(.serialized)
struct BenchTests {
    @Test func writeMeasuresAloneAndFollowed() throws {
        var row = WriteRow()
        row.bytes = 1 << 20
        row.hotRecords = 64
        row.hotTransactions = 2000
        row.coldTransactions = 1000
        row.seconds = 0.02
        row.repetitions = 2
        let report = try row.run()
        expectSound(report, figures: 6)
        #expect(report.figures.allSatisfy { ($0.ratio ?? 0) > 0 })
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 4096 records compared") })
    }

    @Test func bulkCopiesEveryRecord() throws {
        var row = BulkRow()
        row.bytes = 4 << 20
        row.repetitions = 1
        let report = try row.run()
        expectSound(report, figures: 2)
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 16384 records compared") })
    }

    @Test func bulkRefusesAFileThatIsThere() {
        var row = BulkRow()
        row.bytes = 1 << 20
        row.copy = "/etc/hostname"
        #expect(throws: BenchError.self) { try row.run() }
    }

    @Test func updateReplicatesWhatItWrites() throws {
        var row = UpdateRow()
        row.bytes = 1 << 20
        row.stepSeconds = 0.1
        row.seconds = 0.2
        row.startRate = 5000
        row.rateMax = 6000
        row.lagSecondsMax = 5
        let report = try row.run()
        expectSound(report, figures: 2, zeroAllowed: ["copy's lag when writing stops"])
        #expect(report.figures[0].value > 0.001, "thousands of records a second")
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 4096 records compared") })
    }

    @Test func ageIsAtLeastThatOfACut() throws {
        var row = AgeRow()
        row.bytes = 1 << 20
        row.rate = 5000
        row.seconds = 0.3
        let report = try row.run()
        expectSound(report, figures: 4)
        let ages = report.figures.map(\.value)
        #expect(ages == ages.sorted(), "percentiles grow")
    }

    @Test func scanFindsEachMarkedPage() throws {
        var row = ScanRow()
        row.bytes = 1 << 30
        row.rounds = 20
        row.idleBytes = 1 << 20
        row.idleSeconds = 0.2
        let report = try row.run()
        expectSound(report, figures: 3)
        #expect(report.figures.last!.value < 100)
    }

    @Test func promoteEndsWithTheSameRecords() throws {
        var row = PromoteRow()
        row.bytes = 2 << 20
        row.changes = 2000
        let report = try row.run()
        expectSound(report, figures: 4, zeroAllowed: ["of it, besides replay and seals"])
        #expect(report.notes.contains("all 8192 records of the promoted source are the old one's"))
    }

    @Test func litmusLosesNothingWithTheBarrier() throws {
        var row = LitmusRow()
        row.rounds = 3200
        let report = try row.run()
        #expect(report.failures.isEmpty)
        #expect(report.figures.count == 2)
        #expect(report.figures.allSatisfy { $0.value == 0 })
        // On busy processors so few rounds may lose nothing without it either, and the row says so.
        let proves = report.figures.allSatisfy { $0.baseline!.value > 0 }
        #expect(report.exitStatus == (proves ? 0 : LitmusRow.provesNothing))
    }

    @Test func barsJudgeAsTheDesignReads() {
        #expect(
            Figure("x", 9, .nanoseconds, beside: .init("y", 3), bar: .atMostWhere(10, baselineTakes: 3, .nanoseconds))
                .isMet == true)
        #expect(
            Figure("x", 9, .nanoseconds, beside: .init("y", 2), bar: .atMostWhere(10, baselineTakes: 3, .nanoseconds))
                .isMet == false)
        #expect(Figure("x", 0.96, .count, beside: .init("y", 1), bar: .ratioAtLeast(0.95)).isMet == true)
        #expect(Figure("x", 1.31, .count, beside: .init("y", 1), bar: .ratioAtMost(1.3)).isMet == false)
        #expect(Figure("x", 1.31, .count).isMet == nil)
    }

    private func expectSound(_ report: Report, figures: Int, zeroAllowed: Set<String> = []) {
        #expect(report.failures.isEmpty)
        #expect(report.exitStatus == 0)
        #expect(report.figures.count == figures)
        for figure in report.figures {
            #expect(
                figure.value.isFinite && (figure.value > 0 || zeroAllowed.contains(figure.what)),
                "\(figure.what): \(figure.value)")
            #expect((figure.baseline?.value ?? 1) > 0, "\(figure.what)")
        }
        #expect(report.description.contains(report.row))
    }
}
