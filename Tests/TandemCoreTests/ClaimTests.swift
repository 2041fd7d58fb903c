import TandemCore
import Testing

/// Each claim of the patent, shown on the parts that implement it.
@Suite("Claims")
struct ClaimTests {
    /// A bulk copy of one page a window, so that a test can stand in its middle.
    private func slowBench(_ source: TestSource = TestSource()) -> EngineHarness {
        var options = EngineOptions()
        options.imagePagesInBulk = 1
        options.bulkCutInterval = 1000
        return EngineHarness(source, options)
    }

    private func descriptor(_ bench: EngineHarness, _ table: Int = 0) -> Int {
        bench.source.area.descriptor(table).recordsCopied
    }

    @Test("Claims 2, 10, 18: changes to copied records travel while the bulk copy is still running")
    func concurrent() throws {
        let bench = slowBench()
        var writer = bench.source.writer(0)
        #expect(bench.poll(until: { descriptor(bench) >= 400 }))
        try writer.commitFill(bench.source.view(0), 3, 77)
        let shipped = bench.source.area.replicator[.recordsShipped as Counter].load()
        #expect(bench.poll(until: { bench.source.area.replicator[.recordsShipped as Counter].load() > shipped }))
        #expect(bench.engine.phase == .bulkCopying)
        #expect(descriptor(bench) < 2000)
    }

    @Test("Claims 3, 11, 19: every table has its own descriptor, zero before and its record count after a bulk copy")
    func descriptors() {
        let bench = slowBench()
        #expect(descriptor(bench, 0) == 0 && descriptor(bench, 1) == 0)
        #expect(bench.poll(until: { descriptor(bench, 0) > 0 }))
        #expect(descriptor(bench, 1) == 0)
        #expect(bench.sync())
        #expect(descriptor(bench, 0) == 2000 && descriptor(bench, 1) == 40)
    }

    @Test("Claims 4, 12, 20: pages go out in order, and the descriptor never passes one that has not arrived")
    func lowest() {
        let bench = EngineHarness()
        var offsets: [Int] = []
        bench.driver.holds = { command in
            if case .write(_, _, let offset) = command.operation, offset >= bench.source.layout.tablesOffset,
                offset < bench.source.layout.tablesEnd
            {
                offsets.append(offset)
                return true
            }
            return false
        }
        for _ in 0 ..< 50 { bench.poll() }
        #expect(offsets == offsets.sorted() && offsets.count > 1)
        #expect(descriptor(bench) == 0)
        // All but the first arrive, last one first: nothing has been copied up to anywhere.
        let first = bench.driver.held.removeFirst()
        bench.driver.release { $0.reversed() }
        for _ in 0 ..< 50 { bench.poll() }
        #expect(descriptor(bench) == 0)
        #expect(bench.engine.phase == .bulkCopying)
        bench.driver.holds = { _ in false }
        bench.driver.held = [first]
        bench.driver.release()
        #expect(bench.sync())
        #expect(descriptor(bench) == 2000)
    }

    @Test("Claims 5, 13, 21: a change above the descriptor stays dirty until the bulk copy has passed it")
    func aboveStaysDirty() throws {
        let bench = slowBench()
        var writer = bench.source.writer(0)
        #expect(bench.poll(until: { descriptor(bench) >= 160 }))
        let page = bench.source.layout.tables[0].page(of: 1990)
        try writer.commitFill(bench.source.view(0), 1990, 5)
        let shipped = bench.source.area.replicator[.recordsShipped as Counter].load()
        for _ in 0 ..< 20 { bench.poll() }
        #expect(descriptor(bench) < 1900)
        #expect(bench.source.memory.dirty.isMarked(page))
        #expect(bench.source.area.replicator[.recordsShipped as Counter].load() == shipped)
        #expect(bench.sync() && bench.settle())
        #expect(!bench.source.memory.dirty.isMarked(page))
    }

    @Test("Claims 6, 14, 22: the write operation itself names the record, and marks the pages of all that it changes")
    func writesMark() throws {
        let source = TestSource()
        let dirty = source.memory.dirty
        func page(_ index: Int) -> Int { source.layout.tables[0].page(of: index) }
        func isNamed(_ index: Int) -> Bool {
            dirty.changes.names(
                page(index), slotOffset: source.layout.tables[0].slotOffset(of: index, page: page(index)))
        }
        var writer = source.writer(0)
        try writer.begin()
        _ = try writer.hold(source.view(0), 500)
        #expect(isNamed(500) && !dirty.isMarked(page(500)), "named before a byte is changed")
        for index in [700, 701] { _ = try writer.hold(source.view(0), index) }
        try writer.commit()
        #expect([500, 700, 701].allSatisfy { isNamed($0) && dirty.isMarked(page($0)) })
        #expect(!dirty.isMarked(page(900)) && !isNamed(900))
    }

    @Test(
        "Claims 7, 15, 23: a copy that goes off line is noticed, by a failed write or by a look at its identity",
        arguments: [false, true])
    func lossIsNoticed(byIdentity: Bool) throws {
        // No sweep, whose own writes and looks would notice, too.
        var options = EngineOptions()
        options.reclaim.trickleInterval = .max
        let bench = EngineHarness(TestSource(), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        if byIdentity {
            // Nothing is written: only a look can tell.
            bench.driver.isPresent = false
        } else {
            // Every look is content: only the write can tell.
            bench.driver.fails = { $0.isWrite ? CopyFailure(.inputOutput, errno: 5) : nil }
            try writer.commitFill(bench.source.view(0), 1, 1)
        }
        #expect(bench.poll(until: { bench.engine.phase.name == .offline }, limit: 4000))
        #expect(bench.engine.reason == (byIdentity ? .notFound : .inputOutput))
    }

    @Test(
        "Claims 8, 16, 24: a copy that returns without a provable state gets descriptors of zero, and is copied anew"
    )
    func returnFromZero() throws {
        let bench = slowBench()
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        #expect(bench.lose())
        try writer.commitFill(bench.source.view(0), 1, 1)
        bench.driver.copy = MemoryCopy()  // it comes back blank
        bench.driver.isPresent = true
        #expect(bench.poll(until: { bench.engine.phase == .bulkCopying }, limit: 40_000))
        #expect(descriptor(bench) == 0)
        #expect(bench.sync() && bench.settle())
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}
