@testable import TandemCore
import Testing

@Suite("UndoPool: segments that all writers draw on")
struct UndoPoolTests {
    /// Four homes and four segments besides.
    private let source = TestSource(undoBytes: 8 << 12, undoSegmentBytes: 1 << 12)
    private var pool: UndoPool { source.memory.pool }

    /// Claims segments for a writer and links them behind its home, as transaction `number` does.
    private func give(_ writer: Int, _ count: Int, number: UInt64) {
        var last = writer
        for _ in 0 ..< count {
            guard let next = pool.claim(for: writer, transaction: number, from: 0) else { return }
            let word = SegmentWord(word: pool.word(last).load()).leading(to: next)
            pool.word(last).store((last == writer ? word.stamped(number) : word).word)
            last = next
        }
    }

    @Test("A segment is claimed once, from the hint on and round, and there are as many as there are")
    func claims() {
        #expect([6, 6, 6, 6, 6].map { pool.claim(for: 1, transaction: 9, from: $0) } == [6, 7, 4, 5, nil])
        #expect((4 ..< 8).allSatisfy { pool.isClaimed($0, by: 1) } && pool.freeCount == 0)
    }

    @Test("A hint that is no shared segment is none", arguments: [-1, 0, 3, 8, Int.max])
    func hint(_ hint: Int) { #expect(pool.claim(for: 0, transaction: 1, from: hint) == 4) }

    @Test("The first segment of a chain is freed, and the rest stays linked under the new stamp")
    func frees() throws {
        give(2, 3, number: 7)
        #expect(pool.chain(of: 2) == [4, 5, 6])
        let home = SegmentWord(word: pool.word(2).load())
        let rest = try #require(pool.free(behind: home, of: 2, stamp: 8))
        #expect(pool.chain(of: 2) == [5, 6] && rest.isStamped(8) && pool.word(4).load() == 0)
        #expect(pool.free(behind: home, of: 2, stamp: 9) == nil, "the home's word has moved")
        #expect(pool.chain(of: 2) == [5, 6] && pool.freeCount == 2)
    }

    @Test("A chain ends where it leads to what is not its writer's, or nowhere", arguments: [0, 3, 5, 8, 0xFF_FFFE])
    func broken(next: Int) {
        give(2, 1, number: 7)
        give(3, 1, number: 7)
        pool.word(4).store(SegmentWord(word: pool.word(4).load()).leading(to: next).word)
        #expect(pool.chain(of: 2) == [4])
    }

    @Test("A chain that leads round and round has an end")
    func round() {
        give(2, 2, number: 7)
        pool.word(5).store(SegmentWord(word: pool.word(5).load()).leading(to: 4).word)
        #expect(pool.chain(of: 2).count == pool.segmentCount)
    }

    /// What is known of a writer that has three segments since transaction 7, and whether they can be taken back.
    private struct Case: CustomTestStringConvertible {
        let what: String
        var status = WriterStatus(7, WriterStatus.idle)
        var stamp: UInt64 = 7
        var committed: UInt64 = 1
        var epoch: UInt64 = 2
        var captured: UInt64 = 0
        var abandoned: UInt64 = 0
        let isTaken: Bool
        var testDescription: String { what }
    }

    private static let cases = [
        Case(what: "idle, its last commit older than the capture's next", isTaken: true),
        Case(what: "idle, its last commit behind the cut", committed: 2, isTaken: false),
        Case(what: "the same, and no capture runs", committed: 2, captured: 1, isTaken: true),
        Case(what: "the same, and the capture is abandoned", committed: 2, abandoned: 1, isTaken: true),
        Case(what: "in a transaction", status: WriterStatus(7, WriterStatus.active), isTaken: false),
        Case(what: "about to begin one", stamp: 8, isTaken: false),
        Case(what: "just behind its end", status: WriterStatus(7, WriterStatus.committed), isTaken: false),
    ]

    @Test("Room is taken back from who has no transaction, where no capture can want it", arguments: cases)
    private func takeBack(_ what: Case) {
        give(2, 3, number: what.stamp)
        let slot = source.memory.writer(2)
        slot.statusWord = what.status.word
        slot.commitEpochWord = what.committed
        source.area.epoch.store(what.epoch)
        source.area.captured.store(what.captured)
        source.area.abandoned.store(what.abandoned)
        #expect(source.memory.takeBackRoom(for: 0, limit: 2) == what.isTaken)
        #expect(pool.chain(of: 2).count == (what.isTaken ? 1 : 3) && pool.freeCount == (what.isTaken ? 3 : 1))
        #expect(!source.memory.takeBackRoom(for: 2, limit: 2), "nobody takes from itself")
    }

    @Test("What a dead writer had claimed and not linked, or another had unlinked and not freed, becomes free")
    func settles() {
        give(2, 2, number: 7)
        _ = pool.claim(for: 2, transaction: 7, from: 7)
        _ = pool.claim(for: 3, transaction: 7, from: 6)
        source.memory.settleRoom(of: 2)
        #expect(pool.chain(of: 2) == [4, 5] && pool.word(7).load() == 0 && pool.isClaimed(6, by: 3))
    }

    @Test("A stamp of a transaction that was never begun is set back, so that the room can be taken")
    func settlesStamp() {
        give(2, 2, number: 8)
        source.memory.writer(2).statusWord = WriterStatus(7, WriterStatus.idle).word
        #expect(source.memory.isRoomUnsettled(of: 2) && !source.memory.takeBackRoom(for: 0, limit: 9))
        source.memory.settleRoom(of: 2)
        #expect(!source.memory.isRoomUnsettled(of: 2) && source.memory.takeBackRoom(for: 0, limit: 9))
        #expect(pool.freeCount == 4)
    }
}

@Suite("UndoPosition and SegmentWord: three numbers in a word")
struct UndoWordTests {
    @Test("Positions are what they were made of, up to the last", arguments: [(0, 0, 0), (255, 7, 0xFFF_FFFF)])
    func position(restarts: UInt64, kept: Int, count: Int) {
        let position = UndoPosition(restarts: restarts, kept: kept, count: count)
        #expect(position.restarts == restarts && position.kept == kept && position.count == count)
        #expect(UndoPosition(restarts: restarts &+ 1, kept: 0, count: 0).restarts == (restarts + 1) % 256)
    }

    @Test("What anybody may have written is no position beyond the log, nor kept beyond the count")
    func clamped() {
        let position = UndoPosition(word: .max).clamped(to: 100)
        #expect(position.kept == 100 && position.count == 100)
        #expect(UndoPosition(restarts: 0, kept: 60, count: 3).clamped(to: 100).kept == 3)
    }

    @Test("A segment's word keeps owner, link and stamp apart, up to the last of each")
    func segment() {
        let word = SegmentWord(writer: 4095, next: 0xFF_FFFE, transaction: 0xABC_DEF0)
        #expect(word.writer == 4095 && word.next == 0xFF_FFFE && word.isStamped(0xBC_DEF0))
        #expect(word.leading(to: nil).next == nil && word.leading(to: 0).next == 0)
        #expect(word.leading(to: 3).writer == 4095 && word.stamped(1).next == 0xFF_FFFE)
        #expect(SegmentWord(writer: nil, next: nil, transaction: 0).word == 0, "a new home is zeros")
    }
}
