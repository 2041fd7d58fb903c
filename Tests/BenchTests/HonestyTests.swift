import BenchRows
import Testing

/// A bench that hides a stall, or calls a rate held that is not, is worse than none.
@Suite(.serialized)
struct HonestyTests {
    @Test func aStallShowsInTheDelaysOfAllThatHadToWaitForIt() throws {
        var row = LatencyRow()
        row.common.repetitions = 1
        row.bytes = 1 << 20
        row.transactionsPerSecond = 2000
        row.seconds = 0.4
        // One transaction in 200 takes 30 ms more; 60 others are due meanwhile, and wait.
        row.stall = Stall(everyTransactions: 200, microseconds: 30_000)
        let report = try row.run()
        for phase in ["alone", "in-sync"] {
            #expect(value(report, "latency.hot.\(phase).worst") >= 30, "milliseconds")
            // By its own start, 1 in 200 would be slow, and none of the 90th percentile's.
            #expect(value(report, "latency.hot.\(phase).p99") >= 15_000, "microseconds")
        }
    }

    @Test func aStallShowsInTheLongestStallAtFullSpeedAndInTheRateByTheClock() throws {
        var row = FullSpeedRow()
        row.common.repetitions = 1
        row.bytes = 1 << 20
        row.seconds = 0.2
        // Nothing but stalls: by processor time they would be for free.
        row.stall = Stall(everyTransactions: 1000, microseconds: 20_000)
        let report = try row.run()
        for set in ["hot", "warm", "cold"] {
            #expect(value(report, "full-speed.\(set).stall") >= 20, "milliseconds")
            #expect(value(report, "full-speed.\(set).rate") <= 0.05, "at most 1,000 in each 20 ms")
        }
    }

    @Test func aRateAboveWhatTheLoadCanDoIsNotHeld() throws {
        var row = UpdateRow()
        row.common.repetitions = 1
        row.bytes = 1 << 20
        row.seconds = 0.2
        // Each transaction takes 100 µs at least, so 20,000 a second are out of reach whatever the copy does.
        (row.startRate, row.rateMax) = (20_000, 20_000)
        row.stall = Stall(everyTransactions: 1, microseconds: 100)
        let report = try row.run()
        // No rate at all may be held where other programs run.
        #expect(!(value(report, "update.carried") >= 0.01), "millions a second")
        let tried = try #require(report.notes.first { $0.hasPrefix("tried") })
        #expect(tried.contains("0.020 writer late") && !tried.contains("0.020 ✓"))
    }

    @Test(arguments: [1500.0, 80_000, 499_999, 500_001, 2_600_000, 19_000_000])
    func theRateIsRaisedUntilItNoLongerHoldsAndThenClosedIn(capacity: Double) throws {
        for stride in [1.5, 1.15] where stride == 1.5 || (200_000 ..< 3_000_000).contains(capacity) {
            var tries = 0
            let found = try #require(
                RateSearch(from: 500_000, stride: stride, max: 20_000_000).highest { rate in
                    tries += 1
                    return rate <= capacity
                })
            #expect(found <= capacity && capacity / found <= RateSearch.closeness, "\(found) of \(capacity)")
            #expect(tries < 24)
        }
    }

    @Test func aRateThatNothingHoldsIsNotFoundAndOneThatEverythingHoldsIsTheHighestAllowed() {
        let search = RateSearch(from: 500_000, stride: 1.5, max: 20_000_000)
        #expect(search.highest { _ in false } == nil)
        #expect(search.highest { _ in true } == 20_000_000)
    }

    @Test func aCopyThatGrowsOlderDoesNotHoldTheRate() {
        let bound = AgeBound()
        #expect(bound.answer(inSync: true, delayMilliseconds: 1, ageMilliseconds: 19) == .held)
        #expect(bound.answer(inSync: true, delayMilliseconds: 1, ageMilliseconds: 21) == .tooOld(milliseconds: 21))
        #expect(bound.answer(inSync: true, delayMilliseconds: 21, ageMilliseconds: 22) == .writerLate(milliseconds: 21))
        #expect(bound.answer(inSync: false, delayMilliseconds: 1, ageMilliseconds: 1) == .lostSync)
        // Nothing arrived: there is no age to judge by.
        #expect(bound.answer(inSync: true, delayMilliseconds: 1, ageMilliseconds: .nan) != .held)
        #expect(bound.answer(inSync: true, delayMilliseconds: .nan, ageMilliseconds: 1) != .held)
    }

    private func value(_ report: Report, _ id: String) -> Double {
        report.figures.first { $0.id == id }?.samples.median ?? .nan
    }
}
