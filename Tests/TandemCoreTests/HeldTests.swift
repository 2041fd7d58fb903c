@testable import TandemCore
import Testing

/// A transaction that stays open holds records: nothing of them is in any cut, and they must not be forgotten.
@Suite("Transactions that stay open")
struct HeldTests {
    private let bench: EngineHarness

    init() {
        var options = EngineOptions()
        // Nothing is written but what is asked for here.
        options.reclaim.trickleInterval = .max
        bench = EngineHarness(TestSource(), options)
    }

    private var area: RuntimeArea { bench.source.area }

    /// A writer that holds record 7, seen by a cut that takes its page for another record's sake.
    private func holding(_ record: Int = 7) throws -> SeededTraffic.WriterBox {
        bench.driver.mayRecover = { _ in false }
        let box = SeededTraffic.WriterBox(bench.source, 0)
        #expect(bench.sync() && bench.settle())
        try box.transaction.begin()
        try box.transaction.fill(bench.source.view(0), record, 5)
        var other = bench.source.writer(2)
        try other.commitFill(bench.source.view(0), record + 2, 1)
        for _ in 0 ..< 20 { bench.poll() }
        return box
    }

    /// Another record of that one's page is changed: a page of which nothing is named would be read whole.
    private func nameAnother(on record: Int) throws {
        var other = bench.source.writer(2)
        try other.commitFill(bench.source.view(0), record + 2, 2)
    }

    @Test("A record that is held for eight seconds costs no window, and ships nothing")
    func shipsNothing() throws {
        let box = try holding()
        let (bytes, epoch, cuts) = (
            bench.driver.bytesWritten, area.epoch.load(), area.replicator[.cutsCommitted as Counter].load()
        )
        let start = bench.now
        while bench.now < start + 8_000_000_000 { bench.poll() }
        #expect(bench.driver.bytesWritten == bytes)
        #expect(area.replicator[.cutsCommitted as Counter].load() == cuts)
        #expect(area.epoch.load() == epoch)
        // What the copy holds is the newest that there is, and said to be.
        #expect(area.taken.isEmpty && area.missed.isEmpty)
        try box.transaction.commit()
        let committed = bench.now
        #expect(bench.poll(until: { area.committed.load() >= box.transaction.lastCommitEpoch }))
        #expect(bench.now - committed <= 1_500_000)
        #expect(try bench.recovered()?.read(0, 7)[0] == 5)
    }

    @Test("A commit that waits is in the next cut, though its record was held in the last")
    func waitingCommit() throws {
        let box = try holding()
        try nameAnother(on: 7)
        try box.transaction.commit()
        _ = area.raiseWanted(to: box.transaction.lastCommitEpoch)
        for _ in 0 ..< 3 { bench.poll(after: 1000) }
        #expect(area.committed.load() >= box.transaction.lastCommitEpoch)
        #expect(try bench.recovered()?.read(0, 7)[0] == 5)
    }

    @Test("Other records of its page travel as ever, with the cut of their commit")
    func neighbours() throws {
        let box = try holding()
        var other = bench.source.writer(1)
        for round in 1 ... 20 {
            try other.commitFill(bench.source.view(0), 8, UInt64(round))
            let start = bench.now
            #expect(bench.poll(until: { area.committed.load() >= other.lastCommitEpoch }))
            #expect(bench.now - start <= 1_500_000)
            let recovered = try #require(try bench.recovered())
            #expect(recovered.read(0, 8)[0] == UInt64(round) && recovered.read(0, 7)[0] == 0)
        }
        try box.transaction.commit()
        #expect(bench.settle())
        #expect(try bench.recovered()?.read(0, 7)[0] == 5)
    }

    @Test("A record that was changed behind the cut and is held again travels with the next cut, whoever holds it")
    func changedBeneathTheLock() throws {
        bench.driver.mayRecover = { _ in false }
        let first = SeededTraffic.WriterBox(bench.source, 0), second = SeededTraffic.WriterBox(bench.source, 1)
        #expect(bench.sync() && bench.settle())
        // E moves in the middle of a transaction, as between a window's first step and the taking of pages.
        try first.transaction.begin()
        try first.transaction.fill(bench.source.view(0), 7, 5)
        area.epoch.add(1)
        area.captured.store(area.epoch.load() - 2)
        try first.transaction.commit()
        try second.transaction.begin()
        try second.transaction.fill(bench.source.view(0), 7, 6)
        var reader = RecordReader(memory: bench.source.memory)
        reader.open(cut: area.epoch.load() - 1)
        let payload = UnsafeMutableRawBufferPointer.allocate(byteCount: 240, alignment: 16)
        defer { payload.deallocate() }
        let record = bench.source.view(0).record(7)
        let outcome = reader.read(bench.source.layout.tables[0], 7, record, into: payload.baseAddress!)
        #expect(outcome == .value(epoch: 0, later: .changed))
        #expect(payload.load(as: UInt64.self) == 0)
        // In the cut that has the first one's change, nothing but the second one's lock is left to wait for.
        reader.open(cut: area.epoch.load())
        let next = reader.read(bench.source.layout.tables[0], 7, record, into: payload.baseAddress!)
        #expect(next == .value(epoch: area.epoch.load(), later: .held))
        #expect(payload.load(as: UInt64.self) == 5)
    }

    @Test("What is held is known to the engine's successor, and to the one that takes a copy up again")
    func isRemembered() throws {
        // The last: what the engine itself remembers of it dies while the copy is away.
        for (record, isLost, isKilled) in [(7, false, true), (700, true, false), (1400, true, true)] {
            let box = try holding(record)
            if isLost { #expect(bench.lose()) }
            if isKilled {
                bench.driver.kill(landing: true)
                bench.engine = bench.source.engine()
            }
            bench.driver.isPresent = true
            try nameAnother(on: record)
            try box.transaction.commit()
            #expect(bench.sync() && bench.settle())
            #expect(try bench.recovered()?.differences(from: bench.source) == [])
        }
        #expect(area.replicator[.returnsByCut as Counter].load() == 3)
    }

    @Test("What is held when a cut does not fit the journal is copied with all else")
    func outlivesABulkCopy() throws {
        let bench = EngineHarness(.large(journalBytes: 1 << 20))
        bench.driver.mayRecover = { _ in false }
        #expect(bench.sync() && bench.settle())
        var holder = bench.source.writer(0), other = bench.source.writer(1)
        try holder.begin()
        try holder.fill(bench.source.view(0), 19_990, 5)
        for _ in 0 ..< 20 { bench.poll() }
        for index in 0 ..< 19_000 { try other.retryFill(bench.source.view(0), index, 6) }
        #expect(bench.poll(until: { bench.engine.phase.name == .syncing }))
        try holder.commit()
        #expect(bench.sync() && bench.settle())
        #expect(try bench.recovered()?.differences(from: bench.source) == [])
    }

    @Test("A cut that finds nothing new in the pages that were marked is written for nobody")
    func emptyCut() throws {
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        let (bytes, cuts) = (bench.driver.bytesWritten, area.replicator[.cutsCommitted as Counter].load())
        for _ in 0 ..< 50 {
            try writer.begin()
            try writer.fill(bench.source.view(0), 3, 1)
            // Refused when it has marked its page, and rolled back.
            area.attention.set(ControlFlags.handingOver)
            do { try writer.commit() } catch { writer.rollBack() }
            area.attention.clear(ControlFlags.handingOver)
            #expect(bench.source.memory.dirty.isMarked(bench.source.layout.tables[0].firstPage))
            for _ in 0 ..< 5 { bench.poll() }
        }
        #expect(writer.slot.commitCount == 0)
        #expect(bench.driver.bytesWritten == bytes && area.replicator[.cutsCommitted as Counter].load() == cuts)
        #expect(!area.taken.contains(bench.source.layout.tables[0].firstPage))
        try writer.commitFill(bench.source.view(0), 3, 2)
        #expect(bench.settle())
        #expect(try bench.recovered()?.differences(from: bench.source) == [])
    }

    @Test("A record that an idle writer is said to hold was scribbled on: it is looked at, and keeps nobody busy")
    func heldByNobody() throws {
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(0), 7, 1)
        #expect(bench.sync() && bench.settle())
        let table = bench.source.layout.tables[0]
        let word = bench.source.memory.base + table.offset + table.slotOffset(of: 7, page: table.page(of: 7))
        word.storeBytes(of: word.load(as: UInt64.self) | 2, as: UInt64.self)
        bench.source.memory.dirty.mark(table.firstPage + table.page(of: 7))
        for _ in 0 ..< 20 { bench.poll() }
        let (bytes, epoch) = (bench.driver.bytesWritten, area.epoch.load())
        for _ in 0 ..< 3334 { bench.poll() }
        #expect(bench.driver.bytesWritten == bytes && area.epoch.load() - epoch <= 110)
    }
}
