@testable import TandemCore
import Testing

/// Undo room is everybody's: who needs it gets what others do not use, and nobody waits for the engine.
@Suite("Undo room")
struct UndoRoomTests {
    /// Four homes of fifteen calls, and twelve segments besides.
    private let source = TestSource(undoBytes: 16 << 12, undoSegmentBytes: 1 << 12)
    private var memory: SourceMemory { source.memory }

    /// One transaction for each record; how often one was refused for want of room.
    private func write(
        _ writer: borrowing WriterBox, _ records: Range<Int>, _ value: UInt64 = 1
    ) throws -> Int {
        var refused = 0
        for record in records {
            do throws(TandemError) { try writer.log.commitFill(source.view(0), record, value) } catch {
                guard error.code == .conflict else { throw error }
                refused += 1
                writer.log.rollBack()
                try writer.log.commitFill(source.view(0), record, value)
            }
        }
        return refused
    }

    private final class WriterBox {
        var log: WriterLog
        init(_ source: TestSource, _ number: Int) { log = source.writer(number) }
    }

    /// A capture begins, and what was committed so far is in its cut.
    private func openWindow() { source.area.epoch.add(1) }
    private func closeWindow() { source.area.captured.storeReleasing(source.area.epoch.load() - 1) }

    @Test("In a window one writer takes what the others do not use, and each pre-image is found")
    func oneBusy() throws {
        let busy = WriterBox(source, 0)
        #expect(try write(busy, 0 ..< 190) == 0)
        openWindow()
        #expect(try write(busy, 0 ..< 190, 2) == 0, "thirteen segments hold 195")
        #expect(memory.segments(of: 0).count == 12 && memory.freeSegments == 0)
        #expect(source.area.abandoned.load() == 0)
        var index = PreImageIndex(memory: memory)
        index.reset(cut: 1)
        let room = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        defer { room.deallocate() }
        for record in 0 ..< 190 {
            #expect(index.copy(table: source.layout.tables[0], index: record, into: room) == 1)
            #expect(room.load(as: UInt64.self) == 1)
        }
    }

    @Test("A hot record costs one entry a window, however often it changes")
    func hot() throws {
        let busy = WriterBox(source, 0)
        openWindow()
        for round in 0 ..< 1000 { #expect(try write(busy, 3 ..< 4, UInt64(round)) == 0) }
        #expect(memory.segments(of: 0).isEmpty)
    }

    @Test("When there is no room at all the capture is abandoned, once, and the transaction goes on")
    func noRoom() throws {
        let busy = WriterBox(source, 0)
        openWindow()
        #expect(try write(busy, 0 ..< 600) == 1)
        #expect(source.area.abandoned.load() == 1)
        #expect(UndoPosition(word: memory.writer(0).undoPositionWord).count == 17)
    }

    @Test("What a window has taken goes back behind it, eight segments with each transaction")
    func givenBack() throws {
        let busy = WriterBox(source, 0)
        openWindow()
        _ = try write(busy, 0 ..< 190)
        closeWindow()
        for left in [4, 0, 0] {
            #expect(try write(busy, 7 ..< 8) == 0)
            #expect(memory.segments(of: 0).count == left && memory.freeSegments == 12 - left)
        }
        // From now on as if nothing had been.
        #expect(UndoPosition(word: memory.writer(0).undoPositionWord).kept == 0)
    }

    @Test("A transaction that begins in the next window gives back what the one before had taken")
    func nextWindow() throws {
        let busy = WriterBox(source, 0)
        openWindow()
        _ = try write(busy, 0 ..< 190)
        closeWindow()
        openWindow()
        #expect(try write(busy, 0 ..< 190) == 0)
        #expect(source.area.abandoned.load() == 0)
    }

    @Test("P3: what an idle writer's burst has taken is another's when it needs it", arguments: [false, true])
    func burst(isWindowOpen: Bool) throws {
        let (idle, busy) = (WriterBox(source, 0), WriterBox(source, 1))
        openWindow()
        _ = try write(idle, 0 ..< 190)
        closeWindow()
        if isWindowOpen { openWindow() }
        if isWindowOpen {
            #expect(try write(busy, 200 ..< 390) == 0)
        } else {
            try busy.log.begin()
            for record in 200 ..< 250 { try busy.log.fill(source.view(0), record, 1) }
            try busy.log.commit()
        }
        #expect(source.area.abandoned.load() == 0 && memory.segments(of: 1).count > 2)
        // And it begins anew at its home.
        #expect(try write(idle, 0 ..< 190, 2) == (isWindowOpen ? 1 : 0))
    }

    @Test(
        "P4: what a dead writer has taken is others' once it is recovered, wherever it died", arguments: [false, true])
    func dead(isInTransaction: Bool) throws {
        let (dying, busy) = (WriterBox(source, 0), WriterBox(source, 1))
        openWindow()
        _ = try write(dying, 0 ..< 180)
        if isInTransaction {
            try dying.log.begin()
            for record in 180 ..< 190 { try dying.log.fill(source.view(0), record, 9) }
        } else {
            // Between the stamp and *active*.
            let home = SegmentWord(word: memory.pool.word(0).load())
            memory.pool.word(0).store(home.stamped(WriterStatus(word: memory.writer(0).statusWord).number + 1).word)
        }
        closeWindow()
        openWindow()
        WriterRecovery.recover(slot: 0, in: memory, layout: source.layout)
        for record in 180 ..< 190 { #expect(try source.read(0, record)[0] == 0) }
        #expect(try write(busy, 200 ..< 390) == 0)
        #expect(source.area.abandoned.load() == 0)
    }

    @Test("P4: who takes over a slot whose log goes on behind its home is read as of before, and put back when it dies")
    func takenOver() throws {
        do {
            let last = WriterBox(source, 0)
            openWindow()
            // Its last transaction began in its home, and ended behind it.
            #expect(try write(last, 0 ..< 16) == 0)
            #expect(memory.segments(of: 0).count == 1)
        }
        let dying = WriterBox(source, 0)
        try dying.log.begin()
        try dying.log.fill(source.view(0), 3, 9)
        #expect(try source.read(0, 3)[0] == 1, "a change that nobody has committed")
        WriterRecovery.recover(slot: 0, in: memory, layout: source.layout)
        #expect(try source.read(0, 3)[0] == 1)
        #expect(try write(WriterBox(source, 1), 3 ..< 4, 7) == 0, "it is still locked")
    }

    @Test("A log that cannot be walked to its end proves nothing: a record in doubt is not read as it stands")
    func brokenWalk() throws {
        let writer = WriterBox(source, 0)
        try writer.log.begin()
        try writer.log.fill(source.view(0), 3, 9)
        let slot = memory.writer(0)
        slot.keptSegmentWord = 7  // nobody's
        #expect { try source.read(0, 3) } throws: { ($0 as? TandemError)?.code == .readContended }
        slot.keptSegmentWord = 0
        #expect(try source.read(0, 3)[0] == 0)
    }

    @Test("P4: the engine asks after a writer that died between the stamp and *active*")
    func engineAsks() throws {
        let bench = EngineHarness(source)
        #expect(bench.sync() && bench.settle())
        openWindow()
        let dying = WriterBox(source, 0)
        _ = try write(dying, 0 ..< 60)
        closeWindow()
        let home = SegmentWord(word: memory.pool.word(0).load())
        memory.pool.word(0).store(home.stamped(WriterStatus(word: memory.writer(0).statusWord).number + 1).word)
        for _ in 0 ..< 5 { bench.poll(after: 60_000_000) }
        #expect(!memory.isRoomUnsettled(of: 0))
    }

    @Test("The last writer's entries stay for the window's capture when another takes its slot, and go on from there")
    func successor() throws {
        let first = WriterBox(source, 0)
        _ = try write(first, 0 ..< 60)
        openWindow()
        #expect(try write(first, 0 ..< 30, 2) == 0)
        let second = WriterBox(source, 0)
        #expect(try write(second, 30 ..< 60, 2) == 0)
        #expect(source.area.abandoned.load() == 0)
        var reader = RecordReader(memory: memory)
        reader.open(cut: 1)
        let room = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        defer { room.deallocate() }
        for record in 0 ..< 60 {
            let table = source.layout.tables[0]
            let header = source.view(0).record(record)
            #expect(reader.read(table, record, header, into: room) == .value(epoch: 1, later: .changed))
            #expect(room.load(as: UInt64.self) == 1)
        }
    }

    @Test(
        "A transaction over several segments commits, is rolled back, and is recovered as a whole", arguments: 0 ..< 3)
    func long(end: Int) throws {
        let writer = WriterBox(source, 0)
        _ = try write(writer, 0 ..< 50)
        openWindow()
        _ = try write(writer, 100 ..< 107)
        try writer.log.begin()
        for record in 0 ..< 50 { try writer.log.fill(source.view(0), record, 2) }
        #expect(try source.read(0, 49)[0] == 1, "its pre-image is found while it is held")
        switch end {
        case 0: try writer.log.commit()
        case 1: writer.log.rollBack()
        default: WriterRecovery.recover(slot: 0, in: memory, layout: source.layout)
        }
        for record in 0 ..< 50 {
            #expect(try source.read(0, record)[0] == (end == 0 ? 2 : 1))
            #expect(source.view(0).headerWord(record) & 0xFFFF == 0)
        }
    }

    @Test("P3: beside an engine that does not move no transaction is tried more than twice, and none waits")
    func stoppedEngine() throws {
        let writers = (0 ..< 3).map { WriterBox(source, $0) }
        openWindow()
        var refused = 0
        for round in 0 ..< 200 {
            for (number, writer) in writers.enumerated() {
                let first = number * 600 + round * 7 % 500
                refused += try write(writer, first ..< first + 20)
            }
        }
        #expect(refused <= writers.count, "each finds out once that there is no room")
        #expect(source.area.abandoned.load() == 1)
    }

    @Test("An abandoned capture says which undo room would have done")
    func wanted() throws {
        var options = EngineOptions()
        options.capture.pagesPerPoll = 1
        let bench = EngineHarness(source, options)
        #expect(bench.sync() && bench.settle())
        let busy = WriterBox(source, 0)
        for record in 0 ..< 2000 { try busy.log.retryFill(source.view(0), record, 1) }
        let area = source.area
        #expect(bench.poll(until: { area.epoch.load() == area.captured.load() + 2 }, limit: 100))
        for _ in 0 ..< 20 { bench.poll(after: 1000) }
        _ = try write(busy, 0 ..< 600, 2)
        for _ in 0 ..< 3 { bench.poll(after: 1000) }
        #expect(area.replicator[.cutsAbandoned as Counter].load() == 1)
        let wanted = Int(area.replicator[.undoWanted].load())
        #expect(wanted > source.layout.undoBytes && wanted % (1 << 20) == 0)
    }
}

@Suite("How large the undo room is")
struct UndoRoomSizeTests {
    private func layout(
        _ payloadBytes: Int, _ capacity: Int, writers: Int = 16, undoBytes: Int? = nil
    ) throws -> FileLayout {
        try FileLayout(
            tables: [
                TableDefinition(name: "t", payloadBytes: payloadBytes, capacity: capacity, sharing: .shared)
            ],
            writerCount: writers, undoBytes: undoBytes, journalBytes: nil)
    }

    @Test("Room for all records and a quarter more, 64 MiB at least, besides the homes")
    func usual() throws {
        let large = try layout(240, 4 << 20)
        #expect(large.undoBytes - 16 * large.undoSegmentBytes == 5 << 20 * 272)
        let small = try layout(240, 1000)
        #expect(small.undoBytes - 16 * small.undoSegmentBytes == 64 << 20)
    }

    @Test(
        "A segment holds two of the longest records, and there are some thousand at most", arguments: [1, 240, 65_520])
    func segments(payloadBytes: Int) throws {
        for bytes in [nil, 256 << 20, 1 << 30, 64 << 30] {
            let layout = try layout(payloadBytes, 1000, undoBytes: bytes)
            #expect(layout.undoSegmentBytes > 2 * (32 + payloadBytes) && layout.undoSegments <= 1 << 15)
        }
    }

    @Test(
        "Less than the homes, or more than 64 GiB, is refused with what is possible", arguments: [-1, 0, 1 << 20 - 1])
    func refused(bytes: Int) throws {
        let error = #expect(throws: TandemError.self) { try layout(240, 1000, undoBytes: bytes) }
        #expect("\(error!)".contains("Use 1048576 to 68719476736"))
        #expect(throws: TandemError.self) { try layout(240, 1000, undoBytes: 64 << 30 + 1) }
    }
}
