import CTandemLayout
import TandemCore
import Testing

/// Where a journal ends: at a write that was torn, which is normal, or at a record that has rotted, which is a loss.
@Suite("The end of a journal")
struct JournalRotTests {
    /// A copy whose journal holds the last `cuts` cuts after many laps of its ring, and where each begins.
    private func make(cuts: Int, laps: Int = 3) throws -> (EngineHarness, [JournalEnd]) {
        var options = EngineOptions()
        options.reclaim.trickleInterval = .max
        let bench = EngineHarness(TestSource(journalBytes: 1 << 20), options)
        var writer = bench.source.writer(0)
        #expect(bench.sync())
        for round in 0 ..< 500 * laps {
            for step in 0 ..< 10 {
                try writer.commitFill(bench.source.view(0), (round * 10 + step) % 2000, UInt64(round))
            }
            bench.poll()
        }
        #expect(bench.settle())
        var ends: [JournalEnd] = []
        for round in 0 ..< cuts {
            ends.append(try survey(bench).end)
            try writer.commitFill(bench.source.view(0), round, 1)
            #expect(bench.settle())
        }
        #expect(ends[0].position > UInt64(laps) << 20, "the ring was gone around")
        return (bench, ends)
    }

    private func survey(_ bench: EngineHarness) throws -> CopyRecovery.Replayed {
        try #require(try bench.surveyed())
    }

    /// Flips a bit `byte` bytes behind where a cut begins.
    private func rot(_ bench: EngineHarness, _ cut: JournalEnd, byte: Int) {
        let layout = bench.source.layout
        bench.driver.copy.bytes[layout.journalOffset + Int(cut.position % UInt64(layout.journalBytes)) + byte] ^= 1
    }

    @Test("A record that has rotted is told from a torn last write by what was whole behind it", arguments: [16, 140])
    func rotted(byte: Int) throws {
        let (bench, ends) = try make(cuts: 5)
        let last = try survey(bench)
        #expect(last.lostThrough == nil)
        rot(bench, ends[2], byte: byte)
        let found = try survey(bench)
        #expect(found.end == ends[2])
        #expect(found.lostThrough == last.end.cut)
        // The last one too, in its body: its header still proves the cut before it.
        rot(bench, ends[4], byte: 140)
        #expect(try survey(bench).lostThrough == ends[4].cut)
    }

    @Test("What was never written is not looked at, and a loss behind it is found all the same")
    func patchy() throws {
        let (bench, ends) = try make(cuts: 5)
        let last = try survey(bench)
        let layout = bench.source.layout
        rot(bench, ends[2], byte: 16)
        let hole = ends[3 ... 4].map { layout.journalOffset + Int($0.position % UInt64(layout.journalBytes)) }
        for byte in hole[0] ..< hole[1] { bench.driver.copy.bytes[byte] = 0 }
        let patchy = PatchyCopy(bench.driver.copy)
        let slot = try #require(bench.driver.newestSlot())
        let found = try CopyRecovery.survey(patchy, layout: layout, slot: slot, checksum: testChecksum)
        #expect(found.end == ends[2] && found.lostThrough == last.end.cut)
        #expect(!patchy.looked.contains { hole[0] ..< hole[1] ~= $0 }, "the hole")
        #expect(patchy.looked.contains(hole[1]), "and what is behind it")
    }

    @Test("A journal that grows while it is looked at is not damaged")
    func growing() throws {
        let (bench, ends) = try make(cuts: 5)
        let layout = bench.source.layout
        let growing = GrowingCopy(
            bench.driver.copy, late: layout.journalOffset + Int(ends[2].position % UInt64(layout.journalBytes)))
        let slot = try #require(bench.driver.newestSlot())
        let found = try CopyRecovery.survey(growing, layout: layout, slot: slot, checksum: testChecksum)
        #expect(found.end == ends[2])
        #expect(found.lostThrough == nil)
    }

    @Test(
        "A change with another seal than its own ends the journal, wherever it stands, though the cut's checksums fit"
    )
    func forgedSeal() throws {
        let (bench, _) = try make(cuts: 1, laps: 1)
        let layout = bench.source.layout
        let before = try survey(bench)
        // More of one table than are looked at together, and then some of another.
        var writer = bench.source.writer(0)
        for index in 0 ..< 40 { try writer.commitFill(bench.source.view(0), index, 7) }
        for index in 0 ..< 3 { try writer.commitFill(bench.source.view(1), index, 7) }
        #expect(bench.settle())
        let whole = try survey(bench)
        #expect(whole.cuts == before.cuts + 1 && whole.changes == before.changes + 43)

        let start = layout.journalOffset + Int(before.end.position % UInt64(layout.journalBytes))
        let bytes = bench.driver.copy.bytes
        for number in 0 ..< 43 {
            bench.driver.copy.bytes = bytes
            bench.driver.copy.bytes.withUnsafeMutableBytes {
                forgeSeal(ofChange: number, $0.baseAddress! + start, layout)
            }
            #expect(try survey(bench).end == before.end, "change \(number)")
        }
    }

    private func forgeSeal(ofChange number: Int, _ record: UnsafeMutableRawPointer, _ layout: FileLayout) {
        let headerBytes = MemoryLayout<tandem_cut>.size
        var change = record + headerBytes
        for _ in 0 ..< number {
            let table = layout.tables[Int(change.loadUnaligned(as: UInt32.self))]
            change += (MemoryLayout<tandem_change>.size + table.payloadBytes + 15) & ~15
        }
        change.storeBytes(
            of: change.loadUnaligned(fromByteOffset: 4, as: UInt32.self) ^ 1, toByteOffset: 4, as: UInt32.self)
        var header = record.loadUnaligned(as: tandem_cut.self)
        header.body_checksum = testChecksum(UnsafeRawPointer(record + headerBytes), Int(header.used))
        header.checksum = 0
        header.checksum = withUnsafeBytes(of: header) { testChecksum($0) }
        record.storeBytes(of: header, as: tandem_cut.self)
    }

    @Test("A torn last write is nobody's loss, whatever earlier laps have left behind it", arguments: [16, 140])
    func torn(byte: Int) throws {
        let (bench, ends) = try make(cuts: 5)
        rot(bench, ends[4], byte: byte)
        let found = try survey(bench)
        #expect(found.end == ends[4])
        #expect(found.lostThrough == nil)
    }
}

/// A copy whose file system knows which pages were ever written: those that have anything but zeros.
private final class PatchyCopy: CopyBytes {
    private let copy: MemoryCopy
    private(set) var looked: [Int] = []
    var count: Int { copy.count }

    init(_ copy: MemoryCopy) { self.copy = copy }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        looked.append(offset)
        try copy.read(into: destination, at: offset)
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) { throw CopyFailure(.refused) }

    func written(in range: Range<Int>) -> Range<Int>? {
        func isWritten(_ page: Int) -> Bool { copy.bytes[page ..< page + 4096].contains { $0 != 0 } }
        guard let first = stride(from: range.lowerBound, to: range.upperBound, by: 4096).first(where: isWritten) else {
            return nil
        }
        let end = stride(from: first, to: range.upperBound, by: 4096).first { !isWritten($0) }
        return first ..< (end ?? range.upperBound)
    }
}

/// A copy that is being written: what stands at `late` arrives after it was looked at first.
private final class GrowingCopy: CopyBytes {
    private let copy: MemoryCopy
    private let late: Int
    private var wasSeen = false
    var count: Int { copy.count }

    init(_ copy: MemoryCopy, late: Int) {
        self.copy = copy
        self.late = late
    }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try copy.read(into: destination, at: offset)
        guard offset == late, !wasSeen else { return }
        wasSeen = true
        destination.initializeMemory(as: UInt8.self, repeating: 0)
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) { throw CopyFailure(.refused) }
}
