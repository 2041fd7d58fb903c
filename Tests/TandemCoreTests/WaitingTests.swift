import TandemCore
import Testing

/// What a commit that waits for the copy does to the engine's cuts, in virtual time.
@Suite("Commits that wait for the copy")
struct WaitingTests {
    private let bench = EngineHarness()

    private var cuts: UInt64 { bench.source.area.replicator[.cutsCommitted as Counter].load() }
    private var committed: UInt64 { bench.source.area.committed.load() }

    /// A commit, and its request; polled a microsecond apart, so that no interval passes.
    private func commitAndAsk(_ writer: inout WriterLog, _ index: Int) throws -> UInt64 {
        try writer.commitFill(bench.source.view(0), index, 9)
        _ = bench.source.area.raiseWanted(to: writer.lastCommitEpoch)
        return writer.lastCommitEpoch
    }

    @Test("A commit that waits has its cut opened at once: no interval is kept, and no rest after a large cut")
    func atOnce() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        for index in 0 ..< 1000 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.settle())
        // Its writers are given a millisecond; nobody waits, so it is kept.
        try writer.commitFill(bench.source.view(0), 3, 2)
        let before = cuts
        for _ in 0 ..< 20 { bench.poll(after: 1000) }
        #expect(cuts == before)
        let epoch = try commitAndAsk(&writer, 3)
        for _ in 0 ..< 3 { bench.poll(after: 1000) }
        #expect(committed >= epoch)
    }

    @Test(
        "Writers that change a cut's records again while it is read have longer until the next",
        arguments: [false, true])
    private func restsForHotRecords(areHot: Bool) throws {
        var options = EngineOptions()
        options.capture.pagesPerPoll = 1
        let bench = EngineHarness(TestSource(), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        let (area, view) = (bench.source.area, bench.source.view(0))
        /// Microseconds until another window is opened.
        func wait() -> Int {
            let (epoch, start) = (area.epoch.load(), bench.now)
            while area.epoch.load() == epoch, bench.now < start + 5_000_000 { bench.poll(after: 1000) }
            return Int(bench.now - start) / 1000
        }
        // Five pages; the first of them is read in the poll that opens the window.
        for index in 0 ..< 80 { try writer.commitFill(view, index, 1) }
        _ = wait()
        for index in areHot ? 16 ..< 80 : 160 ..< 224 { try writer.commitFill(view, index, 2) }
        let microseconds = wait()
        #expect(areHot ? 500 ... 700 ~= microseconds : 150 ... 250 ~= microseconds, "\(microseconds) µs")
        #expect(bench.settle())
        #expect(try bench.recovered()?.differences(from: bench.source) == [])
    }

    @Test("Those that begin to wait while a cut is on its way share the next one")
    func sharesTheNext() throws {
        var writers = (0 ..< 3).map { SeededTraffic.WriterBox(bench.source, $0) }
        #expect(bench.sync() && bench.settle())
        bench.driver.holds = { $0.isWrite }
        let before = cuts
        var epochs = [try commitAndAsk(&writers[0].transaction, 0)]
        for _ in 0 ..< 3 { bench.poll(after: 1000) }
        for number in 0 ..< 3 {
            epochs.append(try commitAndAsk(&writers[number].transaction, 100 * number))
            bench.poll(after: 1000)
        }
        bench.driver.holds = { _ in false }
        bench.driver.release()
        for _ in 0 ..< 6 { bench.poll(after: 1000) }
        #expect(epochs.allSatisfy { committed >= $0 })
        #expect(cuts == before + 2)
        writers.removeAll()
    }

    @Test("A process that is killed while its commit waits makes later cuts come no sooner")
    func diedWaiting() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        // It had said that it sleeps, and will never say that it does not.
        bench.source.area.waiters.add(1)
        _ = try commitAndAsk(&writer, 0)
        for _ in 0 ..< 5 { bench.poll(after: 1000) }
        let before = cuts
        for round in 0 ..< 2000 {
            try writer.commitFill(bench.source.view(0), 0, UInt64(round))
            bench.poll(after: 1000)
        }
        #expect((5 ... 11).contains(cuts - before), "two milliseconds, at a cut every 200 µs: \(cuts - before)")
    }

    @Test("A transaction that changed nothing and waits is answered: it gets a cut of its own")
    func changedNothing() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        for _ in 0 ..< 3 {
            try writer.begin()
            try writer.commit()
            let epoch = writer.lastCommitEpoch
            _ = bench.source.area.raiseWanted(to: epoch)
            for _ in 0 ..< 3 { bench.poll(after: 1000) }
            #expect(committed >= epoch)
        }
        #expect(try bench.recovered()?.cut == committed)
    }

    @Test("An epoch that nobody can wait for is cleared, and those that wait are seen again")
    func scribbledEpoch() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.source.area.wanted.store(.max)
        try writer.commitFill(bench.source.view(0), 1, 1)
        #expect(!bench.source.area.raiseWanted(to: writer.lastCommitEpoch))
        bench.poll()
        let epoch = try commitAndAsk(&writer, 2)
        for _ in 0 ..< 3 { bench.poll(after: 1000) }
        #expect(committed >= epoch)
    }

    @Test("What has completed is said before the next cut is read, so that who waits for it is woken first")
    func saidFirst() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        let epoch = try commitAndAsk(&writer, 1)
        bench.poll(after: 1000)
        try writer.commitFill(bench.source.view(0), 2, 2)
        bench.now += 300_000
        bench.agent.take(at: bench.now)
        #expect(committed >= epoch && bench.source.area.epoch.load() == epoch + 1)
        bench.agent.advance()
        #expect(bench.source.area.epoch.load() == epoch + 2)
    }
}
