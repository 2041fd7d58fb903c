import TandemSystem
import TandemTypes
import TestSupport
import Testing

@testable import TandemCore
@testable import TandemStandby

@Suite("A standby, and a cut of which one session has sent a part")
struct HalfSentCutTests {
    private let scratch = Scratch(in: "/dev/shm")
    private let generation = Generation(high: 1, low: 2)
    private let layout: FileLayout

    init() throws {
        layout = try FileLayout(
            tables: [TableDefinition(name: "calls", payloadBytes: 240, capacity: 1000, sharing: .partitioned)],
            writerCount: 1, undoBytes: 128 << 10, journalBytes: 1 << 20)
    }

    /// The journal's first record: cut `number`, with a change of each of 99 records.
    private func record(_ number: UInt64) -> [UInt8] {
        let staging = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 3 * CutBody.usualChunkBytes, alignment: FileLayout.pageBytes)
        defer { staging.deallocate() }
        staging.initializeMemory(as: UInt8.self, repeating: 0)
        var body = CutBody(staging: staging, layout: layout, checksum: LinuxChecksum.crc32c)
        body.open()
        for index in 1 ..< 100 {
            guard case .room(let room) = body.reserve(for: layout.tables[0]) else { preconditionFailure("no room") }
            (room + ChangeOffset.payload).storeBytes(of: UInt64(index), as: UInt64.self)
            body.append(table: layout.tables[0], index: index, epoch: 3, page: index / 16, at: room)
        }
        var ring = JournalRing(layout: layout, generation: generation, checksum: LinuxChecksum.crc32c)
        var batch = CommandBatch()
        precondition(ring.append(&body, cut: number, wall: 0, into: &batch))
        return batch.commands.flatMap { command -> [UInt8] in
            guard case .write(let bytes, let count, _) = command.operation else { return [] }
            return Array(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    @Test("The next session's bytes do not make it whole: the cut that they are of is applied")
    func nextSession() throws {
        let standby = Standby(path: scratch.file("copy"), name: "copy")
        func open(_ session: UInt64) throws -> StandbyConnection {
            try standby.connect(
                "copy?session=\(session)&generation=\(generation)&bytes=\(layout.copyBytes)", peer: "test")
        }
        func write(_ connection: StandbyConnection, _ bytes: some Collection<UInt8>, at offset: Int) throws {
            try Array(bytes).withUnsafeBytes { try standby.write(connection, $0, at: offset) }
        }
        let first = try open(1)
        let slot = StateSlot(sequence: 4, generation: generation, role: .consistent)
        try write(first, CopyFormatter.header(layout: layout, slot: slot, checksum: LinuxChecksum.crc32c), at: 0)
        let (given, anew, place) = (record(1), record(5), layout.journalOffset)
        try #require(given[4096...] == anew[4096...] && given != anew)
        // All but the third page of cut 1; then the connection breaks.
        try write(first, given[..<8192], at: place)
        try write(first, given[12_288...], at: place + 12_288)
        let second = try open(2)
        try write(second, anew[4096...], at: place + 4096)
        #expect(standby.arrivals.end?.cut == 0)
        try write(second, anew[..<4096], at: place)
        #expect(standby.arrivals.end?.cut == 5)
    }
}
