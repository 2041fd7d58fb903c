import TandemCore
import Testing

@Suite("Several copies of one source, fed by one capture")
struct SeveralCopiesTests {
    @Test("Each becomes exact, by itself, whatever is changed meanwhile", arguments: [1, 2, 3, 8])
    func exact(copies: Int) throws {
        let bench = SeveralHarness(copies: copies)
        var writer = bench.source.writer(0)
        for round in 0 ..< 200 {
            try writer.commitFill(bench.source.view(0), round * 7 % 400, UInt64(round + 1))
            bench.poll()
        }
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< copies { #expect(try bench.differences(copy) == [], "copy \(copy)") }
    }

    @Test("P7: while a copy hangs the other gets each cut as soon as before, and then the hung one is off line")
    func hung() throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        var polls: [Int] = []
        while bench.phase(1).name != .offline {
            try writer.commitFill(bench.source.view(0), polls.count % 400, UInt64(polls.count + 1))
            let before = bench.now
            try #require(bench.poll(until: { bench.committed(0) >= writer.lastCommitEpoch }, limit: 10))
            polls.append(Int(bench.now - before) / 300_000)
            try #require(polls.count < 20_000)
        }
        #expect(polls.max()! <= 4, "as if there were no other: \(polls.max()!)")
        #expect(bench.phase(0) == .inSync && bench.agent.engine.reason(of: 1) == .late)
        #expect(try bench.differences(0) == [])
    }

    @Test("What a hung copy lacks travels as one cut of its own when its device goes on in time")
    func goesOn() throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        for index in 0 ..< 300 {
            try writer.commitFill(bench.source.view(0), index, 9)
            bench.poll()
        }
        let cuts = (bench.counter(.cutsCommitted, 0), bench.counter(.cutsCommitted, 1))
        bench.drivers[1].holds = { _ in false }
        bench.drivers[1].release()
        #expect(bench.settle())
        #expect(try bench.differences(0) == [] && bench.differences(1) == [])
        #expect(cuts.0 > 200 && bench.counter(.cutsCommitted, 1) <= cuts.1 + 3, "it skips the numbers between")
        #expect(bench.counter(.outages, 1) == 0 && bench.counter(.bulkCopies, 1) == 1)
    }

    @Test("A copy that was away comes back by one cut, and lacks nothing that others took meanwhile")
    func comesBack() throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].isPresent = false
        #expect(bench.poll(until: { bench.phase(1).name == .offline }, limit: 4000))
        for index in 0 ..< 100 {
            try writer.commitFill(bench.source.view(0), index, 9)
            bench.poll()
        }
        #expect(bench.settle(0 ..< 1) && !bench.area(1).missed.isEmpty && bench.area(0).missed.isEmpty)
        let stands = bench.committed(1)
        #expect(bench.committed(0) > stands)
        bench.drivers[1].isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(1) == [])
        #expect(bench.counter(.returnsByCut, 1) == 1 && bench.counter(.bulkCopies, 1) == 1)
        #expect(bench.counter(.outages, 0) == 0)
    }

    @Test(
        "A record that the map named for another copy alone is looked at for the one that missed it",
        arguments: [false, true])
    func namedForAnother(successor: Bool) throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        // Copy 1 is busy with a cut of one record while copy 0 takes a second one of the page.
        try writer.commitFill(bench.source.view(0), 0, 1)
        #expect(bench.poll(until: { bench.committed(0) >= writer.lastCommitEpoch }, limit: 10))
        try writer.commitFill(bench.source.view(0), 14, 2)
        #expect(bench.poll(until: { bench.committed(0) >= writer.lastCommitEpoch }, limit: 10))
        // A successor does not know whether names have stayed. And then a third is changed.
        if successor { bench.restart() }
        try writer.commitFill(bench.source.view(0), 7, 3)
        bench.drivers[1].holds = { _ in false }
        bench.drivers[1].release()
        #expect(bench.settle())
        #expect(try bench.differences(1) == [])
    }

    @Test("A page that a copy missed while it was away is looked at whole, whatever is named of it when it is taken")
    func namedMeanwhile() throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].isPresent = false
        #expect(bench.poll(until: { bench.phase(1).name == .offline }, limit: 4000))
        // Copy 0 takes what is named.
        try writer.commitFill(bench.source.view(0), 14, 2)
        #expect(bench.poll(until: { bench.committed(0) >= writer.lastCommitEpoch }, limit: 10))
        bench.drivers[1].isPresent = true
        var value: UInt64 = 0
        while bench.phase(1) != .inSync {
            value += 1
            try writer.commitFill(bench.source.view(0), 7, value)
            bench.poll()
            try #require(value < 20_000)
        }
        #expect(bench.settle())
        #expect(try bench.differences(1) == [] && bench.counter(.returnsByCut, 1) == 1)
    }

    @Test("While one is copied in bulk the other stays in sync, and each can be promoted when it says so")
    func bulkBesideSync() throws {
        let source = TestSource.large()
        let bench = SeveralHarness(source)
        bench.drivers[1].isPresent = false
        var writer = source.writer(0)
        #expect(bench.poll(until: { bench.phase(0) == .inSync }))
        bench.drivers[1].isPresent = true
        #expect(bench.poll(until: { bench.phase(1) == .bulkCopying }))
        var value: UInt64 = 0
        while bench.phase(1) != .inSync {
            value += 1
            try writer.commitFill(source.view(0), Int(value * 977 % 20_000), value)
            bench.poll()
            #expect(bench.phase(0) == .inSync)
            if value % 16 == 0 {
                let recovered = try #require(try bench.drivers[0].recovered())
                #expect(recovered.cut >= bench.committed(0))
            }
            if bench.committed(1) > 0 {
                let recovered = try #require(try bench.drivers[1].recovered(), "in phase \(bench.phase(1))")
                #expect(recovered.cut >= bench.committed(1))
            }
            try #require(value < 20_000)
        }
        #expect(bench.committed(1) <= bench.source.area.committed.load())
        #expect(bench.settle())
        #expect(try bench.differences(0) == [] && bench.differences(1) == [])
    }

    @Test("An engine that dies leaves each copy what it had: in sync, hung, away", arguments: [true, false])
    func killed(landing: Bool) throws {
        let bench = SeveralHarness(copies: 3)
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[2].isPresent = false
        #expect(bench.poll(until: { bench.phase(2).name == .offline }, limit: 4000))
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        for index in 0 ..< 50 {
            try writer.commitFill(bench.source.view(0), index, UInt64(index + 1))
            bench.poll()
        }
        bench.drivers[1].holds = { _ in false }
        bench.restart(landing: landing)
        bench.drivers[2].isPresent = true
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< 3 {
            #expect(try bench.differences(copy) == [], "copy \(copy)")
            #expect(bench.counter(.bulkCopies, copy) == 1, "copy \(copy) came back by one cut")
        }
    }

    @Test("A copy that nobody follows any more misses what the others take, until somebody does again")
    func unfollowed() throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.restart(following: 0 ..< 1)
        #expect(bench.sync())
        for index in 0 ..< 30 {
            try writer.commitFill(bench.source.view(0), index, 5)
            bench.poll()
        }
        #expect(bench.poll(until: { bench.committed(0) >= writer.lastCommitEpoch }, limit: 100))
        bench.restart()
        #expect(bench.sync() && bench.settle())
        #expect(try bench.differences(0) == [] && bench.differences(1) == [])
        #expect(bench.counter(.bulkCopies, 1) == 1 && bench.counter(.returnsByCut, 1) == 1)
    }

    @Test("Two copies that have changed places are not taken for each other: each is copied anew, beside itself")
    func changedPlaces() throws {
        let bench = SeveralHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        try writer.commitFill(bench.source.view(0), 3, 4)
        #expect(bench.settle())
        (bench.drivers[0].copy, bench.drivers[1].copy) = (bench.drivers[1].copy, bench.drivers[0].copy)
        bench.restart()
        #expect(bench.sync() && bench.settle())
        for copy in 0 ..< 2 {
            #expect(bench.counter(.bulkCopies, copy) == 2 && bench.counter(.returnsByCut, copy) == 0)
            #expect(bench.counter(.outages, copy) == 0)
            #expect(try bench.differences(copy) == [])
        }
    }

    @Test("The source's last committed cut is the newest that any copy has, each copy's its own, and none goes back")
    func committedOfEach() throws {
        let bench = SeveralHarness(copies: 3)
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        // The last of them: whoever is asked last has not got the newest.
        bench.drivers[2].holds = { if case .write = $0.operation { true } else { false } }
        var last: UInt64 = 0
        for round in 0 ..< 200 {
            try writer.commitFill(bench.source.view(0), round, 1)
            if round == 100 { bench.drivers[0].isPresent = false }
            bench.poll()
            let all = (0 ..< 3).map { bench.committed($0) }
            let announced = bench.source.area.committed.load()
            #expect(announced == all.max() && announced >= last)
            last = announced
        }
        #expect(bench.committed(2) < bench.committed(1))
    }

    @Test("A cut that is larger than a slow copy's staging memory does not hold up the window for the other")
    func largeCut() throws {
        let source = TestSource.large(undoBytes: 8 << 20, journalBytes: 16 << 20)
        source.journalStaging = 1 << 20
        let bench = SeveralHarness(source)
        var writer = source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.drivers[1].holds = { if case .write = $0.operation { true } else { false } }
        for index in 0 ..< 12_000 { try writer.commitFill(source.view(0), index, 7) }
        let epoch = writer.lastCommitEpoch
        try #require(bench.poll(until: { bench.committed(0) >= epoch }, limit: 300))
        #expect(bench.phase(1) == .inSync && bench.committed(1) < epoch && !bench.area(1).missed.isEmpty)
        // One record more of each page: it is named, and the others that copy 1 misses there are to be so still.
        for index in stride(from: 3, to: 12_000, by: 16) { try writer.commitFill(source.view(0), index, 8) }
        #expect(bench.poll(until: { bench.committed(0) >= writer.lastCommitEpoch }, limit: 300))
        bench.drivers[1].holds = { _ in false }
        bench.drivers[1].release()
        #expect(bench.settle())
        #expect(try bench.differences(0) == [] && bench.differences(1) == [])
    }
}
