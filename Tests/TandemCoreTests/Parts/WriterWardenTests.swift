@testable import TandemCore
import Testing

@Suite("WriterWarden: who may be dead")
struct WriterWardenTests {
    private static let interval: UInt64 = 50_000_000
    private let source = TestSource.small()
    private var batch = CommandBatch()
    private var warden: WriterWarden
    private var now: UInt64 = 1_000_000_000

    init() {
        warden = WriterWarden(
            memory: source.memory, writerCount: source.layout.writerCount, interval: Self.interval)
    }

    /// The writers that a look asks for.
    private mutating func look(after nanoseconds: UInt64 = interval) -> [Int] {
        now += nanoseconds
        batch.removeAll()
        warden.look(at: now, into: &batch)
        return asked
    }

    private var asked: [Int] {
        batch.commands.compactMap { command in
            guard case .reviveWriter(let writer) = command.operation else { return nil }
            return command.token == .revive(writer: writer) ? writer : nil
        }
    }

    @Test("A writer with the same transaction at two looks is asked for; one that moves, or is idle, is not")
    mutating func unmoved() throws {
        var stands = source.writer(1)
        var moves = source.writer(2)
        try stands.begin()
        try moves.begin()
        #expect(look() == [])
        moves.rollBack()
        try moves.begin()
        #expect(look() == [1])
    }

    @Test("Looks closer together than the interval are none")
    mutating func interval() throws {
        var writer = source.writer(0)
        try writer.begin()
        #expect(look() == [])
        #expect(look(after: Self.interval - 1) == [])
        #expect(look(after: 1) == [0])
    }

    @Test("While its revival is under way a writer is not asked for again, and afterwards it may be")
    mutating func once() throws {
        var writer = source.writer(3)
        try writer.begin()
        #expect(look() == [])
        #expect(look() == [3])
        #expect(look() == [])
        warden.request(3, into: &batch)
        #expect(asked == [])
        warden.noteAnswered(3)
        #expect(look() == [3])
    }

    @Test("A capture that waits for a writer asks at once; a number that no slot has asks for nobody")
    mutating func request() {
        warden.request(2, into: &batch)
        warden.request(source.layout.writerCount, into: &batch)
        warden.request(-1, into: &batch)
        #expect(asked == [2])
    }
}
