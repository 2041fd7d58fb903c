import BenchRows
import Testing

/// A hot path that has got dearer is told of, and one that has not is not.
struct CheckTests {
    @Test func tenInstructionsMoreAreSeenInTheShortestPathAndInTheLongest() {
        for cost in [14.0, 165, 1100, 7700] {
            #expect(verdict(cost + 10, accepted: cost).problems.count == 1, "\(cost)")
            #expect(verdict(cost + 1, accepted: cost).problems.isEmpty, "\(cost)")
        }
        #expect(verdict(175, accepted: 165).problems[0].contains("dearer by 10, 6.06 %"))
    }

    @Test func aPathThatGotCheaperIsPraisedAndNoProblem() {
        let verdict = verdict(150, accepted: 165)
        #expect(verdict.problems.isEmpty)
        #expect(
            verdict.lines == [
                "write.shared: 150 instructions, accepted 165: cheaper by 15; accept it, so that it stays so"
            ])
    }

    @Test func aPathWithoutAnAcceptedCostAndACostWithoutAPathAreProblems() {
        var found = CostBaseline(processor: "P")
        found.instructions = ["new": 10]
        var accepted = CostBaseline(processor: "P")
        accepted.instructions = ["old": 10]
        let problems = CostVerdict(found, against: accepted).problems
        #expect(problems == ["new: 10 instructions, and none accepted yet", "old: accepted, and not counted any more"])
    }

    @Test func ratiosAreJudgedOnTheProcessorThatTheyWereAcceptedOn() {
        var accepted = CostBaseline(processor: "P")
        accepted.ratios = ["read.16": 2]
        var found = accepted
        found.ratios = ["read.16": 2.7]
        #expect(CostVerdict(found, against: accepted).problems.count == 1)
        found.ratios = ["read.16": 2.5]
        #expect(CostVerdict(found, against: accepted).problems.isEmpty)
        found = CostBaseline(processor: "Q")
        found.ratios = ["read.16": 9]
        #expect(CostVerdict(found, against: accepted).problems.isEmpty)
    }

    @Test func onlyARatioThatIsTooDearIsMeasuredAgainAndOfAllMeasurementsTheFastestCounts() {
        var accepted = CostBaseline(processor: "P")
        accepted.ratios = ["read.16": 2, "read.240": 2]
        accepted.instructions = ["idle": 100]
        var found = accepted
        found.instructions = ["idle": 200]
        found.ratios = ["read.16": 4, "read.240": 2]
        #expect(CostVerdict(found, against: accepted).dearRatios == ["read.16"])
        found.addFastest([("read.16", 3), ("read.240", 3)])
        #expect(found.ratios == ["read.16": 3, "read.240": 2])
        #expect(CostVerdict(found, against: accepted).problems.count == 2)
        found.addFastest([("read.16", 2.1), ("read.240", 3)])
        #expect(CostVerdict(found, against: accepted).dearRatios.isEmpty)
        #expect(CostVerdict(found, against: accepted).problems.count == 1)
    }

    @Test func aBaselineComesBackFromItsTextAndNonsenseIsRefused() throws {
        var baseline = CostBaseline(processor: "Some Processor @ 2 GHz")
        baseline.instructions = ["write.shared": 165.25, "idle": 1000]
        baseline.ratios = ["read.16": 2.5]
        #expect(try CostBaseline(parsing: baseline.text) == baseline)
        for text in ["instructions read.16", "instructions read.16 many", "seconds read.16 3", "ratio read.16 -1"] {
            #expect(throws: BenchError.self, "\(text)") { try CostBaseline(parsing: text) }
        }
    }

    @Test func everyHotPathRunsAndIsNamedOnce() throws {
        let names = try HotPaths().run().lines.map { $0.split(separator: " ")[0] }
        #expect(
            names == [
                "write.partitioned", "write.shared", "read.16", "read.240", "find", "find.copied", "bulk", "idle",
                "cut.sparse", "cut.dense", "replay",
            ])
    }

    private func verdict(_ cost: Double, accepted: Double) -> CostVerdict {
        var (found, baseline) = (CostBaseline(processor: "P"), CostBaseline(processor: "P"))
        found.instructions = ["write.shared": cost]
        baseline.instructions = ["write.shared": accepted]
        return CostVerdict(found, against: baseline)
    }
}
