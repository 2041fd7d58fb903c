import TandemCore
import TestSupport
import Testing

@Suite("Promises, one mechanism at a time")
struct PromiseTests {
    @Test("P2: an image read in a cut's window is not written before that cut is whole on the copy")
    func writeAhead() throws {
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20))
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        let layout = bench.source.layout
        var holding = false
        var held = 0
        bench.driver.holds = { command in
            guard case .write(_, _, let offset) = command.operation else { return false }
            return holding && offset >= layout.tablesEnd
        }
        for round in 0 ..< 300 {
            for step in 0 ..< 20 {
                try writer.commitFill(bench.source.view(0), (round * 20 + step) % 2000, UInt64(round + 1))
            }
            // Nothing more of the journal arrives: no image of a later cut may stand on the copy.
            holding = true
            for _ in 0 ..< 6 { bench.poll() }
            if !bench.driver.held.isEmpty {
                held += 1
                let recovered = try #require(try bench.recovered())
                let newest = try recovered.newestEpoch()
                #expect(newest <= recovered.cut, "an image of cut \(newest) stands on a copy of cut \(recovered.cut)")
            }
            holding = false
            bench.driver.release()
        }
        #expect(held > 50)
        #expect(bench.source.area.replicator[.sweeps as Counter].load() > 0)
    }

    @Test("P2: a page whose summary bit is not set yet, by a writer stopped between the two, is still in the cut")
    func summaryIsSetByAll() throws {
        let bench = EngineHarness()
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        // Somebody has set the dirty bit of record 5's page, and was stopped before the summary bit.
        bench.source.memory.dirty.setWithoutSummary(bench.source.layout.tables[0].page(of: 5))
        try writer.commitFill(bench.source.view(0), 5, 9)
        #expect(bench.settle())
        #expect(try #require(try bench.recovered()).read(0, 5)[0] == 9)
    }

    @Test("P3: with a copy that hangs, writers go on for ever and nothing that they need is held")
    func hungCopy() throws {
        let bench = EngineHarness(TestSource(undoBytes: 16 << 10, undoSegmentBytes: 4 << 10))
        #expect(bench.sync())
        bench.driver.holds = { _ in true }
        var writer = bench.source.writer(0)
        for round in 0 ..< 20_000 {
            try writer.retryFill(bench.source.view(0), round % 2000, UInt64(round))
            if round % 20 == 0 { bench.poll(after: 5_000_000) }
        }
        #expect(bench.engine.phase.name == .offline)
    }

    @Test("P3: a stopped engine in mid-capture costs a writer one abandoned capture, and its log stays at its start")
    func stoppedEngine() throws {
        let source = TestSource(undoBytes: 16 << 10, undoSegmentBytes: 4 << 10)
        var writer = source.writer(0)
        source.area.epoch.add(1)  // a window is open, and its engine never comes back
        for round in 0 ..< 1000 { try writer.retryFill(source.view(0), round % 2000, UInt64(round)) }
        #expect(source.area.abandoned.load() == 1)
        #expect(UndoPosition(word: source.memory.writer(0).undoPositionWord).count <= (32 + 240) / 16)
    }

    @Test("P5: a copy that was away gets what it missed as one cut, and never stops being promotable")
    func incrementalReturn() throws {
        let bench = EngineHarness(.large())
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        #expect(bench.lose())
        for index in 0 ..< 50 { try writer.commitFill(bench.source.view(0), index * 300, 6) }
        let before = bench.driver.bytesWritten
        bench.driver.isPresent = true
        for _ in 0 ..< 40_000 where bench.engine.phase != .inSync {
            bench.poll()
            #expect(try bench.driver.copyRole(bench.source) == .consistent)
        }
        #expect(bench.settle())
        let written = bench.driver.bytesWritten - before
        // One cut with the records, and later a sweep over their pages; the whole copy would be five megabytes.
        #expect(written < 50 * (272 + 4096) + 64 * 1024, "\(written) bytes for 50 records")
        #expect(bench.source.area.replicator[.returnsByCut as Counter].load() == 1)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("P5: when more was missed than the journal holds, the old whole copy stays until the new one is whole")
    func rebuiltBeside() throws {
        let bench = EngineHarness(.large(journalBytes: 1 << 20))
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        #expect(bench.lose())
        for index in 0 ..< 20_000 { try writer.commitFill(bench.source.view(0), index, 6) }
        bench.driver.isPresent = true
        var sawRebuild = false
        for _ in 0 ..< 40_000 where bench.engine.phase != .inSync {
            bench.poll()
            sawRebuild = sawRebuild || bench.driver.beside != nil
            if bench.driver.beside != nil { #expect(try bench.recovered() != nil) }
        }
        #expect(sawRebuild)
        #expect(bench.engine.reason == .cutTooLarge, "not the first copy, and people are told so")
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("P5: a page whose image has arrived is owed until it has been flushed, as the device may yet lose it")
    func owedUntilFlushed() throws {
        let bench = EngineHarness(TestSource.small())
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        let page = bench.source.layout.tables[0].page(of: 5)
        try writer.commitFill(bench.source.view(0), 5, 1)
        #expect(bench.settle())
        #expect(bench.source.area.owed.contains(page))
        // The sweep's images arrive, and the flush behind them waits.
        bench.driver.holds = { if case .flush = $0.operation { true } else { false } }
        #expect(bench.poll(until: { !bench.driver.held.isEmpty }))
        #expect(bench.source.area.owed.contains(page))
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.poll(until: { !bench.source.area.owed.contains(page) }))
    }

    @Test("P5: when making the new copy beside the old one fails, the old one is not taken for up to date")
    func rebuildFails() throws {
        var options = EngineOptions()
        options.imagePagesInBulk = 16
        let bench = EngineHarness(.large(journalBytes: 1 << 20), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        #expect(bench.lose())
        // Just more than the journal holds.
        for index in 0 ..< 5000 { try writer.commitFill(bench.source.view(0), index, 6) }
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.driver.beside != nil && bench.engine.phase == .bulkCopying }, limit: 40_000))
        // All of it is on the new copy, nothing of it is dirty any more, and the old one lacks it as before.
        let (memory, layout) = (bench.source.memory, bench.source.layout)
        #expect(bench.poll(until: { memory.dirty.count(wordCount: layout.runtime.wordCount) == 0 }))
        #expect(bench.engine.phase == .bulkCopying)
        bench.driver.fails = { $0.isWrite ? CopyFailure(.inputOutput, errno: 5) : nil }
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 4000))
        bench.driver.fails = { _ in nil }
        // At once: a later sweep would make good what a wrong "in sync" had promised.
        #expect(bench.sync())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("P5: without room beside it the copy is overwritten in place, and says that it is syncing while it is")
    func overwritten() throws {
        let bench = EngineHarness(.large(journalBytes: 1 << 20))
        bench.driver.hasRoomBeside = false
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        #expect(bench.lose())
        for index in 0 ..< 20_000 { try writer.commitFill(bench.source.view(0), index, 6) }
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .bulkCopying }, limit: 40_000))
        #expect(try bench.recovered() == nil)
        #expect(bench.sync() && bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("A failed flush is never believed again: everything is copied anew")
    func flushFails() throws {
        var options = EngineOptions()
        options.durable = true
        let bench = EngineHarness(TestSource(), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        var failures = 1
        bench.driver.fails = { command in
            guard case .flush = command.operation, failures > 0 else { return nil }
            failures -= 1
            return CopyFailure(.inputOutput, errno: 5)
        }
        try writer.commitFill(bench.source.view(0), 1, 1)
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 4000))
        #expect(bench.sync())
        #expect(bench.source.area.replicator[.returnsFromZero as Counter].load() == 2)
    }

    @Test("A durable cut is said to be on the copy only after its flush")
    func durable() throws {
        var options = EngineOptions()
        options.durable = true
        let bench = EngineHarness(TestSource(), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.driver.holds = { command in
            if case .flush = command.operation { return true }
            return false
        }
        try writer.commitFill(bench.source.view(0), 1, 1)
        let epoch = writer.lastCommitEpoch
        for _ in 0 ..< 50 { bench.poll() }
        #expect(bench.source.area.committed.load() < epoch)
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.poll(until: { bench.source.area.committed.load() >= epoch }))
    }

    @Test("Nobody is told that a commit is on the copy while the copy is syncing")
    func notWhileSyncing() throws {
        var options = EngineOptions()
        options.imagePagesInBulk = 1
        options.bulkCutInterval = 1000
        let bench = EngineHarness(TestSource(), options)
        var writer = bench.source.writer(0)
        #expect(bench.poll(until: { bench.source.area.descriptor(0).recordsCopied > 300 }))
        try writer.commitFill(bench.source.view(0), 1, 1)
        while bench.engine.phase == .bulkCopying {
            #expect(bench.source.area.committed.load() == 0)
            bench.poll()
        }
    }

    @Test("A resumed old primary sees that its copy was promoted, and stops writing")
    func supersededPrimary() throws {
        let bench = EngineHarness()
        #expect(bench.sync())
        #expect(bench.lose())
        let slot = try #require(bench.driver.newestSlot())
        var promoted = slot
        let life = slot.life.next(Generation(high: 9, low: 9), at: slot.cut)
        (promoted.generation, promoted.lineage) = (life.generation, life.lineage)
        promoted.role = .source
        bench.driver.replaceSlots(promoted)
        let bytes = bench.driver.copy.bytes
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase.name == .refused }, limit: 40_000))
        #expect(bench.engine.reason == .superseded)
        #expect(bench.driver.copy.bytes == bytes)
        var writer = bench.source.writer(0)
        #expect(failureCode { () throws(TandemError) in try writer.begin() } == .superseded)
    }
}

extension PromiseTests {
    @Test("A copy that was rebuilt beside itself is still found again after its next outage")
    func outageAfterRebuild() throws {
        let bench = EngineHarness(TestSource.small())
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        for round in 0 ..< 2 {
            // A state that the source does not know, but whole: it is kept, and a new one made beside it.
            bench.source.area.replicator.committed.store(1 << 40)
            bench.source.area.replicator.shipping.store(1 << 40)
            #expect(bench.lose())
            try writer.commitFill(bench.source.view(0), round, 1)
            bench.driver.isPresent = true
            #expect(bench.sync())
            #expect(bench.engine.outstanding == 0 || bench.poll(until: { bench.engine.outstanding == 0 }, limit: 100))
        }
    }
}

extension PromiseTests {
    @Test("P2: the journal is not written over before the sweep that frees it has ended")
    func journalIsKept() throws {
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20))
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        let layout = bench.source.layout
        bench.driver.holds = { command in
            guard case .write(_, _, let offset) = command.operation else { return false }
            return offset >= layout.tablesOffset && offset < layout.tablesEnd
        }
        for round in 0 ..< 1500 {
            for step in 0 ..< 12 {
                try writer.retryFill(bench.source.view(0), (round * 12 + step) % 2000, UInt64(round + 1))
            }
            bench.poll(after: 210_000)
            if round % 50 == 49 { #expect(try bench.recovered() != nil, "round \(round)") }
        }
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.sync() && bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("P1: with writers on other threads at full speed, no record on the copy is torn")
    func noTornRecord() throws {
        let source = TestSource.small()
        let bench = EngineHarness(source)
        // They live. One that waits for a processor in mid-commit is late by the bench's quick clock, and must not be
        // taken for dead.
        bench.driver.mayRecover = { _ in false }
        // Threads of their own: tests share a pool that two of these would fill.
        let writers = (0 ..< 2).map { number in
            OwnThread { thread in
                var writer = source.writer(number)
                var value: UInt64 = 0
                while !thread.isStopping {
                    value += 1
                    // Four hot records each: most reads meet a change in its middle.
                    try? writer.retryFill(source.view(0), number + 2 * Int(value % 4), value)
                }
            }
        }
        #expect(bench.sync())
        var looks = 0
        // On a busy machine the writers may not run for a while.
        let end = ContinuousClock.now + .seconds(60)
        let shipped = source.area.replicator[.recordsShipped as Counter]
        while looks < 60 || shipped.load() < 2000, ContinuousClock.now < end {
            for _ in 0 ..< 100 { bench.poll() }
            guard let recovered = try bench.recovered() else { continue }
            looks += 1
            for index in 0 ..< 8 { #expect(Set(recovered.read(0, index)).count == 1, "record \(index) is torn") }
        }
        for writer in writers { writer.stop() }
        #expect(looks >= 60 && shipped.load() >= 2000)
    }
}

extension PromiseTests {
    @Test("The first change after a long silence is no outage")
    func silence() throws {
        let bench = EngineHarness()
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        for _ in 0 ..< 300 { bench.poll(after: 100_000_000) }
        bench.driver.holds = { $0.isWrite }
        try writer.commitFill(bench.source.view(0), 1, 1)
        for _ in 0 ..< 5 { bench.poll() }
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.settle())
        #expect(bench.engine.phase == .inSync)
        #expect(bench.source.area.replicator[.outages as Counter].load() == 0)
    }

    @Test("P2: a cut whose capture a writer has abandoned is never shipped")
    func abandonedIsDropped() throws {
        var options = EngineOptions()
        options.capture.pagesPerPoll = 1
        let bench = EngineHarness(TestSource(undoBytes: 16 << 10, undoSegmentBytes: 4 << 10), options)
        #expect(bench.sync() && bench.settle())
        var writer = bench.source.writer(0)
        for page in 0 ..< 20 { try writer.retryFill(bench.source.view(0), page * 16, 1) }
        let area = bench.source.area
        #expect(bench.poll(until: { area.epoch.load() == area.captured.load() + 2 }, limit: 100))
        let cut = area.epoch.load() - 1
        // On the page that has been read already, so that nothing but the writer's word speaks against the cut.
        for round in 0 ..< 40 { try writer.retryFill(bench.source.view(0), round % 16, UInt64(round)) }
        #expect(area.abandoned.load() == cut)
        while area.captured.load() < cut { bench.poll() }
        for _ in 0 ..< 3 { bench.poll(after: 1000) }
        #expect(area.replicator[.cutsAbandoned as Counter].load() == 1)
        #expect(area.committed.load() < cut && area.shipping.load() != cut)
        #expect(bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test("P2: what changes while a page's image is on its way is shipped once the descriptor has passed it")
    func passedPages() throws {
        var options = EngineOptions()
        options.imagePagesInBulk = 1
        options.bulkCutInterval = 1000
        let bench = EngineHarness(TestSource(), options)
        var writer = bench.source.writer(0)
        let layout = bench.source.layout
        let area = bench.source.area
        #expect(bench.poll(until: { area.descriptor(0).recordsCopied >= 160 }))
        bench.driver.holds = { command in
            guard case .write(_, _, let offset) = command.operation else { return false }
            return offset >= layout.tablesOffset && offset < layout.tablesEnd
        }
        for _ in 0 ..< 4 { bench.poll() }
        // Its image is under way; the change is newer, and older than the cuts that follow.
        let passing = area.descriptor(0).recordsCopied
        try writer.commitFill(bench.source.view(0), passing, 55)
        for round in 0 ..< 3 {
            let shipped = area.replicator[.recordsShipped as Counter].load()
            try writer.commitFill(bench.source.view(0), 3, UInt64(round + 1))
            #expect(bench.poll(until: { area.replicator[.recordsShipped as Counter].load() > shipped }, limit: 1000))
        }
        #expect(area.descriptor(0).recordsCopied == passing)
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.sync() && bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}

extension PromiseTests {
    @Test("P5: an outage in the middle of a rebuild leaves the old whole copy, and the next rebuild does, too")
    func outageInRebuild() throws {
        let bench = EngineHarness(.large(journalBytes: 1 << 20))
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        #expect(bench.lose())
        for index in 0 ..< 20_000 { try writer.commitFill(bench.source.view(0), index, 6) }
        for _ in 0 ..< 2 {
            bench.driver.isPresent = true
            #expect(bench.poll(until: { bench.engine.phase == .bulkCopying }, limit: 40_000))
            #expect(bench.driver.beside != nil)
            #expect(try bench.recovered() != nil)
            #expect(bench.lose())
        }
        bench.driver.isPresent = true
        #expect(bench.sync() && bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}
