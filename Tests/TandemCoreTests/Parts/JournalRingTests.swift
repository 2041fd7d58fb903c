@testable import TandemCore
import Testing

@Suite("CutBody and JournalRing: one cut as one journal record")
struct JournalRingTests {
    /// Changes of 272 bytes that the first chunk of 256 KiB takes behind its header, and each later one.
    private static let firstChunk = 963, laterChunk = 963

    @Test(
        "A cut is read back as it was encoded: its number, its changes in order, their seals",
        arguments: [0, 1, 3, 963])
    func roundTrip(count: Int) throws {
        var bench = JournalHarness()
        bench.open()
        for index in 0 ..< count { bench.append(index) }
        #expect(bench.finish(cut: 5, previous: 4, wall: 77) == true)
        bench.perform()
        let cut = try #require(try bench.read(after: 4).first)
        #expect(cut.number == 5 && cut.wall == 77 && cut.isSound)
        #expect(cut.indices == Array(0 ..< count))
        #expect(bench.body.count == count && bench.body.isIdle)
        #expect(bench.ring.end.position == UInt64((128 + count * 272 + 4095) / 4096 * 4096))
    }

    @Test("A cut larger than a chunk goes out in several writes, the one with its header last")
    func chunks() throws {
        var bench = JournalHarness()
        bench.open()
        for index in 0 ..< 2000 { bench.append(index) }
        #expect(bench.finish(cut: 5, previous: 4) == true)
        #expect(bench.writes.map(\.offset) == [256 << 10, 512 << 10, 0].map { $0 + bench.layout.journalOffset })
        bench.perform()
        let cut = try #require(try bench.read(after: 4).first)
        #expect(cut.isSound && cut.indices == Array(0 ..< 2000), "the padding at a chunk's end is no change")
    }

    @Test("Until its last write is there, a cut does not exist")
    func torn() throws {
        var bench = JournalHarness()
        bench.open()
        for index in 0 ..< 2000 { bench.append(index) }
        #expect(bench.finish(cut: 5, previous: 4) == true)
        bench.perform(upTo: 2)
        #expect(try bench.read(after: 4).isEmpty)
        #expect(!bench.body.isIdle)
        bench.perform()
        #expect(try bench.read(after: 4).count == 1)
    }

    @Test("Cuts follow each other round the ring, and one that meets its end is written in two parts")
    func wrap() throws {
        var bench = JournalHarness(journalBytes: 64 << 10)
        for cut in 1 ... 20 as ClosedRange<UInt64> {
            let start = bench.ring.end.position
            bench.open()
            for index in 0 ..< 100 { bench.append(index) }
            #expect(bench.finish(cut: cut, previous: cut - 1) == true)
            // 28 KiB each: the third begins 8 KiB before the end of the ring.
            #expect(bench.writes.count == (start % 65536 + 28672 > 65536 ? 2 : 1))
            bench.perform()
            #expect(try bench.read(after: cut - 1, at: start).map(\.number) == [cut])
            bench.ring.moveStart(to: bench.ring.end)
        }
    }

    @Test("A cut that the ring's free part does not hold is refused, and nothing of it counts")
    func noRoom() throws {
        var bench = JournalHarness(journalBytes: 64 << 10)
        bench.open()
        for index in 0 ..< 100 { bench.append(index) }
        #expect(bench.finish(cut: 1, previous: 0) == true)
        bench.perform()
        #expect(bench.ring.used == 28672)
        let head = bench.ring.end.position
        bench.open()
        for index in 0 ..< 140 { bench.append(index) }
        #expect(bench.finish(cut: 2, previous: 1) == false)
        #expect(bench.ring.end.position == head)
        #expect(bench.writes.count == 0)
        bench.body.cancel()
        bench.open()
        for index in 0 ..< 134 { bench.append(index) }
        #expect(bench.finish(cut: 2, previous: 1) == true, "36 KiB are free, to the byte")
        bench.perform()
        #expect(try bench.read(after: 0).map(\.number) == [1, 2])
    }

    @Test("A chunk that the ring would not hold is not begun")
    func noRoomForAChunk() {
        var bench = JournalHarness(journalBytes: 400 << 10)
        bench.open()
        for index in 0 ..< Self.firstChunk { bench.append(index) }
        guard case .noRoom = bench.reserve() else {
            Issue.record("a second chunk in a ring of 400 KiB")
            return
        }
    }

    @Test("With all staging memory on its way a change waits, and goes on when a write has completed")
    func waiting() throws {
        var bench = JournalHarness(chunks: 3)
        bench.open()
        for index in 0 ..< Self.firstChunk + 2 * Self.laterChunk { bench.append(index) }
        guard case .waiting = bench.reserve() else {
            Issue.record("a fourth chunk where there are three")
            return
        }
        #expect(
            bench.writes.map(\.offset) == [bench.layout.journalOffset + 256 << 10], "the header's chunk is held back")
        bench.perform()
        for index in 0 ..< 10 { bench.append(5000 + index) }
        #expect(bench.finish(cut: 1, previous: 0) == true)
        bench.perform()
        let cut = try #require(try bench.read(after: 0).first)
        #expect(cut.isSound && cut.indices.count == 3 * 963 + 10 && cut.indices.last == 5009)
    }

    @Test("A cancelled cut leaves the journal's end where it was, for the next one")
    func cancel() throws {
        var bench = JournalHarness(chunks: 3)
        bench.open()
        for index in 0 ..< Self.firstChunk + 2 * Self.laterChunk { bench.append(index) }
        guard case .waiting = bench.reserve() else { return }
        #expect(bench.writes.count == 1)
        bench.body.cancel()
        #expect(!bench.body.isIdle, "a write of it is still under way")
        bench.perform()
        #expect(bench.body.isIdle && bench.ring.end.position == 0 && bench.ring.isEmpty)
        bench.open()
        bench.append(7)
        #expect(bench.finish(cut: 2, previous: 0) == true)
        bench.perform()
        #expect(try bench.read(after: 0).map(\.indices) == [[7]])
    }

    @Test("A journal goes on where it is told that it ends")
    func restart() throws {
        var bench = JournalHarness()
        bench.ring.restart(from: JournalEnd(position: 4096, cut: 7), to: JournalEnd(position: 8192, cut: 8))
        #expect(bench.ring.used == 4096 && !bench.ring.isEmpty)
        bench.open()
        bench.append(1)
        #expect(bench.finish(cut: 9, previous: 8) == true)
        bench.perform()
        #expect(try bench.read(after: 8, at: 8192).map(\.number) == [9])
    }

    @Test("What is sealed and given up is not written, and its memory is free for the next cut")
    func givenUp() {
        var bench = JournalHarness(chunks: 3)
        bench.open()
        for index in 0 ..< Self.firstChunk + 2 * Self.laterChunk { bench.append(index) }
        guard case .waiting = bench.reserve() else { return }
        bench.body.cancel()
        #expect(bench.body.isIdle && bench.writes.count == 0)
    }

    @Test("The body knows the pages whose changes it was given, each once, until they have been told of")
    func pages() {
        var bench = JournalHarness()
        bench.open()
        for index in [0, 1, 2, 40, 41, 3] { bench.append(index) }
        #expect(bench.body.pages == [0, 2, 0], "15 records a page; in order, as they came")
        bench.body.forgetPages()
        bench.append(42)
        #expect(bench.body.pages == [2])
    }
}
