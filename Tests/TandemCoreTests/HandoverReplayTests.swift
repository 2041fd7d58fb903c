@testable import TandemCore
import TandemTypes
import Testing

@Suite("A source is handed over while its copy's journal is being applied")
struct HandoverReplayTests {
    @Test("A slot that the end of a replay has written says nothing of a handover, which is given up meanwhile")
    func otherSlot() throws {
        let bench = SeveralHarness(TestSource(journalBytes: 1 << 20), copies: 1)
        let (driver, view) = (bench.drivers[0], bench.source.view(0))
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        driver.holds = { if case .replay = $0.operation { true } else { false } }
        // Pages of their own, so that the journal is less than their images.
        for round in 0 ..< 2000 where driver.held.isEmpty {
            bench.poll()
            for index in [round * 37, round * 37 + 700, round * 37 + 1300] {
                try writer.commitFill(view, index % 2000, UInt64(round + 1))
            }
        }
        #expect(!driver.held.isEmpty && bench.settle())
        bench.agent.engine.handOver(to: 0, within: 100_000_000)
        // It has the last cut, and waits for the replay.
        for _ in 0 ..< 100 { bench.poll() }
        #expect(bench.agent.engine.handoverOutcome == .underWay)
        driver.holds = {
            if case .write(_, _, let offset) = $0.operation { StateSlot.offsets.contains(offset) } else { false }
        }
        driver.release()
        #expect(bench.poll(until: { !driver.held.isEmpty }, limit: 100), "the slot of the replay")
        #expect(bench.poll(until: { bench.agent.engine.handoverOutcome == .copyGone }, limit: 1000))
        driver.release()
        #expect(!StateSlot.newest(in: driver.copy.bytes, checksum: testChecksum)!.isHandedOver)
        try writer.commitFill(view, 7, 70)
        driver.holds = { _ in false }
        #expect(bench.settle())
        #expect(try bench.differences(0) == [])
    }
}
