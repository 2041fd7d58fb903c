import TandemCore
import Testing

@Suite("StateSlotWriter: flushed before, flushed after")
struct StateSlotWriterTests {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
    private let slot = StateSlot(
        sequence: 7, generation: Generation(high: 1, low: 2), role: .consistent, journalTail: 4096, tailCut: 3, cut: 5)
    private var batch = CommandBatch()
    private var writer: StateSlotWriter

    init() { writer = StateSlotWriter(buffer: buffer, checksum: testChecksum) }

    /// The one command that was added, in words.
    private mutating func step() throws -> String {
        defer { batch.removeAll() }
        try #require(batch.commands.count == 1)
        switch batch.commands[0].operation {
        case .flush: return "flush"
        case .write(let bytes, let count, let offset):
            #expect(count == 4096 && offset == slot.offset)
            #expect(StateSlot.decode(bytes, checksum: testChecksum) == slot)
            return "write"
        default: return "\(batch.commands[0].operation)"
        }
    }

    @Test("The file is looked at, what went before is flushed, the slot is written, and that is flushed")
    mutating func order() throws {
        defer { buffer.deallocate() }
        var steps: [String] = []
        writer.write(slot)
        // Nothing, before the engine's look at the file has ended.
        #expect(batch.isEmpty && !writer.isIdle)
        #expect(writer.advance(into: &batch) == nil)
        for _ in 0 ..< 2 {
            steps.append(try step())
            #expect(!writer.isIdle)
            #expect(writer.advance(into: &batch) == nil, "it is not durable yet")
        }
        steps.append(try step())
        #expect(steps == ["flush", "write", "flush"])
        #expect(writer.advance(into: &batch) == slot)
        #expect(writer.isIdle && batch.isEmpty)
    }

    @Test("Cancelled at any step it writes nothing more, and can write the next slot", arguments: 0 ... 3)
    mutating func cancel(after steps: Int) throws {
        defer { buffer.deallocate() }
        writer.write(slot)
        for _ in 0 ..< steps { _ = writer.advance(into: &batch) }
        writer.cancel()
        batch.removeAll()
        #expect(writer.isIdle)
        #expect(writer.advance(into: &batch) == nil)
        #expect(batch.isEmpty)
        writer.write(slot)
        _ = writer.advance(into: &batch)
        #expect(try step() == "flush")
    }

    @Test("Behind the slot its page is zeros, whatever was in the buffer")
    mutating func padding() throws {
        defer { buffer.deallocate() }
        buffer.initializeMemory(as: UInt8.self, repeating: 0xFF)
        writer.write(slot)
        for _ in 0 ..< 2 { _ = writer.advance(into: &batch) }
        #expect(buffer[StateSlot.byteCount...].allSatisfy { $0 == 0 })
    }
}
