@testable import TandemCore

/// A cut's body in staging memory, a journal, and the copy that its writes go to.
struct JournalHarness {
    struct Cut {
        let number: UInt64
        let wall: UInt64
        let isSound: Bool
        let indices: [Int]
    }

    let layout: FileLayout
    let table: TableLayout
    let copy = MemoryCopy()
    var body: CutBody
    var ring: JournalRing
    private var batch = CommandBatch()
    /// Issued, and not performed yet.
    private var commands: [CopyCommand] = []
    private let generation = Generation(high: 7, low: 7)

    init(chunks: Int = 16, journalBytes: Int = 4 << 20) {
        layout = try! FileLayout(
            tables: [TableDefinition(name: "calls", payloadBytes: 240, capacity: 10_000, sharing: .partitioned)],
            writerCount: 1, undoBytes: 128 << 10, journalBytes: journalBytes)
        table = layout.tables[0]
        copy.bytes = [UInt8](repeating: 0, count: layout.copyBytes)
        let staging = UnsafeMutableRawBufferPointer.allocate(
            byteCount: chunks * CutBody.usualChunkBytes, alignment: 4096)
        staging.initializeMemory(as: UInt8.self, repeating: 0)
        body = CutBody(staging: staging, layout: layout, checksum: testChecksum)
        ring = JournalRing(layout: layout, generation: generation, checksum: testChecksum)
    }

    mutating func open() {
        body.open()
        body.bytesMax = ring.free
    }

    mutating func reserve() -> CutBody.Reservation { body.reserve(for: table) }

    /// Ends the record of cut `cut`, behind that of cut `previous`.
    mutating func finish(cut: UInt64, previous: UInt64, wall: UInt64 = 0) -> Bool {
        ring.restart(from: ring.start, to: JournalEnd(position: ring.end.position, cut: previous))
        return ring.append(&body, cut: cut, wall: wall, into: &batch)
    }

    /// A change of record `index`, whose payload begins with its number.
    mutating func append(_ index: Int) {
        guard case .room(let room) = reserve() else {
            preconditionFailure("no room for change \(body.count)")
        }
        (room + 24).initializeMemory(as: UInt8.self, repeating: 0xA5, count: 240)
        (room + 24).storeBytes(of: UInt64(index), as: UInt64.self)
        body.append(table: table, index: index, epoch: 3, page: table.page(of: index), at: room)
    }

    private mutating func take() {
        ring.write(&body, into: &batch)
        commands += batch.commands
        batch.removeAll()
    }

    /// What is to be written and has not been yet, in order.
    var writes: [(count: Int, offset: Int)] {
        mutating get {
            take()
            return commands.map { command in
                guard case .write(_, let count, let offset) = command.operation else { preconditionFailure() }
                return (count, offset)
            }
        }
    }

    /// Performs the first `count` writes, and completes them.
    mutating func perform(upTo count: Int = .max) {
        take()
        for command in commands.prefix(count) {
            guard case .write(let bytes, let count, let offset) = command.operation else { continue }
            try! copy.write(UnsafeRawBufferPointer(start: bytes, count: count), at: offset)
            body.complete(command.token.number)
        }
        commands.removeFirst(min(count, commands.count))
    }

    /// The cuts that a recovery finds from `position` on.
    func read(after cut: UInt64, at position: UInt64 = 0) throws -> [Cut] {
        var reader = JournalReader(
            copy, layout: layout,
            slot: StateSlot(
                sequence: 1, generation: generation, role: .consistent, journalTail: position, tailCut: cut),
            checksum: testChecksum)
        var cuts: [Cut] = []
        while let cut = try reader.next() {
            cuts.append(
                Cut(
                    number: cut.number, wall: cut.wallNanoseconds, isSound: cut.isSound(testChecksum),
                    indices: cut.changes.map(\.index)))
        }
        return cuts
    }
}
