import CTandemLayout
import Glibc
import TandemCore
import Testing

@Suite("Bytes shared between processes")
struct OffsetsTests {
    /// Each literal by its name, and where the C compiler laid the field.
    private static let control: [(name: String, literal: Int, field: Int?)] = [
        ("epoch", ControlOffset.epoch, MemoryLayout<tandem_control>.offset(of: \.epoch)),
        ("captured", ControlOffset.captured, MemoryLayout<tandem_control>.offset(of: \.captured)),
        ("attention", ControlOffset.attention, MemoryLayout<tandem_control>.offset(of: \.attention)),
        ("ready", ControlOffset.ready, MemoryLayout<tandem_control>.offset(of: \.ready)),
        ("slowdown", ControlOffset.slowdown, MemoryLayout<tandem_control>.offset(of: \.slowdown)),
        ("slowUntil", ControlOffset.slowUntil, MemoryLayout<tandem_control>.offset(of: \.slow_until)),
        ("abandoned", ControlOffset.abandoned, MemoryLayout<tandem_control>.offset(of: \.abandoned)),
        ("committed", ControlOffset.committed, MemoryLayout<tandem_control>.offset(of: \.committed)),
        ("shipping", ControlOffset.shipping, MemoryLayout<tandem_control>.offset(of: \.shipping)),
        ("told", ControlOffset.told, MemoryLayout<tandem_control>.offset(of: \.told)),
        ("waiters", ControlOffset.waiters, MemoryLayout<tandem_control>.offset(of: \.waiters)),
        ("wanted", ControlOffset.wanted, MemoryLayout<tandem_control>.offset(of: \.wanted)),
    ]

    private static let writer: [(name: String, literal: Int, field: Int?)] = [
        ("status", WriterOffset.status, MemoryLayout<tandem_writer>.offset(of: \.status)),
        ("commitEpoch", WriterOffset.commitEpoch, MemoryLayout<tandem_writer>.offset(of: \.commit_epoch)),
        ("undoPosition", WriterOffset.undoPosition, MemoryLayout<tandem_writer>.offset(of: \.undo_position)),
        ("keptSegment", WriterOffset.keptSegment, MemoryLayout<tandem_writer>.offset(of: \.kept_segment)),
        ("aborts", WriterOffset.aborts, MemoryLayout<tandem_writer>.offset(of: \.aborts)),
        ("conflicts", WriterOffset.conflicts, MemoryLayout<tandem_writer>.offset(of: \.conflicts)),
        ("abandoned", WriterOffset.abandoned, MemoryLayout<tandem_writer>.offset(of: \.abandoned)),
        ("process", WriterOffset.process, MemoryLayout<tandem_writer>.offset(of: \.process)),
        ("thread", WriterOffset.thread, MemoryLayout<tandem_writer>.offset(of: \.thread)),
        ("recovered", WriterOffset.recovered, MemoryLayout<tandem_writer>.offset(of: \.recovered)),
        ("runsOn", WriterOffset.runsOn, MemoryLayout<tandem_writer>.offset(of: \.runs_on)),
        ("slowed", WriterOffset.slowed, MemoryLayout<tandem_writer>.offset(of: \.slowed)),
        (
            "slowedNanoseconds", WriterOffset.slowedNanoseconds,
            MemoryLayout<tandem_writer>.offset(of: \.slowed_nanoseconds)
        ),
        ("stride", WriterOffset.stride, MemoryLayout<tandem_writer>.stride),
    ]

    private static let undo: [(name: String, literal: Int, field: Int?)] = [
        ("transaction", UndoOffset.transaction, MemoryLayout<tandem_undo>.offset(of: \.transaction)),
        ("commitEpoch", UndoOffset.commitEpoch, MemoryLayout<tandem_undo>.offset(of: \.commit_epoch)),
        ("epochWord", UndoOffset.epochWord, MemoryLayout<tandem_undo>.offset(of: \.epoch_word)),
        ("name", UndoOffset.name, MemoryLayout<tandem_undo>.offset(of: \.table)),
        ("payload", UndoOffset.payload, MemoryLayout<tandem_undo>.stride),
    ]

    private static let change: [(name: String, literal: Int, field: Int?)] = [
        ("table", ChangeOffset.table, MemoryLayout<tandem_change>.offset(of: \.table)),
        ("seal", ChangeOffset.seal, MemoryLayout<tandem_change>.offset(of: \.seal)),
        ("index", ChangeOffset.index, MemoryLayout<tandem_change>.offset(of: \.index)),
        ("epoch", ChangeOffset.epoch, MemoryLayout<tandem_change>.offset(of: \.epoch)),
        ("payload", ChangeOffset.payload, MemoryLayout<tandem_change>.size),
    ]

    private static var all: [(name: String, literal: Int, field: Int?)] { control + writer + undo + change }

    private typealias Block = MemoryLayout<tandem_replicator>

    private static let replicator: [(field: ReplicatorBlock.Field, offset: Int?)] = [
        (.process, Block.offset(of: \.process)), (.heartbeat, Block.offset(of: \.heartbeat)),
        (.state, Block.offset(of: \.state)), (.reason, Block.offset(of: \.reason)),
        (.detail, Block.offset(of: \.detail)), (.since, Block.offset(of: \.since)),
        (.cutOpened, Block.offset(of: \.cut_opened)), (.cutCommitted, Block.offset(of: \.cut_committed)),
        (.owedPages, Block.offset(of: \.owed_pages)), (.missedPages, Block.offset(of: \.missed_pages)),
        (.bulkPagesTotal, Block.offset(of: \.bulk_pages_total)),
        (.bulkPagesDone, Block.offset(of: \.bulk_pages_done)), (.journalUsed, Block.offset(of: \.journal_used)),
        (.syncStarted, Block.offset(of: \.sync_started)), (.rebuilding, Block.offset(of: \.rebuilding)),
        (.flushLost, Block.offset(of: \.flush_lost)), (.partWay, Block.offset(of: \.part_way)),
        (.copySequence, Block.offset(of: \.copy_sequence)), (.verdict, Block.offset(of: \.verdict)),
        (.syncIn, Block.offset(of: \.sync_in)), (.dirtying, Block.offset(of: \.dirtying)),
        (.copying, Block.offset(of: \.copying)), (.journalWanted, Block.offset(of: \.journal_wanted)),
        (.cutWall, Block.offset(of: \.cut_wall)), (.damagedPage, Block.offset(of: \.damaged_page)),
        (.scrubbed, Block.offset(of: \.scrubbed)), (.undoWanted, Block.offset(of: \.undo_wanted)),
        (.behindSince, Block.offset(of: \.behind_since)),
        (.changing, Block.offset(of: \.changing)), (.carrying, Block.offset(of: \.carrying)),
        (.session, Block.offset(of: \.session)), (.handedOver, Block.offset(of: \.handed_over)),
    ]

    @Test("The literal offsets of the write path and of the journal are where the C compiler laid the fields")
    func offsets() {
        for row in Self.all { #expect(row.literal == row.field, "\(row.name)") }
    }

    @Test("No literal of Offsets.swift is missing from that table")
    func complete() throws {
        let names = try Self.text(of: "Sources/TandemCore/Format/Offsets.swift").split(separator: "\n")
            .filter { $0.contains("static var ") }
            .map { String($0.split(separator: "static var ", maxSplits: 1)[1].prefix { $0 != ":" }) }
        #expect(names == Self.all.map(\.name))
    }

    @Test("The replicator's words are where the C compiler laid them, and none is missing")
    func replicator() {
        for row in Self.replicator { #expect(row.field.rawValue * 8 == row.offset, "\(row.field)") }
        #expect(Self.replicator.map(\.field) == ReplicatorBlock.Field.allCases)
        #expect(ReplicatorBlock.Field.allCases.count * 8 == Block.offset(of: \.counters))
        #expect(ReplicatorBlock.countersOffset == Block.offset(of: \.counters))
        #expect(ReplicatorBlock.pathOffset == Block.offset(of: \.copy_path))
        #expect(ReplicatorBlock.pathOffset + ReplicatorBlock.pathBytes == Block.offset(of: \.driver))
        #expect(ReplicatorBlock.driverBytes == Block.offset(of: \.copy)! - Block.offset(of: \.driver)!)
        #expect(ReplicatorBlock.copyOffset == Block.offset(of: \.copy))
        #expect(ReplicatorBlock.committedOffset == Block.offset(of: \.committed))
        #expect(ReplicatorBlock.placeOffset == Block.offset(of: \.place))
        #expect(ReplicatorBlock.shippingOffset == Block.offset(of: \.shipping))
        #expect(Counter.allCases.count <= 64)
    }

    private static func text(of file: String) throws -> String {
        let path = #filePath.replacing("Tests/TandemCoreTests/OffsetsTests.swift", with: file)
        let stream = try #require(fopen(path, "r"), "\(path)")
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, stream)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test(
        "A page is found by multiplication exactly as by division",
        arguments: [1, 8, 16, 100, 240, 600, 1350, 4080, 5000, 65_520])
    func reciprocal(payload: Int) {
        let table = TableLayout(
            number: 0,
            definition: TableDefinition(name: "t", payloadBytes: payload, capacity: 4_294_967_295, sharing: .shared),
            offset: 0, firstPage: 0)
        var random = SeededRandom(seed: UInt64(payload))
        for _ in 0 ..< 10_000 {
            let index = Int.random(in: 0 ..< table.capacity, using: &random)
            #expect(table.page(of: index) == index / table.recordsPerPage)
        }
        for page in [0, 1, 2, 1000, (table.capacity - 1) / table.recordsPerPage] {
            #expect(table.page(of: page * table.recordsPerPage) == page)
        }
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
