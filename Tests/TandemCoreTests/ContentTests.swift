import TandemCore
import Testing

/// What a copy is owed of which neither its slots nor its journal say what it lacks: its pages say it.
@Suite("A copy is compared with its source")
struct ContentTests {
    static let digests = ContentAccess.digests(offset: 1 << 40)

    /// A copy in sync of a source with 500 records in use.
    func inSync(_ access: ContentAccess, _ options: EngineOptions = EngineOptions()) throws -> EngineHarness {
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20), options)
        bench.driver.content = access
        var writer = bench.source.writer(0)
        for index in 0 ..< 500 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.sync() && bench.settle())
        return bench
    }

    func counter(_ bench: EngineHarness, _ counter: Counter) -> UInt64 {
        bench.source.area.replicator[counter].load()
    }

    @Test("P5: an older file lacks only what differs, which comes as one cut", arguments: [.pages, digests])
    func olderFile(access: ContentAccess) throws {
        let bench = try inSync(access)
        let older = bench.driver.copy.bytes
        var writer = bench.source.writer(0)
        for index in 0 ..< 20 { try writer.commitFill(bench.source.view(0), index * 20, 2) }
        #expect(bench.settle() && bench.lose())
        try writer.commitFill(bench.source.view(0), 1999, 3)
        bench.driver.copy.bytes = older
        bench.driver.isPresent = true
        let written = bench.driver.bytesWritten
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .returnsFromZero) == 1 && counter(bench, .bulkCopies) == 1, "the first copy's")
        #expect(counter(bench, .comparisons) == 1 && counter(bench, .returnsByContent) == 1)
        // 20 records on 20 pages, and one more.
        #expect(counter(bench, .pagesDifferent) == 21)
        #expect(bench.driver.bytesWritten - written < 40 * 4096 * 2)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test(
        "P1, P2: it can be promoted at every moment, as what it was and then as what it has become",
        arguments: [.pages, digests])
    func promotableThroughout(access: ContentAccess) throws {
        let bench = try inSync(access)
        let older = bench.driver.copy.bytes
        let then = try #require(try bench.recovered()).cut
        var writer = bench.source.writer(0)
        for index in 0 ..< 50 { try writer.commitFill(bench.source.view(0), index * 10, 2) }
        #expect(bench.settle() && bench.lose())
        bench.driver.copy.bytes = older
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .probing }, limit: 40_000))
        var seen: [UInt64] = []
        for turn in 0 ..< 4000 where bench.engine.phase != .inSync {
            if turn % 3 == 0 { try writer.commitFill(bench.source.view(0), turn % 2000, UInt64(turn)) }
            bench.poll(after: 20_000)
            let recovered = try #require(try bench.recovered(), "given up in phase \(bench.engine.phase)")
            #expect(recovered.brokenSeals == [])
            if seen.last != recovered.cut { seen.append(recovered.cut) }
        }
        #expect(bench.engine.phase == .inSync && seen.first == then && seen.count >= 2)
        #expect(bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("What its journal holds is applied first, and its slot says so, as what it was")
    func journalFirst() throws {
        let bench = try inSync(.pages)
        var writer = bench.source.writer(0)
        // No sweep between these cuts and the file as it is put back: its journal has them.
        for index in 0 ..< 30 { try writer.commitFill(bench.source.view(0), index, 4) }
        #expect(bench.settle())
        let older = bench.driver.copy.bytes
        #expect(try #require(try bench.surveyed()).cuts > 0)
        try writer.commitFill(bench.source.view(0), 700, 5)
        #expect(bench.settle() && bench.lose())
        bench.driver.copy.bytes = older
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .comparing }, limit: 40_000))
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .pagesDifferent) == 1, "record 700 alone")
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test(
        "A record that this source has never changed, and the copy of an earlier life has, is brought back",
        arguments: [.pages, digests])
    func neverChanged(access: ContentAccess) throws {
        var options = EngineOptions()
        options.adopts = true
        let bench = try inSync(access, options)
        // The copy of a life that went on without us, by two calls: one that we know, and one that we never had.
        let earlier = Generation(high: 6, low: 6)
        let slot = try #require(bench.driver.newestSlot())
        #expect(bench.lose())
        bench.driver.replaceSlots(
            StateSlot(
                sequence: slot.sequence, generation: earlier, role: .consistent, journalTail: slot.journalTail,
                tailCut: slot.tailCut, cut: slot.tailCut))
        let calls = bench.source.layout.tables[0]
        bench.driver.copy.plant(88, epoch: 1 << 30, at: 3, of: calls)
        bench.driver.copy.plant(99, epoch: 1 << 30, at: 1500, of: calls)
        bench.source.life = Life(earlier).next(bench.source.generation, at: slot.cut)
        bench.driver.kill(landing: true)
        bench.agent = Agent(bench.source.engine(options), driver: bench.driver)
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .returnsByContent) == 1 && counter(bench, .bulkCopies) == 1)
        let recovered = try #require(try bench.recovered())
        #expect(try recovered.differences(from: bench.source) == [] && recovered.read(0, 1500)[0] == 0)
        #expect(bench.driver.newestSlot()?.generation == bench.source.generation)
    }

    @Test("One of an earlier life is that life's, with its last cut, until ours is whole, which is numbered as ours")
    func earlierUntilOurs() throws {
        var options = EngineOptions()
        options.adopts = true
        let bench = try inSync(.pages, options)
        var writer = bench.source.writer(0)
        // Cuts that are in its journal alone.
        for index in 0 ..< 30 { try writer.commitFill(bench.source.view(0), index, 4) }
        #expect(bench.settle() && bench.lose())
        #expect(try #require(try bench.surveyed()).cuts > 0)
        let earlier = bench.source.generation
        let last = try #require(try bench.recovered()).cut
        bench.source.life = Life(earlier).next(Generation(high: 8, low: 8), at: last)
        try writer.commitFill(bench.source.view(0), 700, 5)
        bench.driver.kill(landing: true)
        bench.agent = Agent(bench.source.engine(options), driver: bench.driver)
        bench.driver.isPresent = true
        var sequences: Set<UInt64> = []
        for _ in 0 ..< 4000 where bench.engine.phase != .inSync {
            bench.poll(after: 20_000)
            let slot = try #require(bench.driver.newestSlot())
            let recovered = try #require(try bench.recovered(), "given up in phase \(bench.engine.phase)")
            if slot.generation == earlier { sequences.insert(slot.sequence) }
            #expect((slot.generation == earlier) == (recovered.cut == last))
            #expect(recovered.read(0, 700)[0] == (slot.generation == earlier ? 0 : 5))
        }
        #expect(bench.engine.phase == .inSync && sequences.count > 1, "what was applied of its journal is said")
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("One of an earlier life that holds no cut is taken up without --adopt, and has what it has")
    func earlierAndSyncing() throws {
        let bench = try inSync(.pages)
        #expect(bench.lose())
        let earlier = Generation(high: 6, low: 6)
        bench.driver.replaceSlots(StateSlot(sequence: 40, generation: earlier, role: .syncing))
        bench.source.life = Life(earlier).next(bench.source.generation, at: 5)
        bench.driver.kill(landing: true)
        bench.agent = Agent(bench.source.engine(), driver: bench.driver)
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .bulkCopies) == 1 && counter(bench, .pagesDifferent) == 0)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("A record that has rotted makes its page differ", arguments: [.pages, digests])
    func rot(access: ContentAccess) throws {
        let bench = try inSync(access)
        #expect(bench.lose())
        let calls = bench.source.layout.tables[0]
        bench.driver.copy.bytes[calls.offset + calls.slotOffset(of: 1533, page: calls.page(of: 1533)) + 40] ^= 1
        // Nobody knows what it lacks.
        bench.source.area.replicator[.partWay].store(1)
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .pagesDifferent) == 1)
        #expect(try #require(try bench.recovered()).brokenSeals == [])
    }

    @Test("A copy that was left half-way has what had been copied, and gets the rest as images")
    func halfWay() throws {
        let bench = EngineHarness(TestSource.large(journalBytes: 1 << 20))
        bench.driver.content = .pages
        var writer = bench.source.writer(0)
        for index in 0 ..< 20_000 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.poll(until: { bench.engine.phase == .bulkCopying && bench.driver.bytesWritten > 2 << 20 }))
        #expect(bench.lose())
        let before = counter(bench, .imagesWritten)
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .comparing }, limit: 40_000))
        #expect(bench.sync() && bench.settle())
        // 5 MB are more than its journal holds: a bulk copy, of what was not there yet.
        let pages = Int(counter(bench, .imageBytes)) / 4096
        #expect(counter(bench, .returnsByPages) == 1 && counter(bench, .imagesWritten) > before)
        #expect(pages < bench.source.layout.pageCount + 256, "\(pages) images of \(bench.source.layout.pageCount)")
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("Where more differs than its journal holds, a whole copy is kept until a new one is whole beside it")
    func tooMuch() throws {
        let bench = EngineHarness(TestSource.large(journalBytes: 1 << 20))
        bench.driver.content = .pages
        var writer = bench.source.writer(0)
        for index in 0 ..< 100 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.sync() && bench.settle())
        let older = bench.driver.copy.bytes
        for index in 0 ..< 20_000 { try writer.commitFill(bench.source.view(0), index, 2) }
        #expect(bench.settle() && bench.lose())
        let before = counter(bench, .returnsFromZero)
        bench.driver.copy.bytes = older
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .probing }, limit: 40_000))
        for _ in 0 ..< 4000 where bench.engine.phase != .inSync {
            bench.poll()
            #expect(try bench.recovered() != nil, "given up in phase \(bench.engine.phase)")
        }
        #expect(bench.settle() && counter(bench, .comparisons) == 1 && counter(bench, .returnsFromZero) == before + 1)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("After a failed flush nothing that is read is believed: everything is copied")
    func flushLost() throws {
        let bench = try inSync(.pages)
        #expect(bench.lose())
        bench.source.area.replicator[.flushLost].store(1)
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .comparisons) == 0 && counter(bench, .returnsFromZero) == 2)
    }
}
