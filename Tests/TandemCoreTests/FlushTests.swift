import TandemCore
import Testing

/// A flush that fails may have lost whatever was written since the last good one, and the next one succeeds all the
/// same.
@Suite("A failed flush is not believed the second time")
struct FlushTests {
    private func durable() -> EngineHarness {
        var options = EngineOptions()
        options.durable = true
        return EngineHarness(TestSource.small(), options)
    }

    @Test(
        "P5: a copy whose flush failed in a probe is copied anew, as its last cut may be in the page cache alone"
    )
    func whenProbed() throws {
        let bench = durable()
        var writer = bench.source.writer(0)
        #expect(bench.sync() && bench.settle())
        // Written, and not known to be flushed: the copy is at 'shipping'.
        bench.driver.holds = { if case .flush = $0.operation { true } else { false } }
        try writer.commitFill(bench.source.view(0), 1, 1)
        #expect(bench.poll(until: { !bench.driver.held.isEmpty }, limit: 1000))
        bench.driver.kill(landing: false)
        bench.driver.holds = { _ in false }
        bench.engine = bench.source.engine(bench.engine.testOptions)
        var isFirst = true
        bench.driver.fails = { command in
            guard case .probe = command.operation, isFirst else { return nil }
            isFirst = false
            return CopyFailure(.flushFailed, errno: 5)
        }
        #expect(bench.poll(until: { bench.engine.reason == .flushFailed }, limit: 10))
        #expect(bench.source.area.committed.load() < writer.lastCommitEpoch)
        #expect(bench.sync() && bench.settle())
        let counters = bench.source.area.replicator
        #expect(counters[.returnsByCut as Counter].load() == 0)
        #expect(counters[.returnsFromZero as Counter].load() == 2)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }

    @Test(
        "P5: a blank file whose first flush failed is laid out again, as its header may be in the page cache alone"
    )
    func whenFormatted() throws {
        let bench = durable()
        bench.driver.copy.bytes = [UInt8](repeating: 0, count: bench.source.layout.copyBytes)
        var formats = 0
        bench.driver.fails = { [driver = bench.driver, layout = bench.source.layout] command in
            guard case .format(let slot, beside: false) = command.operation else { return nil }
            formats += 1
            guard formats == 1 else { return nil }
            let header = CopyFormatter.header(layout: layout, slot: slot, checksum: testChecksum)
            driver.copy.bytes.replaceSubrange(..<header.count, with: header)
            return CopyFailure(.flushFailed, errno: 5)
        }
        #expect(bench.sync())
        #expect(formats == 2)
        #expect(try #require(try bench.recovered()).differences(from: bench.source) == [])
    }
}
