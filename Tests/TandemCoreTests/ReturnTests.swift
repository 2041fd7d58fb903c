import TandemCore
import Testing

/// What a copy that comes back is owed, where it is not the one that went.
@Suite("A copy that returns")
struct ReturnTests {
    @Test(
        "P5: an older snapshot of the copy, put back after cuts that it lacks, is copied from zero and not resumed",
        arguments: [false, true])
    func olderSnapshot(roomBeside: Bool) throws {
        let bench = EngineHarness()
        bench.driver.hasRoomBeside = roomBeside
        var writer = bench.source.writer(0)
        for index in 0 ..< 500 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.sync() && bench.settle())
        let snapshot = bench.driver.copy.bytes
        let then = try #require(try bench.recovered()).cut
        // Acknowledged, so no longer dirty and never missed: only the copy's own last cut tells that the snapshot lacks
        // them.
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

    @Test("P5: an older file with the very cut that was acknowledged last is copied from zero, as its images are older")
    func olderImages() throws {
        let bench = EngineHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        for index in 0 ..< 500 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.settle())
        let snapshot = bench.driver.copy.bytes
        let cut = try #require(try bench.recovered()).cut
        // A sweep brings the images up to date and frees the journal. Nothing else changes.
        let sweeps = bench.source.area.replicator[.sweeps as Counter].load()
        #expect(
            bench.poll(until: {
                bench.source.area.replicator[.sweeps as Counter].load() > sweeps && bench.engine.outstanding == 0
            }))
        #expect(bench.source.area.committed.load() >= cut)
        #expect(bench.lose())
        bench.driver.copy.bytes = snapshot
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(bench.source.area.replicator[.returnsFromZero as Counter].load() == 2)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}

extension ReturnTests {
    @Test(
        "P5: a new copy that cannot be made for a moment does not cost the old whole one",
        arguments: [
            CopyFailure(.inputOutput, errno: 5), CopyFailure(.inUse, errno: 11), CopyFailure(.flushFailed, errno: 5),
            CopyFailure(.notFound, errno: 2),
        ])
    func rebuildRefusedOnce(failure: CopyFailure) throws {
        let bench = EngineHarness(TestSource.small())
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        // A state that the source does not know, but whole: it is worth keeping.
        bench.source.area.replicator.committed.store(1 << 40)
        bench.source.area.replicator.shipping.store(1 << 40)
        var failures = 0
        bench.driver.fails = { command in
            guard case .format(_, beside: true) = command.operation, failures == 0 else { return nil }
            failures += 1
            return failure
        }
        bench.driver.isPresent = false
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 4000))
        try writer.commitFill(bench.source.view(0), 1, 1)
        bench.driver.isPresent = true
        #expect(bench.poll(until: { failures == 1 }, limit: 40_000))
        for _ in 0 ..< 40_000 where bench.engine.phase != .inSync {
            bench.poll()
            #expect(try bench.recovered() != nil, "given up in phase \(bench.engine.phase)")
        }
        #expect(bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}
