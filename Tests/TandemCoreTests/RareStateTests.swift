import TandemCore
import Testing

/// States that traffic seldom leads to.
@Suite("States that are rare")
struct RareStateTests {
    @Test(
        "Records that leave room in their slots are sealed with zeros there, in images and in what is replayed"
    )
    func oddSize() throws {
        var options = EngineOptions()
        options.reclaim.trickleInterval = .max
        let bench = EngineHarness(
            TestSource(tables: [TableDefinition(name: "odd", payloadBytes: 20, capacity: 300, sharing: .shared)]),
            options)
        var writer = bench.source.writer(0)
        for index in 0 ..< 300 { try writer.commitFill(bench.source.view(0), index, 1) }
        #expect(bench.sync() && bench.settle())
        for index in 0 ..< 10 { try writer.commitFill(bench.source.view(0), index, 2) }
        #expect(bench.settle())
        let recovered = try #require(try bench.recovered())
        #expect(try recovered.differences(from: bench.source) == [])
        let table = bench.source.layout.tables[0]
        #expect(table.slotBytes > 16 + table.payloadBytes)
        // The images as they were written, and what the journal makes of them.
        for bytes in [bench.driver.copy.bytes, recovered.copy.bytes] {
            for index in 0 ..< table.capacity {
                let start = table.offset + table.slotOffset(of: index, page: table.page(of: index))
                #expect(bytes[start + 36 ..< start + table.slotBytes].allSatisfy { $0 == 0 })
                bytes.withUnsafeBytes {
                    #expect(PageImage.isSealed(table, index, at: $0.baseAddress! + start, checksum: testChecksum))
                }
            }
        }
    }

    @Test(
        "P4: a writer that has died in its transaction is recovered by the engine, though nobody else wants its records"
    )
    func deadWriter() throws {
        let bench = EngineHarness()
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(0), 7, 1)
        #expect(bench.sync() && bench.settle())
        try writer.begin()
        try writer.fill(bench.source.view(0), 7, 2)
        let revived = { bench.source.area.replicator[.writersRevived as Counter].load() }
        #expect(bench.poll(until: { revived() == 1 }, limit: 2000))
        #expect(try bench.source.read(0, 7)[0] == 1)
        #expect(bench.source.memory.writer(0).summary.state == "idle")
    }

    @Test("P6: a copy that somebody else has locked is in use, and found again when it is free")
    func locked() throws {
        let bench = EngineHarness()
        bench.driver.examination = .locked(
            StateSlot(
                sequence: 4, generation: Generation(high: 3, low: 3),
                lineage: Lineage(ancestors: [Generation(high: 2, low: 2)]),
                role: .consistent))
        #expect(bench.poll(until: { bench.engine.reason == .inUse }, limit: 2000))
        #expect(bench.engine.phase.name == .offline)
        #expect(bench.driver.bytesWritten == 0)
        bench.driver.examination = nil
        #expect(bench.sync())
    }

    @Test("P5: a replay that finds its journal shorter than it must be fails")
    func shortJournal() throws {
        var options = EngineOptions()
        options.reclaim.trickleInterval = .max
        let bench = EngineHarness(TestSource.small(), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        for round in 0 ..< 5 {
            try writer.commitFill(bench.source.view(0), round, 1)
            #expect(bench.settle())
        }
        let slot = try #require(bench.driver.newestSlot())
        let end = try #require(try bench.surveyed()).end
        func replay(until end: JournalEnd) throws(CopyFailure) {
            let reached = try CopyRecovery.replay(
                bench.driver.copy, layout: bench.source.layout, slot: slot, until: end, budget: .max,
                checksum: testChecksum)
            #expect(reached == end)
        }
        try replay(until: end)
        #expect(throws: CopyFailure(.inputOutput)) {
            try replay(until: JournalEnd(position: end.position + 4096, cut: end.cut + 1))
        }
    }

    @Test("P6: a bit for a page that no table has does not stop a bulk copy")
    func noSuchPage() throws {
        var options = EngineOptions()
        options.imagePagesInBulk = 1
        let bench = EngineHarness(TestSource(), options)
        let table = bench.source.layout.tables[0]
        let nobody = table.firstPage + table.pageCount
        #expect(nobody < bench.source.layout.tables[1].firstPage)
        #expect(bench.poll(until: { bench.engine.phase == .bulkCopying }))
        bench.source.area.owed.insert(nobody)
        #expect(bench.sync())
        #expect(!bench.source.area.owed.contains(nobody))
    }

    @Test("P2: a cut larger than the memory it is written from waits for its own writes, and arrives whole")
    func waitsForStaging() throws {
        let source = TestSource.large()
        source.journalStaging = 768 << 10
        let bench = EngineHarness(source)
        var writer = source.writer(0)
        #expect(bench.sync() && bench.settle())
        bench.driver.holds = { if case .write = $0.operation { true } else { false } }
        // 5,000 changes of 264 bytes: six chunks where there is room for three.
        for index in 0 ..< 5000 { try writer.retryFill(source.view(0), index, 9) }
        let committed = source.area.committed.load()
        for _ in 0 ..< 50 { bench.poll() }
        #expect(source.area.committed.load() == committed)
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: source) == [])
    }

    @Test("A cut larger than the journal waits for the images under way before the bulk copy begins anew")
    func tooLargeInBulkCopy() throws {
        var options = EngineOptions()
        options.imagePagesInBulk = 8
        options.bulkCutInterval = 1000
        let bench = EngineHarness(TestSource(journalBytes: 64 << 10), options)
        let layout = bench.source.layout
        var writer = bench.source.writer(0)
        #expect(bench.poll(until: { bench.source.area.descriptor(0).recordsCopied > 1000 }))
        bench.driver.holds = { command in
            guard case .write(_, _, let offset) = command.operation else { return false }
            return offset >= layout.tablesOffset && offset < layout.tablesEnd
        }
        #expect(bench.poll(until: { !bench.driver.held.isEmpty }, limit: 100))
        for index in 0 ..< 1000 { try writer.retryFill(bench.source.view(0), index, 3) }
        let begun = { bench.source.area.replicator[.bulkCopies as Counter].load() }
        let before = begun()
        for _ in 0 ..< 100 { bench.poll() }
        #expect(begun() == before)
        bench.driver.holds = { _ in false }
        bench.driver.release()
        #expect(bench.sync() && bench.settle())
        #expect(begun() > before)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}

@Suite("Reads of records that are held")
struct HeldReadTests {
    @Test("A record that is locked and not yet saved reads as it is")
    func notYetSaved() throws {
        let source = TestSource.small()
        var writer = source.writer(0)
        try writer.commitFill(source.view(1), 3, 5)
        try writer.begin()
        source.view(1).lockByHand(3, owner: 1)
        #expect(try source.read(1, 3) == [5, 5])
    }

    @Test("A record that stays locked gives no payload with its epoch, and no endless wait")
    func staysLocked() throws {
        let source = TestSource.small()
        var writer = source.writer(0)
        try writer.commitFill(source.view(1), 3, 5)
        var payload: [UInt64] = [0, 0]
        func epoch() -> UInt64? {
            payload.withUnsafeMutableBytes { source.view(1).readUnlocked(3, into: $0.baseAddress!) }
        }
        #expect(epoch() == writer.lastCommitEpoch)
        #expect(payload == [5, 5])
        try writer.begin()
        source.view(1).lockByHand(3, owner: 1)
        #expect(epoch() == nil)
        #expect(!source.view(1).isLockDamaged(3))
        // The transaction ends without it: nobody will unlock it, and its payload is what it is.
        try writer.commit()
        #expect(epoch() != nil && payload == [5, 5])
        #expect(source.view(1).isLockDamaged(3) && !source.view(1).isLockDamaged(4))
        source.view(1).lockByHand(4, owner: UInt64(source.layout.writerCount + 1))
        #expect(source.view(1).isLockDamaged(4))
    }
}

@Suite("What is told in words")
struct WordsTests {
    @Test("P6: bytes too few for a header are no Tandem file")
    func shortHeader() throws {
        let bytes = [UInt8](repeating: 1, count: 100)
        let error = #expect(throws: TandemError.self) {
            _ = try bytes.withBytes { raw throws(TandemError) in
                try Identity.decode(raw, path: "file", checksum: testChecksum)
            }
        }
        #expect(error?.code == .notTandem)
    }

    @Test("A conflict names the record, and says to run the transaction again")
    func conflict() {
        let text = TandemError(.conflict, 2, 77).description
        #expect(text.contains("record 77 of table 2") && text.contains("again"))
    }
}
