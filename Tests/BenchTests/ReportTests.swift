import BenchRows
import Foundation
import Testing

/// What is said of what was measured.
struct ReportTests {
    @Test func aFigureIsJudgedByTheMedianOfItsRepetitions() {
        #expect(Bar.atMost(20, .microseconds).isMet(by: Samples([19, 20, 90]), baseline: nil) == true)
        #expect(Bar.atMost(20, .microseconds).isMet(by: Samples([1, 21, 22]), baseline: nil) == false)
        #expect(Bar.atLeast(2, .gigabytesPerSecond).isMet(by: Samples([1, 2, 3]), baseline: nil) == true)
        #expect(Bar.ratioAtMost(2).isMet(by: Samples([30]), baseline: Samples([14])) == false)
        #expect(Bar.ratioAtLeast(0.95).isMet(by: Samples([96]), baseline: Samples([100])) == true)
    }

    @Test func whatShallNeverHappenIsJudgedByTheWorstRepetition() {
        let never = Bar.neverAbove(1, .milliseconds)
        #expect(never.isMet(by: Samples([2, 2, 6]), baseline: Samples([1, 5, 2])) == true)
        #expect(never.isMet(by: Samples([2, 2, 97]), baseline: Samples([1, 5, 2])) == false)
        #expect(Bar.never.isMet(by: Samples([0, 0, 0, 0, 1]), baseline: nil) == false)
        #expect(Bar.never.isMet(by: Samples([0, 0]), baseline: nil) == true)
    }

    @Test func nothingMeasuredMeetsNoBar() {
        for bar in [
            Bar.atMost(1, .count), .atLeast(0, .count), .ratioAtMost(9), .ratioAtLeast(0), .never,
            .neverAbove(1, .milliseconds),
        ] {
            #expect(bar.isMet(by: Samples([]), baseline: Samples([1])) == nil, "\(bar)")
            #expect(bar.isMet(by: Samples([.nan]), baseline: Samples([1])) == nil, "\(bar)")
        }
    }

    @Test func aRatioIsThatOfTheSameRepetition() {
        // The machine was half as fast in the second: both sides were.
        #expect(Samples([10, 20]).divided(by: Samples([5, 10])).values == [2, 2])
        #expect(Samples([10, 30]).divided(by: Samples([10])).values == [2])
    }

    @Test func minimumMedianAndMaximumAreThoseOfTheRepetitions() {
        let samples = Samples([3, 1, .nan, 2, 10])
        #expect(samples.minimum == 1 && samples.median == 2.5 && samples.maximum == 10)
        #expect(samples.spread(" – ") == "1 – 2.50 – 10")
        #expect(Samples([2]).spread(" – ") == "2")
        #expect(Samples([]).median == nil && Samples([]).spread(" – ") == "–")
    }

    @Test func everyBarIsForAFigureOfSomeRow() throws {
        let rows = BenchRows.withPeers().map { type(of: $0).name }
        for id in Bars.table.keys {
            #expect(rows.contains { id.hasPrefix("\($0).") }, "\(id)")
        }
    }

    @Test(
        "Reports come from files and folders; of a row that is there twice the later counts, in the first one's place")
    func reportsComeFromFiles() throws {
        let folder = NSTemporaryDirectory() + "tandem-bench-reports-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func written(_ name: String, _ value: some Encodable) throws -> String {
            try JSONEncoder().encode(value).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            return "\(folder)/\(name)"
        }
        func report(_ row: String, _ question: String) -> Report {
            Report(row, question, options: [:], circumstances: .now())
        }
        _ = try written("report.json", [report("a", "first"), report("b", "first")])
        let again = try written("again.json", report("a", "later"))
        let found = try ReportFiles.reports(in: [folder, again])
        #expect(found.map(\.row) == ["a", "b"] && found.map(\.abstract) == ["later", "first"])

        let nonsense = try written("nonsense.json", ["no": "report"])
        #expect(message { _ = try ReportFiles.reports(in: [nonsense]) }?.contains("is no report: give what") == true)
        #expect(message { _ = try ReportFiles.reports(in: ["\(folder)/gone"]) } == "cannot read \(folder)/gone")
    }

    private func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }

    @Test func theJSONHasEveryKeyWhetherKnownOrNot() throws {
        let json = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(Self.report()))
        let report = try #require(json as? [String: Any])
        #expect(
            report.keys.sorted() == [
                "abstract", "circumstances", "curves", "exitStatus", "failures", "figures", "notes", "options", "row",
                "warnings",
            ])
        let circumstances = try #require(report["circumstances"] as? [String: Any])
        #expect(circumstances.keys.sorted() == ["commit", "date", "machine", "otherLoad"])
        #expect(circumstances["otherLoad"] is NSNull)
        let machine = try #require(circumstances["machine"] as? [String: Any])
        #expect(
            machine.keys.sorted() == ["hugePages", "isVirtual", "kernel", "memoryBytes", "processor", "processors"])
        for figure in try #require(report["figures"] as? [[String: Any]]) {
            #expect(
                figure.keys.sorted() == ["bar", "baseline", "id", "isMet", "ratio", "samples", "unit", "what"])
            #expect(
                try #require(figure["samples"] as? [String: Any]).keys.sorted() == [
                    "maximum", "median", "minimum", "values",
                ])
        }
        #expect(try #require(report["options"] as? [String: String])["repetitions"] == "5")
    }

    @Test func aReportComesBackFromItsJSON() throws {
        let report = Self.report()
        let back = try JSONDecoder().decode(Report.self, from: try JSONEncoder().encode(report))
        #expect("\(back)" == "\(report)")
        #expect(FiguresTable([back]).markdown == FiguresTable([report]).markdown)
    }

    @Test func theTableSaysOfEachFigureWhetherItMeetsItsBar() throws {
        let table = FiguresTable([Self.report()]).markdown
        #expect(table.contains("| `litmus` | found | 0 – 0 – 1 |"))
        #expect(table.contains("| none | **no** |"))
        #expect(table.contains("| beside | 10 – 20 – 30 ns | 10 ns, plain | 1 – 2 – 3 | "))
        #expect(table.contains("| void | – ms |"))
        #expect(table.contains("**Missed are 1 of 1 bars:**\n\n- `litmus.epoch`, found: 1; bar: none\n"))
        #expect(table.contains("**Failed**, `litmus`: a record did not arrive."))
    }

    @Test func textIsBrokenAt120Columns() {
        let words = Array(repeating: "1234567", count: 40).joined(separator: " ")
        var report = Self.report()
        report.warn(words)
        for line in (FiguresTable([report]).markdown + "\n\(report)").split(separator: "\n") {
            #expect(line.count <= 120 || line.hasPrefix("|"), "\(line)")
        }
        #expect("\(report)".split(separator: "\n").filter { $0.contains("1234567") }.count == 3)
    }

    @Test func theTableReplacesWhatStandsBetweenTheMarksAndNothingElse() throws {
        let table = FiguresTable([Self.report()])
        let page = "before\n\(FiguresTable.begin)\nold\n\(FiguresTable.end)\nafter\n"
        let placed = try table.placed(in: page)
        #expect(
            placed.hasPrefix("before\n\(FiguresTable.begin)\n\n") && placed.hasSuffix("\(FiguresTable.end)\nafter\n"))
        #expect(placed.contains(table.markdown) && !placed.contains("old"))
        #expect(try table.placed(in: placed) == placed)
        #expect(throws: BenchError.self) { try table.placed(in: "no marks") }
    }

    @Test func theLargerMachineIsArithmeticOverWhatWasMeasured() throws {
        var report = Report("update", "A row.", options: [:], circumstances: .now())
        report.add(Figure("update.processor", "cost", Samples([1]), .secondsAMillion))
        report.add(Figure("update.bytes", "journal", Samples([250]), .bytes))
        let table = ScalingTable([report]).markdown
        #expect(table.contains("| engine, a record carried | 1 µs of a processor |"))
        #expect(table.contains("| what the wire carries | 50 M/s |"), "12.5 GB/s by 250 bytes")
        #expect(table.contains("| processors of engine work to fill the wire | 50 |"))
        #expect(table.contains("| one pass over everything dirty, one engine | 4295 s |"))
        #expect(table.contains("| one dirty page found | not measured |"), "nothing is made up")
    }

    @Test func othersLoadIsWarnedOf() {
        #expect(OtherLoad(programs: 0.02, stolen: 0.02).warning == nil)
        #expect(OtherLoad(programs: 1.2, stolen: 0).warning?.contains("120 %") == true)
        #expect(OtherLoad(programs: 0, stolen: 0.3).warning?.contains("30 %") == true)
    }

    @Test func theTimeLeftIsScaledByTheRowsThatAreDone() throws {
        var said: [String] = []
        let progress = BenchProgress(expectedSeconds: 1000) { said.append($0) }
        progress.begin("first", expectedSeconds: 400, steps: 5)
        #expect((900 ... 1000).contains(progress.secondsLeft))
        progress.repetition(0, of: 5, "hot")
        #expect((900 ... 1000).contains(progress.secondsLeft), "nothing is done yet")
        progress.repetition(1, of: 5, "hot")
        #expect((600 ... 610).contains(progress.secondsLeft), "a repetition took no time, so neither will four more")
        progress.end()
        // It took no time at all, so neither will the rest.
        #expect(progress.secondsLeft < 10)
        #expect(said[1].hasPrefix("first: repetition 1 of 5, hot · "))
    }

    private static func report() -> Report {
        var report = Report("litmus", "A row.", options: ["repetitions": "5"], circumstances: .now())
        report.add(Figure("litmus.epoch", "found", Samples([0, 0, 1]), .count))
        report.add(
            Figure(
                "x", "beside", Samples([10, 20, 30]), .nanoseconds, beside: .init("plain", Samples([10, 10, 10]))))
        report.add(Figure("y", "void", Samples([]), .milliseconds))
        report.fail("a record did not arrive")
        return report
    }
}
