import TandemCore
import Testing

@Suite("The engine keeps a copy")
struct EngineTests {
    @Test("A blank copy becomes an exact one, with every record sealed")
    func firstCopy() throws {
        let bench = EngineHarness()
        var writer = bench.source.writer(0)
        for index in 0 ..< 2000 { try writer.commitFill(bench.source.view(0), index, UInt64(index + 1)) }
        #expect(bench.sync())
        let recovered = try #require(try bench.recovered())
        #expect(try recovered.differences(from: bench.source) == [])
        // In the tables as they stand, and in what the journal brings.
        for copy in [bench.driver.copy, recovered.copy] {
            #expect(RecoveredCopy(copy: copy, layout: bench.source.layout, cut: 0).brokenSeals == [])
        }
    }

    @Test("Changes made while the bulk copy runs and after it arrive as cuts")
    func changesArrive() throws {
        let bench = EngineHarness()
        var writer = bench.source.writer(0)
        var random = SystemRandomNumberGenerator()
        for round in 0 ..< 400 {
            bench.poll()
            for _ in 0 ..< 20 {
                try writer.commitFill(bench.source.view(0), Int.random(in: 0 ..< 2000, using: &random), UInt64(round))
            }
            try writer.commitFill(bench.source.view(1), round % 40, UInt64(round))
        }
        #expect(bench.sync())
        #expect(bench.settle())
        let recovered = try #require(try bench.recovered())
        #expect(try recovered.differences(from: bench.source) == [])
        #expect(bench.source.area.replicator[.cutsCommitted as Counter].load() > 10)
    }

    @Test("A new engine does not go on saying what its predecessor said of the copy")
    func freshState() {
        let bench = EngineHarness()
        #expect(bench.sync())
        bench.engine = bench.source.engine()
        let block = bench.source.area.replicator
        #expect(block[.state].load() == CopyState.offline.rawValue)
        #expect(block[.reason].load() == CopyReason.starting.rawValue)
    }

    @Test(
        "The journal is freed while traffic goes on, by sweeps or by applying it in place, and the copy stays exact",
        arguments: [false, true])
    func freesJournal(applies: Bool) throws {
        var options = EngineOptions()
        options.reclaim.appliesJournal = applies
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20), options)
        #expect(bench.sync())
        var writer = bench.source.writer(0)
        for round in 0 ..< 3000 {
            bench.poll()
            for step in 0 ..< 5 {
                try writer.commitFill(bench.source.view(0), (round * 7 + step * 131) % 2000, UInt64(round))
            }
            if round % 50 == 49 {
                #expect(try bench.recovered() != nil, "the journal was reused before its sweep was whole")
            }
        }
        #expect(bench.settle())
        let counted = { bench.source.area.replicator[$0 as Counter].load() }
        #expect(counted(applies ? .replays : .sweeps) > 2)
        #expect(counted(applies ? .sweeps : .replays) == 0)
        let recovered = try #require(try bench.recovered())
        #expect(try recovered.differences(from: bench.source) == [])
    }

    @Test("Cuts are committed between the slices of a replay, and stay in the journal when it has ended")
    func cutsBetweenSlices() throws {
        var options = EngineOptions()
        options.reclaim.replayBytesPerPoll = 1
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20), options)
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        var slices: [(cut: UInt64, until: UInt64)] = []
        bench.driver.fails = { command in
            if case .replay(_, let until, _) = command.operation {
                slices.append((bench.source.area.committed.load(), until.cut))
            }
            return nil
        }
        for round in 0 ..< 2000 {
            bench.poll()
            // Pages of their own, so that the journal is less than their images; and again what is being applied: the
            // replay must not be taken for the newest of it.
            for index in [round * 37, round * 37 + 700, round * 37 + 1300, round * 37 - 111] {
                try writer.commitFill(bench.source.view(0), (index + 2000) % 2000, UInt64(round + 1))
            }
            guard let first = slices.first, let last = slices.last, first.until == last.until, last.cut >= first.cut + 3
            else { continue }
            #expect(last.cut > last.until)
            let recovered = try #require(try bench.recovered())
            #expect(recovered.cut >= last.cut)
            #expect(bench.settle())
            #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
            return
        }
        Issue.record("no replay of several slices: \(slices)")
    }

    @Test("Records that change all the time are swept: their images are less than their journal")
    func sweepsWhatIsHot() throws {
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20))
        #expect(bench.sync())
        var writer = bench.source.writer(0)
        for round in 0 ..< 3000 {
            bench.poll()
            for index in 0 ..< 5 { try writer.commitFill(bench.source.view(0), index, UInt64(round)) }
        }
        #expect(bench.source.area.replicator[.replays as Counter].load() == 0)
        #expect(bench.source.area.replicator[.sweeps as Counter].load() > 2)
    }

    @Test("A write that hangs is noticed after two seconds, although looks at the file are answered")
    func hungWrite() throws {
        let bench = EngineHarness()
        #expect(bench.sync() && bench.settle())
        bench.driver.holds = { if case .write = $0.operation { true } else { false } }
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(0), 5, 1)
        #expect(bench.poll(until: { !bench.driver.held.isEmpty }))
        let hung = bench.now
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }))
        #expect(bench.engine.reason == .late)
        #expect(bench.now - hung < 2_500_000_000)
    }

    @Test("A flush is given the time that what it has to flush takes: a copy on a slow disk gets in sync")
    func slowFlush() throws {
        var options = EngineOptions()
        options.deadlines.flushBytesPerMicrosecond = 1
        let bench = EngineHarness(
            TestSource(tables: [
                TableDefinition(name: "calls", payloadBytes: 240, capacity: 240_000, sharing: .partitioned)
            ]), options)
        // Nothing completes while the flush behind 60 MB of images takes its 30 seconds.
        var isSlow = false
        bench.driver.holds = { _ in isSlow }
        #expect(bench.poll(until: { bench.engine.phase == .bulkCopying }))
        bench.driver.holds = { command in
            if case .flush = command.operation { isSlow = true }
            return isSlow
        }
        #expect(bench.poll(until: { isSlow }))
        for _ in 0 ..< 300 { bench.poll(after: 100_000_000) }
        #expect(bench.engine.phase.name == .syncing)
        isSlow = false
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.sync())
        #expect(bench.source.area.replicator[.bulkCopies as Counter].load() == 1)
    }
}
