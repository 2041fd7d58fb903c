import TandemCore
import Testing

/// What somebody writes over a table of the copy, while it is in sync: found by reading, and written again.
@Suite("The slow pass over a copy's tables")
struct ScrubTests {
    /// 26 pages a pass, in three reads, one each 4 ms of virtual time.
    private static var options: EngineOptions {
        var options = EngineOptions()
        options.scrubBytesPerSecond = 16 << 20
        options.reclaim.trickleInterval = 5_000_000
        return options
    }

    private func synced(_ change: (inout EngineOptions) -> Void = { _ in }) throws -> EngineHarness {
        var options = Self.options
        change(&options)
        let bench = EngineHarness(.small(), options)
        var writer = bench.source.writer(0)
        for index in 0 ..< 200 { try writer.commitFill(bench.source.view(0), index, 5) }
        #expect(bench.sync() && bench.settle())
        // The journal is swept, and no page is owed: nothing else explains what is found from here on.
        #expect(bench.poll(until: { bench.source.area.owed.isEmpty }))
        _ = bench.engine.takeEvents()
        return bench
    }

    private func counter(_ bench: EngineHarness, _ counter: Counter) -> UInt64 {
        bench.source.area.replicator[counter].load()
    }

    private func offset(_ bench: EngineHarness, _ table: Int, record index: Int) -> Int {
        let layout = bench.source.layout.tables[table]
        return layout.offset + layout.slotOffset(of: index, page: layout.page(of: index))
    }

    private func damage(_ bench: EngineHarness, _ table: Int, record index: Int, at place: Int = 20) {
        bench.driver.copy.bytes[offset(bench, table, record: index) + place] ^= 0x40
    }

    private func isWhole(_ bench: EngineHarness) throws -> Bool {
        let copy = try #require(try bench.recovered())
        let differences = try copy.differences(from: bench.source)
        return copy.brokenSeals.isEmpty && differences.isEmpty
    }

    @Test("A stranger's byte in a record of the copy is found, told by table and page, and written again")
    func healed() throws {
        let bench = try synced()
        let page = bench.source.layout.tables[0].page(of: 130)
        damage(bench, 0, record: 130)
        #expect(bench.poll(until: { bench.engine.phase == .healing }, limit: 500))
        #expect(bench.poll(until: { bench.engine.phase == .inSync }, limit: 500))
        #expect(try isWhole(bench))
        #expect(counter(bench, .pagesDamaged) == 1)
        let events = bench.engine.takeEvents()
        #expect(events.map(\.state) == [.syncing, .inSync])
        #expect(events.map(\.reason) == [.damaged, .healed])
        #expect(events.allSatisfy { $0.damage?.table == 0 && $0.damage?.page == page && $0.damage?.pages == 1 })
        #expect(counter(bench, .outages) == 0 && counter(bench, .bulkCopies) == 1)
    }

    @Test(
        "Each byte of a record counts, header and payload, of the first record and the last, in every table",
        arguments: [0, 4, 7, 8, 15, 16, 31], [0, 1])
    func everywhere(place: Int, table: Int) throws {
        let bench = try synced()
        for index in [0, bench.source.layout.tables[table].capacity - 1] {
            damage(bench, table, record: index, at: place)
        }
        #expect(bench.poll(until: { counter(bench, .pagesDamaged) >= 1 }, limit: 500))
        #expect(bench.poll(until: { bench.engine.phase == .inSync && (try? isWhole(bench)) == true }, limit: 2000))
    }

    @Test("Nothing is acknowledged from the moment that damage is known until the page has been seen whole")
    func acknowledgement() throws {
        let bench = try synced()
        damage(bench, 0, record: 7)
        var isImageHeld = false
        // The page's image does not arrive: the copy stays as it is.
        bench.driver.holds = { $0.isImage && isImageHeld }
        isImageHeld = true
        #expect(bench.poll(until: { bench.engine.phase == .healing }, limit: 500))
        let said = bench.source.area.committed.load()
        var writer = bench.source.writer(0)
        let cuts = counter(bench, .cutsCommitted)
        for index in 300 ..< 320 {
            try writer.commitFill(bench.source.view(0), index, 6)
            for _ in 0 ..< 20 { bench.poll() }
            #expect(bench.source.area.committed.load() == said)
        }
        #expect(counter(bench, .cutsCommitted) > cuts, "cuts go on")
        #expect(bench.source.area.replicator[.state].load() == CopyState.syncing.rawValue)
        isImageHeld = false
        bench.driver.release()
        #expect(bench.settle())
        #expect(bench.source.area.committed.load() > said)
        #expect(try isWhole(bench))
    }

    @Test("A copy that is lost while damage is known is copied anew, whatever its journal says")
    func lost() throws {
        let bench = try synced()
        damage(bench, 0, record: 7)
        bench.driver.holds = { $0.isImage }
        #expect(bench.poll(until: { bench.engine.phase == .healing }, limit: 500))
        bench.driver.holds = { _ in false }
        bench.driver.kill(landing: false)
        bench.engine = bench.source.engine(Self.options)
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .returnsFromZero) == 2 && counter(bench, .returnsByCut) == 0)
        #expect(try isWhole(bench))
    }

    @Test("A page that is read while its image is half written is no damage")
    func torn() throws {
        let bench = try synced { $0.scrubBytesPerSecond = 128 << 20 }
        let layout = bench.source.layout.tables[0]
        var writer = bench.source.writer(0)
        // Each image lands in two halves, with polls in between.
        var half: CopyCommand?
        bench.driver.holds = { command in
            guard command.isImage, half == nil,
                case .write(let bytes, _, let offset) = command.operation
            else { return false }
            half = command
            let part = UnsafeRawBufferPointer(start: bytes, count: layout.slotBytes * 3 / 2)
            try? bench.driver.target.write(part, at: offset)
            return true
        }
        var reads = 0
        for round in 1 ... 12 {
            for index in stride(from: 0, to: 200, by: 7) {
                try writer.commitFill(bench.source.view(0), index, UInt64(round))
            }
            _ = bench.poll(until: { half != nil }, limit: 100)
            for _ in 0 ..< 8 { bench.poll() }
            if half != nil { reads += 1 }
            bench.driver.release()
            half = nil
        }
        #expect(reads > 6, "\(reads)")
        #expect(bench.settle() && bench.poll(until: { bench.source.area.owed.isEmpty }))
        #expect(counter(bench, .pagesDamaged) == 0 && counter(bench, .pagesScrubbed) > 500)
    }

    @Test("A page that lies torn since a power cut, and is owed, is swept before it would count as damaged")
    func tornAndOwed() throws {
        let bench = try synced { $0.reclaim.trickleInterval = 1_000_000_000 }
        var writer = bench.source.writer(0)
        try writer.commitFill(bench.source.view(0), 7, 9)
        #expect(bench.settle() && bench.source.area.owed.contains(0))
        // Half of the record's next image, as a device leaves it; its journal has all of it.
        damage(bench, 0, record: 7, at: 200)
        let images = counter(bench, .imagesWritten)
        #expect(bench.poll(until: { counter(bench, .imagesWritten) > images }, limit: 2000))
        for _ in 0 ..< 200 { bench.poll() }
        #expect(counter(bench, .pagesDamaged) == 0)
        #expect(try isWhole(bench))
    }

    @Test("A page that stays damaged when it has been written again costs the copy its being in sync")
    func hopeless() throws {
        let bench = try synced()
        damage(bench, 0, record: 7)
        // A medium that forgets what is written there.
        var forgets = true
        let place = offset(bench, 0, record: 7) + 20
        for _ in 0 ..< 4000 where bench.engine.phase.name != .offline {
            bench.poll()
            if forgets { bench.driver.copy.bytes[place] = 0x99 }
        }
        #expect(bench.engine.phase.name == .offline && bench.engine.reason == .damaged)
        forgets = false
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .returnsFromZero) == 2)
        #expect(try isWhole(bench))
    }

    @Test("A page that cannot be read costs an outage, and twice in a row a whole new copy, which writes it")
    func unreadable() throws {
        let bench = try synced()
        let place = offset(bench, 0, record: 7) & ~4095
        var isBad = true
        bench.driver.fails = { command in
            switch command.operation {
            case .readOnce(_, let count, let offset) where isBad && (offset ..< offset + count).contains(place):
                return CopyFailure(.inputOutput, errno: 5)
            case .write(_, let count, let offset) where (offset ..< offset + count).contains(place):
                isBad = false
                return nil
            default: return nil
            }
        }
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 500))
        #expect(bench.engine.reason == .inputOutput)
        #expect(bench.sync())
        #expect(counter(bench, .returnsByCut) == 1)
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 500))
        #expect(bench.sync() && bench.settle())
        #expect(counter(bench, .returnsFromZero) == 2)
        for _ in 0 ..< 200 { bench.poll() }
        #expect(counter(bench, .outages) == 2 && bench.engine.phase == .inSync)
    }

    @Test("A read that finds the file cut short is told as that, not as a failing device")
    func cutShort() throws {
        let bench = try synced { $0.deadlines.watchInterval = 1 << 60 }
        bench.driver.copy.bytes.removeLast(bench.driver.copy.bytes.count - offset(bench, 0, record: 0) - 4096)
        bench.driver.fails = { command in
            if case .watch = command.operation { return CopyFailure(.identityChanged) }
            return nil
        }
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 500))
        #expect(bench.engine.reason == .identityChanged)
    }

    @Test("A pass takes as long as its rate says, costs nothing else, and none is begun where the rate is zero")
    func paced() throws {
        let bench = try synced { $0.scrubBytesPerSecond = 1 << 20 }
        for _ in 0 ..< 100 { bench.poll(after: 10_000_000) }
        let (pages, start) = (counter(bench, .pagesScrubbed), bench.now)
        var works = 0
        for _ in 0 ..< 400 {
            bench.poll(after: 10_000_000)
            if bench.engine.didWork { works += 1 }
        }
        let bytes = Double(counter(bench, .pagesScrubbed) - pages) * 4096
        let rate = bytes / (Double(bench.now - start) / 1e9)
        #expect((0.8 ... 1.05).contains(rate / Double(1 << 20)), "\(rate)")
        // Two looks a second at the file, each asked for and answered.
        #expect(works <= 20, "\(works)")
        let quiet = try synced { $0.scrubBytesPerSecond = 0 }
        for _ in 0 ..< 2000 { quiet.poll() }
        #expect(counter(quiet, .pagesScrubbed) == 0)
    }

    @Test("Damage all over the copy is written again, and the copy is in sync when none is known any more")
    func everything() throws {
        let bench = EngineHarness(
            TestSource(
                tables: [TableDefinition(name: "calls", payloadBytes: 240, capacity: 4800, sharing: .partitioned)]),
            Self.options)
        #expect(bench.sync() && bench.settle())
        let table = bench.source.layout.tables[0]
        for page in 0 ..< table.pageCount { bench.driver.copy.bytes[table.offset + page * table.pageBytes + 16] ^= 1 }
        _ = bench.engine.takeEvents()
        #expect(bench.poll(until: { counter(bench, .pagesDamaged) == UInt64(table.pageCount) }, limit: 5000))
        #expect(bench.sync() && bench.settle())
        #expect(try isWhole(bench))
        let events = bench.engine.takeEvents()
        #expect(events.count <= 8 && events.last?.reason == .healed, "\(events.count)")
    }
}

extension CopyCommand {
    fileprivate var isImage: Bool { if case .image = token { true } else { false } }
}
