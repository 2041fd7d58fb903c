import TandemCore
import Testing

/// What a copy that comes back is owed, where it is not the one that went.
@Suite("A copy that returns")
struct ReturnTests {
    @Test("P5: an older snapshot of the copy, put back after cuts that it lacks, is copied from zero and not resumed", arguments: [false, true])
    func olderSnapshot(roomBeside: Bool) throws {
        let bench = Bench()
        bench.driver.hasRoomBeside = roomBeside
        var writer = bench.source.writer(0)
        for index in 0 ..< 500 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.sync() && bench.settle())
        let snapshot = bench.driver.copy.bytes
        let then = try #require(try bench.recovered()).cut
        // Acknowledged, so no longer dirty and never missed: only the copy's own last cut tells that the snapshot lacks them.
        for index in 0 ..< 20 { try writer.commitFill(bench.source.view(0), index * 100, 2) }
        #expect(bench.settle())
        #expect(bench.lose())
        try writer.commitFill(bench.source.view(0), 1999, 3)
        bench.driver.copy.bytes = snapshot
        #expect(try #require(try bench.recovered()).cut == then)
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        let counters = bench.source.area.replicator
        #expect(counters[.returnsByCut as Counter].load() == 0)
        #expect(counters[.returnsFromZero as Counter].load() == 2)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}
