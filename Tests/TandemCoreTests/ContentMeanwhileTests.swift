import TandemCore
import Testing

/// What happens while a copy is compared.
extension ContentTests {
    @Test(
        "A page that changes while it is compared, or after, is not lost, whoever else takes it",
        arguments: [.pages, digests])
    func changedMeanwhile(access: ContentAccess) throws {
        let bench = SeveralHarness(TestSource())
        for driver in bench.drivers { driver.content = access }
        let calls = bench.source.view(0)
        var writer = bench.source.writer(0)
        var other = bench.source.writer(1)
        for index in 0 ..< 500 { try writer.commitFill(calls, index, 1) }
        #expect(bench.sync() && bench.settle())
        for round in 0 ..< 3 {
            bench.area(1).replicator[.partWay].store(1)
            bench.drivers[1].isPresent = false
            #expect(bench.poll(until: { bench.phase(1).name == .offline }))
            bench.drivers[1].isPresent = true
            #expect(bench.poll(until: { bench.phase(1) == .probing }))
            // One transaction is open all the while, on a page that is compared, and ends behind it.
            try other.begin()
            try other.fill(calls, 1000 + round, 7)
            var turn = 0
            while [.probing, .comparing].contains(bench.phase(1)), turn < 2000 {
                turn += 1
                try writer.commitFill(calls, (turn * 37 + round) % 900, UInt64(turn))
                bench.poll(after: 10_000)
            }
            #expect(turn > 5 && turn < 2000)
            try other.commit()
            #expect(bench.sync() && bench.settle())
            #expect(try bench.differences(1) == [] && bench.differences(0) == [], "round \(round)")
        }
        #expect(bench.counter(.comparisons, 1) == 3 && bench.counter(.returnsByContent, 1) == 3)
    }

    @Test(
        "An engine that dies while it compares leaves a copy of which nobody knows what it lacks",
        arguments: [.pages, digests])
    func dies(access: ContentAccess) throws {
        let bench = try inSync(access)
        let older = bench.driver.copy.bytes
        var writer = bench.source.writer(0)
        for index in 0 ..< 50 { try writer.commitFill(bench.source.view(0), index * 10, 2) }
        #expect(bench.settle() && bench.lose())
        bench.driver.copy.bytes = older
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .comparing }, limit: 40_000))
        // Each time a little later.
        for turns in 0 ..< 12 {
            for _ in 0 ..< turns where bench.engine.phase != .inSync { bench.poll(after: 5_000) }
            guard bench.engine.phase != .inSync else { break }
            bench.driver.kill(landing: turns % 2 == 0)
            #expect(bench.source.area.replicator[.partWay].load() == 1)
            #expect(try bench.recovered() != nil)
            bench.agent = Agent(bench.source.engine(), driver: bench.driver)
            #expect(bench.poll(until: { bench.engine.phase == .comparing }, limit: 40_000))
        }
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .returnsByCut) == 0, "what it missed was not known")
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("A page that cannot be read ends the comparison as any failure does, and it is begun again")
    func unreadable() throws {
        let bench = try inSync(.pages)
        #expect(bench.lose())
        bench.source.area.replicator[.partWay].store(1)
        var failures = 0
        bench.driver.fails = { command in
            guard case .content = command.token, failures < 3 else { return nil }
            failures += 1
            return CopyFailure(.inputOutput, errno: 5)
        }
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(failures == 3 && counter(bench, .comparisons) >= 2)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}
