import Testing

@testable import TandemCore

@Suite("A copy whose cuts are applied as they arrive: its journal is freed by a question")
struct AppliedArrivalsTests {
    /// Nobody applies its journal from here where images will do, as over a network.
    private func bench(scrubBytesPerSecond: Int = 0) -> EngineHarness {
        var options = EngineOptions()
        options.reclaim.appliesJournal = false
        options.scrubBytesPerSecond = scrubBytesPerSecond
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20), options)
        bench.driver.abilities.appliesArrivals = true
        return bench
    }

    private func inSync(scrubBytesPerSecond: Int = 0) -> EngineHarness {
        let bench = bench(scrubBytesPerSecond: scrubBytesPerSecond)
        #expect(bench.sync() && bench.settle())
        return bench
    }

    private func counted(_ bench: EngineHarness, _ counter: Counter) -> UInt64 {
        bench.source.area.replicator[counter].load()
    }

    /// Several journals full of changes, all over the first table.
    private func change(_ bench: EngineHarness, rounds: Int = 2000, each: (Int) throws -> Void = { _ in }) throws {
        var writer = bench.source.writer(0)
        for round in 0 ..< rounds {
            bench.poll()
            for step in 0 ..< 5 {
                try writer.commitFill(bench.source.view(0), (round * 7 + step * 131) % 2000, UInt64(round))
            }
            try each(round)
        }
    }

    private func expectPromotable(_ bench: EngineHarness) throws { #expect(try bench.recovered() != nil) }

    private func expectExact(_ bench: EngineHarness) throws {
        #expect(bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("In sync it is sent cuts and state slots, and not one image")
    func noImages() throws {
        let bench = inSync()
        let before = counted(bench, .imagesWritten)
        try change(bench) { round in
            if round % 50 == 49 { try expectPromotable(bench) }
        }
        try expectExact(bench)
        #expect(counted(bench, .journalBytes) > 2 << 20)
        #expect(counted(bench, .imagesWritten) == before && counted(bench, .sweeps) == 0)
        #expect(bench.driver.arriving?.end?.cut == bench.source.area.committed.load())
        // What is in its tables is owed no more: a return sends no image of it either.
        #expect(bench.poll(until: { bench.source.area.owed.isEmpty }))
    }

    @Test("A second after the last change its journal is empty")
    func trickle() throws {
        let bench = inSync()
        try change(bench, rounds: 1)
        #expect(bench.settle())
        #expect(try #require(try bench.surveyed()).cuts > 0)
        #expect(bench.poll(until: { bench.source.area.owed.isEmpty }, limit: 4000))
        #expect(try #require(try bench.surveyed()).cuts == 0)
    }

    @Test("Whoever has given up applying says so: the journal is brought home, and freed by images from then on")
    func givesUp() throws {
        let bench = inSync()
        let before = counted(bench, .imagesWritten)
        var asked = 0
        bench.driver.holds = { command in
            if case .inquire = command.operation, bench.driver.arriving == nil { asked += 1 }
            // Whoever asked for ever would be answered for ever, in one poll.
            return asked > 1
        }
        try change(bench) { round in
            if round == 500 { bench.driver.arriving = nil }
            if round % 50 == 49 { try expectPromotable(bench) }
        }
        try #require(asked == 1, "it is asked no more")
        try expectExact(bench)
        #expect(counted(bench, .imagesWritten) > before)
    }

    @Test("It is asked while no image is under way, and until it has answered none is sent")
    func alone() throws {
        let bench = inSync(scrubBytesPerSecond: 64 << 20)
        var isAsked = false
        bench.driver.holds = { command in
            if case .image = command.token { #expect(!isAsked, "an image beside the question") }
            guard case .inquire = command.operation else { return false }
            #expect(!isAsked, "asked again before there is an answer")
            isAsked = true
            return true
        }
        // Somebody damages a page: it is to be swept.
        bench.driver.copy.bytes[bench.source.layout.tables[1].offset + 20] ^= 1
        try change(bench, rounds: 600)
        bench.driver.holds = { _ in false }
        isAsked = false
        bench.driver.release()
        #expect(bench.poll(until: { counted(bench, .pagesDamaged) > 0 && bench.engine.phase == .inSync }))
        try expectExact(bench)
    }

    @Test("A copy that is being made is not asked: what does not fit its journal is applied from here")
    func bulkCopy() throws {
        let bench = bench()
        bench.driver.holds = { command in
            guard case .inquire = command.operation else { return false }
            #expect(bench.driver.newestSlot()?.role == .consistent)
            return false
        }
        try change(bench, rounds: 1000)
        #expect(bench.sync())
        let before = counted(bench, .imagesWritten)
        try change(bench)
        try expectExact(bench)
        #expect(counted(bench, .imagesWritten) == before)
    }
}
