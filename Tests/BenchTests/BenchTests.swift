import BenchRows
import Testing

/// Each row, tiny: benches that are not run rot. What they measure is of no interest here; that they measure it is.
@Suite(.serialized)
struct BenchTests {
    @Test func fullSpeedMeasuresEachWorkingSetBesideTheSameWriterAlone() throws {
        var row = tiny(FullSpeedRow())
        row.bytes = 1 << 20
        row.seconds = 0.05
        let report = try row.run()
        expectSound(report, figures: 24, zeroAllowed: ["lost", "abandoned", "carried"])
        for set in ["hot", "warm", "cold"] {
            #expect(value(report, "full-speed.\(set).rate") > 0.0001, "millions a second")
            #expect(value(report, "full-speed.\(set).stall") > 0)
        }
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 4096 records compared") })
    }

    @Test func overloadMeasuresAllWritersBesideThemselvesAlone() throws {
        var row = tiny(OverloadRow())
        row.bytes = 1 << 20
        (row.seconds, row.writers) = (0.1, 3)
        let report = try row.run()
        expectSound(report, figures: 8, zeroAllowed: ["lost", "carried"])
        let ages = try #require(report.curves.first { $0.id == "overload.age" })
        #expect(ages.lines.map(\.name) == ["repetition 1", "repetition 2"])
        for line in ages.lines {
            #expect(line.points.map(\.x) == line.points.map(\.x).sorted(), "time goes on")
            #expect(line.points.last!.x >= 0.05, "until the end, or nearly")
        }
    }

    @Test func copiesMeasuresOneTwoAndThreeAndOneBesideOthersThatFail() throws {
        var row = tiny(CopiesRow())
        row.bytes = 1 << 20
        (row.seconds, row.transactionsPerSecond) = (0.1, 5000)
        let report = try row.run()
        let beside = report.figures.filter { $0.id.contains("beside-") }.count
        expectSound(report, figures: 15 + beside, zeroAllowed: ["processor"])
        #expect([3, 9].contains(beside), "9 where there is a server to be slow and to hang")
        for count in 1 ... 3 {
            #expect(value(report, "copies.\(count).age.p50") <= value(report, "copies.\(count).age.p99"))
        }
    }

    @Test func writeMeasuresEachWorkingSetBesideWhatItCostsWithoutTandem() throws {
        var row = tiny(WriteRow())
        row.bytes = 1 << 20
        (row.hotTransactions, row.randomTransactions) = (2048, 1000)
        let report = try row.run()
        expectSound(report, figures: 12)
        #expect(report.figures.allSatisfy { ($0.ratio?.median ?? 0) > 0 })
    }

    @Test func latencyMeasuresAloneInSyncAndInABulkCopy() throws {
        var row = tiny(LatencyRow())
        row.bytes = 4 << 20
        row.transactionsPerSecond = 5000
        row.seconds = 0.1
        let report = try row.run()
        expectSound(report, figures: 30)
        for set in ["hot", "cold"] {
            for phase in ["alone", "in-sync", "bulk"] {
                let percentiles = ["p50", "p99", "p99.9", "p99.99"].map {
                    value(report, "latency.\(set).\(phase).\($0)")
                }
                #expect(percentiles == percentiles.sorted(), "percentiles grow")
            }
        }
    }

    @Test func readMeasuresBothSizesBesideAPlainRead() throws {
        var row = tiny(ReadRow())
        row.bytes = 1 << 20
        (row.hotReads, row.coldReads) = (2048, 1000)
        let report = try row.run()
        expectSound(report, figures: 4)
        #expect(report.figures.allSatisfy { ($0.ratio?.median ?? 0) > 0 })
    }

    @Test func replicatedWaitsForEachKindOfCopyBesideAFlush() throws {
        var row = tiny(ReplicatedRow())
        row.bytes = 1 << 20
        (row.memoryCommits, row.diskCommits, row.durableCommits) = (20, 20, 10)
        let report = try row.run()
        expectSound(report, figures: 9)
        for place in ["memory", "disk", "durable"] {
            let delays = ["p50", "p99", "worst"].map { value(report, "replicated.\(place).\($0)") }
            #expect(delays == delays.sorted(), "percentiles grow")
        }
        #expect(report.notes.contains { $0.hasPrefix("disk: ") })
    }

    @Test func updateReplicatesWhatItWrites() throws {
        var row = tiny(UpdateRow())
        row.bytes = 1 << 20
        row.seconds = 0.1
        (row.startRate, row.rateMax, row.ageMilliseconds) = (3000, 3000, 5000)
        let report = try row.run()
        expectSound(report, figures: 8)
        #expect(value(report, "update.carried") > 0.0005, "thousands of records a second")
        let ages = ["p50", "p99", "p99.9"].map { value(report, "update.age.\($0)") }
        #expect(ages == ages.sorted(), "percentiles grow")
        let sweep = try #require(report.curves.first { $0.id == "update.age" })
        #expect(sweep.lines.map(\.name) == ["p50", "p99", "p99.9"])
        #expect(sweep.lines.allSatisfy { $0.points.last!.x > $0.points.first!.x * 10 }, "a tenth, and more than all")
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 4096 records compared") })
    }

    @Test func bulkCopiesEveryRecordToMemoryAndToDisk() throws {
        var row = tiny(BulkRow())
        (row.bytes, row.triesShapes) = (4 << 20, false)
        let report = try row.run()
        // Four more where fio is installed.
        let hasFio = report.figures.contains { $0.id.contains("fio") }
        expectSound(report, figures: hasFio ? 13 : 10)
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 16384 records compared") })
        #expect(value(report, "bulk.memory.under-load.rate") > 0)
    }

    @Test func scanFindsEachMarkedPage() throws {
        var row = tiny(ScanRow())
        row.bytes = 1 << 30
        (row.rounds, row.idleBytes, row.idleSeconds) = (10, 1 << 20, 0.1)
        let report = try row.run()
        expectSound(report, figures: 4)
        #expect(value(report, "scan.idle") < 100)
    }

    @Test func createMakesASourceBesideAsManyZeros() throws {
        var row = tiny(CreateRow())
        row.bytes = 2 << 20
        expectSound(try row.run(), figures: 1)
    }

    @Test func promoteEndsWithTheSameRecords() throws {
        var row = tiny(PromoteRow())
        row.bytes = 2 << 20
        row.changes = 2000
        let report = try row.run()
        expectSound(report, figures: 3)
        #expect(report.notes.contains("all 8192 records of the promoted source are the old one's"))
    }

    @Test func litmusLosesNothingWithTheBarrier() throws {
        var row = tiny(LitmusRow())
        row.rounds = 1600
        let report = try row.run()
        #expect(report.failures.isEmpty)
        #expect(report.figures.count == 2)
        #expect(report.figures.allSatisfy { $0.samples.maximum == 0 && $0.isMet == true })
        // On busy processors so few rounds may lose nothing without it either, and the row says so.
        let proves = report.figures.allSatisfy { $0.baseline!.samples.maximum! > 0 }
        #expect(report.exitStatus == (proves ? 0 : LitmusRow.provesNothing))
        #expect(proves || report.warnings.contains { $0.contains("proves nothing") })
    }

    private func tiny<Row: BenchRow>(_ row: Row) -> Row {
        var row = row
        row.common.repetitions = 2
        row.common.disk = "/tmp"
        return row
    }

    private func value(_ report: Report, _ id: String) -> Double {
        report.figures.first { $0.id == id }?.samples.median ?? .nan
    }

    private func expectSound(_ report: Report, figures: Int, zeroAllowed: [String] = []) {
        #expect(report.failures.isEmpty)
        #expect(report.exitStatus == 0)
        #expect(report.figures.count == figures)
        for figure in report.figures {
            let mayBeZero = zeroAllowed.contains { figure.id.hasSuffix($0) }
            #expect(figure.samples.values.count == 2, "\(figure.id): \(figure.samples.values)")
            #expect(figure.samples.values.allSatisfy { $0 > 0 || mayBeZero }, "\(figure.id): \(figure.samples.values)")
            #expect(figure.id.hasPrefix(report.row + "."))
            #expect((figure.baseline?.samples.median ?? 1) > 0, "\(figure.id)")
        }
        #expect(report.description.contains(report.row))
        #expect(report.warnings.contains { $0.contains("2 repetitions") }, "too few are warned of")
    }
}
