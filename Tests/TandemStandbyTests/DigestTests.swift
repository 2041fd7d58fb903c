import Glibc
import TandemCore
import TandemStandby
import TandemSystem
import TandemTypes
import TestSupport
import Testing

@Suite("A standby's digests")
struct DigestTests {
    private let scratch: Scratch
    private let layout: FileLayout
    private let standby: Standby

    /// - Parameter parent: in memory digests are worked out where the pages lie, elsewhere of what is read.
    init(in parent: String = "/tmp") throws {
        scratch = Scratch(in: parent)
        layout = try FileLayout(
            tables: [
                TableDefinition(name: "calls", payloadBytes: 240, capacity: 10_000, sharing: .partitioned),
                TableDefinition(name: "large", payloadBytes: 9000, capacity: 10, sharing: .shared),
            ], writerCount: 2, journalBytes: 64 << 10)
        standby = Standby(path: scratch.file("copy"), name: "copy")
    }

    private func open(_ standby: Standby? = nil, session number: UInt64 = 7) throws -> StandbyConnection {
        let session = ExportName.Session(
            number: number, generation: Generation(high: 1, low: 1), byteCount: layout.copyBytes)
        return try (standby ?? self.standby).connect(ExportName(name: "copy", session: session).text, peer: "test")
    }

    private func read(_ connection: StandbyConnection, _ count: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        try bytes.withUnsafeMutableBytes { try standby.read(connection, into: $0, at: offset) }
        return bytes
    }

    private func write(_ bytes: [UInt8], at offset: Int, _ connection: StandbyConnection) throws {
        try bytes.withUnsafeBytes { try standby.write(connection, $0, at: offset) }
    }

    /// A copy as it is laid out, with a record of its own on each page.
    private func lay(_ connection: StandbyConnection) throws -> [UInt64] {
        let slot = StateSlot(sequence: 2, generation: Generation(high: 1, low: 1), role: .syncing)
        let header = CopyFormatter.header(layout: layout, slot: slot, checksum: LinuxChecksum.crc32c)
        try write(header, at: 0, connection)
        var digests = [UInt64](repeating: PageDigest.none, count: layout.pageCount)
        for table in layout.tables {
            for page in 0 ..< table.pageCount {
                var image = [UInt8](repeating: 0, count: table.pageBytes)
                digests[table.firstPage + page] = image.withUnsafeMutableBytes { raw in
                    raw.storeBytes(of: UInt64(page) + 3, toByteOffset: 8, as: UInt64.self)
                    for index in table.records(onPage: page) {
                        let slot = raw.baseAddress! + (index - page * table.recordsPerPage) * table.slotBytes
                        let seal = recordSeal(
                            table: table.number, index: index, epochAndPayload: slot + 8,
                            payloadBytes: table.payloadBytes, by: LinuxChecksum.crc32c)
                        slot.storeBytes(of: UInt64(seal) << 32, as: UInt64.self)
                    }
                    return PageDigest.of(table, page: page, at: raw.baseAddress!)
                }
                try write(image, at: table.offset + page * table.pageBytes, connection)
            }
        }
        return digests
    }

    private func words(_ bytes: [UInt8]) -> [UInt64] { bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) } }

    @Test(
        "They are those of the pages that lie there, by their place in the bitmaps; a page that has rotted has none",
        arguments: ["/tmp", "/dev/shm"])
    func digests(parent: String) throws { try DigestTests(in: parent).checkDigests() }

    private func checkDigests() throws {
        let connection = try open()
        var expected = try lay(connection)
        let start = ControlPage.digests(behind: layout.copyBytes).lowerBound
        #expect(words(try read(connection, expected.count * 8, at: start)) == expected)
        // A part of them, and one that begins and ends within a digest.
        #expect(words(try read(connection, 512, at: start + 512)) == Array(expected[64 ..< 128]))
        let odd = try read(connection, 13, at: start + 11)
        let all = try read(connection, 64, at: start)
        #expect(odd == Array(all[11 ..< 24]))
        // From the copy's last page on, over the control page.
        let over = try read(connection, 4096 + 64, at: start - 4096)
        #expect(Array(over[..<8]) == ControlPage.magic && Array(over[4096...]) == all)
        let table = layout.tables[1]
        try write([1], at: table.offset + 3 * table.pageBytes + 5000, connection)
        expected[table.firstPage + 3] = PageDigest.none
        #expect(words(try read(connection, expected.count * 8, at: start)) == expected)
    }

    @Test("What is no copy has no digests, who only looks gets none, and nobody asks for more than some at once")
    func refused() throws {
        let connection = try open()
        let digests = ControlPage.digests(behind: layout.copyBytes)
        #expect(throws: RequestFailure.self) { try read(connection, 512, at: digests.lowerBound) }
        _ = try lay(connection)
        #expect(throws: RequestFailure.self) { try read(connection, 128 << 10, at: digests.lowerBound) }
        #expect(throws: RequestFailure.self) { try read(connection, 512, at: digests.upperBound) }
        #expect(try read(connection, 512, at: digests.upperBound - 512).allSatisfy { $0 == 0 })
        let observer = try standby.connect("copy", peer: "test")
        #expect(observer.exportBytes == digests.lowerBound)
        #expect(throws: RequestFailure.self) { try read(observer, 512, at: digests.lowerBound) }
    }

    @Test("While a primary compares, nobody else looks around in the copy")
    func lookingAroundWaits() throws {
        let own = try DigestTests(in: "/dev/shm")
        let connection = try own.open()
        _ = try own.lay(connection)
        // Another server knows nothing of its pages, which are more than it looks at in one go.
        own.standby.end(connection)
        let next = Standby(path: own.scratch.file("copy"), name: "copy")
        let session = try own.open(next, session: 8)
        let digests = ControlPage.digests(behind: own.layout.copyBytes)
        var room = [UInt8](repeating: 0, count: 512)
        try room.withUnsafeMutableBytes { try next.read(session, into: $0, at: digests.lowerBound) }
        let now = MonotonicClock.now()
        #expect(!next.lookAround(at: now))
        #expect(next.lookAround(at: now + 1_000_000_000), "there is more to look at")
    }

    @Test("A copy in memory that is cut short under a look for its digests is an error, and nothing is written to it")
    func cutShort() throws {
        let own = try DigestTests(in: "/dev/shm")
        let connection = try own.open()
        _ = try own.lay(connection)
        let digests = ControlPage.digests(behind: own.layout.copyBytes)
        truncate(own.scratch.file("copy"), off_t(own.layout.tablesOffset + 8192))
        #expect {
            try own.read(connection, own.layout.pageCount * 8, at: digests.lowerBound)
        } throws: { ($0 as? RequestFailure)?.errno == EIO }
        // What lay there is memory of nobody's by now: what is written to it would be lost without a word.
        #expect {
            try own.write([UInt8](repeating: 1, count: 4096), at: own.layout.tablesEnd - 4096, connection)
        } throws: { ($0 as? RequestFailure)?.errno == EIO }
    }
}
