import CTandemLayout
import TandemCore
import Testing

@Suite("Bytes shared between processes")
struct OffsetsTests {
    @Test("The write path's literal offsets are where the C compiler laid the fields")
    func offsets() {
        #expect(MemoryLayout<tandem_control>.offset(of: \.epoch) == ControlOffset.epoch)
        #expect(MemoryLayout<tandem_control>.offset(of: \.captured) == ControlOffset.captured)
        #expect(MemoryLayout<tandem_control>.offset(of: \.attention) == ControlOffset.attention)
        #expect(MemoryLayout<tandem_control>.offset(of: \.fenced) == ControlOffset.fenced)
        #expect(MemoryLayout<tandem_control>.offset(of: \.ready) == ControlOffset.ready)
        #expect(MemoryLayout<tandem_control>.offset(of: \.abandoned) == ControlOffset.abandoned)
        #expect(MemoryLayout<tandem_control>.offset(of: \.committed) == ControlOffset.committed)
        #expect(MemoryLayout<tandem_control>.offset(of: \.shipping) == ControlOffset.shipping)
        #expect(MemoryLayout<tandem_control>.offset(of: \.waiters) == ControlOffset.waiters)
        #expect(MemoryLayout<tandem_writer>.offset(of: \.status) == WriterOffset.status)
        #expect(MemoryLayout<tandem_writer>.offset(of: \.commit_epoch) == WriterOffset.commitEpoch)
        #expect(MemoryLayout<tandem_writer>.offset(of: \.undo_position) == WriterOffset.undoPosition)
        #expect(MemoryLayout<tandem_writer>.offset(of: \.aborts) == WriterOffset.aborts)
        #expect(MemoryLayout<tandem_writer>.offset(of: \.recovered) == WriterOffset.recovered)
        #expect(MemoryLayout<tandem_writer>.stride == WriterOffset.stride)
        #expect(MemoryLayout<tandem_undo>.offset(of: \.commit_epoch) == UndoOffset.commitEpoch)
        #expect(MemoryLayout<tandem_undo>.offset(of: \.table) == UndoOffset.tableAndBytes)
        #expect(MemoryLayout<tandem_undo>.offset(of: \.payload_offset) == UndoOffset.payloadOffset)
        #expect(MemoryLayout<tandem_undo>.stride == UndoOffset.stride)
        #expect(
            MemoryLayout<tandem_replicator>.offset(of: \.flush_lost) == ReplicatorBlock.Field.flushLost.rawValue * 8)
        #expect(MemoryLayout<tandem_replicator>.offset(of: \.copying) == ReplicatorBlock.Field.copying.rawValue * 8)
        #expect(MemoryLayout<tandem_replicator>.offset(of: \.counters) == ReplicatorBlock.countersOffset)
        #expect(MemoryLayout<tandem_replicator>.offset(of: \.copy_path) == ReplicatorBlock.pathOffset)
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
