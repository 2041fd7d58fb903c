@testable import TandemCore
import Testing

@Suite("JournalReclaim: when a journal's room is won back, and how")
struct JournalReclaimTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start = 100 * second
    private static let journalBytes = 4 << 20
    private let source = TestSource.small()
    private var ring: JournalRing
    private var reclaim = JournalReclaim(options: ReclaimOptions(), journalBytes: journalBytes)

    init() {
        ring = JournalRing(
            layout: try! FileLayout(
                tables: source.layout.definitions, writerCount: 1, undoBytes: 80 << 10,
                journalBytes: Self.journalBytes), generation: source.generation, checksum: testChecksum)
        reclaim.begin(ring, at: Self.start)
    }

    /// Cuts have come until the journal ends here.
    private mutating func grow(to position: Int) {
        ring.restart(from: ring.start, to: JournalEnd(position: UInt64(position), cut: 7))
    }

    @Test("A journal more than half full is swept at once")
    mutating func full() {
        grow(to: Self.journalBytes / 2)
        #expect(reclaim.isSweepDue(for: ring, at: Self.start) == false)
        grow(to: Self.journalBytes / 2 + 4096)
        #expect(reclaim.isSweepDue(for: ring, at: Self.start) == true)
    }

    @Test("Another is swept a second after the last, if it has grown by less than a sixteenth")
    mutating func trickle() {
        grow(to: 4096)
        #expect(reclaim.isSweepDue(for: ring, at: Self.start + Self.second) == false)
        #expect(reclaim.isSweepDue(for: ring, at: Self.start + Self.second + 1) == true)
        grow(to: 4096 + Self.journalBytes / 16)
        #expect(reclaim.isSweepDue(for: ring, at: Self.start + 3 * Self.second) == false, "there is much to do")
        #expect(reclaim.isSweepDue(for: ring, at: Self.start + 5 * Self.second) == true, "there is not any more")
    }

    @Test("A replay is weighed at each sixteenth, and due where three quarters of a page's image are more")
    mutating func replay() {
        for page in 0 ..< 100 { source.area.owed.insert(page) }
        grow(to: Self.journalBytes / 16 - 4096)
        #expect(reclaim.isReplayDue(for: ring, owed: source.area.owed) == false, "not weighed yet")
        grow(to: Self.journalBytes / 16)
        #expect(reclaim.isReplayDue(for: ring, owed: source.area.owed) == true, "256 KiB of it, 300 of images")
        #expect(reclaim.isReplayDue(for: ring, owed: source.area.owed) == false, "weighed already")
        grow(to: Self.journalBytes / 8)
        #expect(reclaim.isReplayDue(for: ring, owed: source.area.owed) == false, "512 KiB of it")
    }

    @Test("A replay goes on from where its last slice ended to where the journal ended when it began")
    mutating func slices() throws {
        grow(to: 16384)
        reclaim.beginReplay(of: ring)
        reclaim.noteReplaying()
        #expect(try #require(reclaim.replay).isUnderWay)
        grow(to: 32768)
        reclaim.noteReplayed(to: JournalEnd(position: 8192, cut: 3))
        let replay = try #require(reclaim.replay)
        #expect(!replay.isUnderWay && replay.reached.position == 8192 && replay.until.position == 16384)
        reclaim.noteStartMoved()
        #expect(reclaim.replay == nil)
    }

    @Test("With the copy everything ends that was begun for it")
    mutating func stop() {
        reclaim.noteShort()
        reclaim.beginSweep(of: ring)
        reclaim.beginReplay(of: ring)
        reclaim.stop()
        #expect(!reclaim.isShort && reclaim.replay == nil && reclaim.sweptTo == nil)
    }
}
