@testable import TandemCore
import Testing

@Suite("CopyDeadlines: the deadlines of a copy")
struct CopyDeadlinesTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start = 100 * second
    private let address = UnsafeRawPointer(bitPattern: 4096)!
    private var deadlines = CopyDeadlines(options: DeadlineOptions())

    private mutating func issue(_ operations: CopyCommand.Operation..., at now: UInt64 = start) {
        var batch = CommandBatch()
        for operation in operations { batch.issue(.image(0), operation) }
        deadlines.noteIssued(batch.commands, at: now)
    }

    private func write(_ bytes: Int) -> CopyCommand.Operation { .write(address, count: bytes, offset: 0) }

    @Test("A command is late after two seconds, and not a nanosecond earlier")
    mutating func late() {
        #expect(!deadlines.isLate(at: .max), "nothing is under way")
        issue(.watch)
        #expect(!deadlines.isLate(at: Self.start + 2 * Self.second))
        #expect(deadlines.isLate(at: Self.start + 2 * Self.second + 1))
    }

    @Test("A command issued behind another does not give the first one more time")
    mutating func second() {
        issue(.watch)
        issue(.watch, .watch, at: Self.start + Self.second)
        #expect(deadlines.outstanding == 3)
        #expect(deadlines.isLate(at: Self.start + 2 * Self.second + 1))
    }

    @Test("A writer's revival is no command to the copy: however long it takes, the copy is not late for it")
    mutating func revival() {
        issue(.reviveWriter(3))
        #expect(deadlines.outstanding == 0)
        #expect(!deadlines.isLate(at: .max))
    }

    @Test("An answer gives the others time; a look at the file's name is no answer", arguments: [true, false])
    mutating func answer(isSign: Bool) {
        issue(.watch, .watch)
        deadlines.noteCompleted(at: Self.start + Self.second, isSign: isSign)
        #expect(deadlines.outstanding == 1)
        #expect(deadlines.isLate(at: Self.start + 2 * Self.second + 1) == !isSign)
        #expect(deadlines.isLate(at: Self.start + 3 * Self.second + 1))
    }

    @Test("A flush may take eight seconds longer, and a second for each 16 MB written", arguments: [0, 16, 80])
    mutating func flush(megabytes: Int) {
        issue(write(megabytes * 1_000_000), .flush)
        let allowed = Self.start + (10 + UInt64(megabytes) / 16) * Self.second
        #expect(!deadlines.isLate(at: allowed))
        #expect(deadlines.isLate(at: allowed + 1))
        deadlines.noteFlushEnded()
        #expect(deadlines.isLate(at: Self.start + 2 * Self.second + 1), "the allowance ends with the flush")
        issue(.flush)
        #expect(deadlines.isLate(at: Self.start + 10 * Self.second + 1), "the next one has nothing to bring")
    }

    @Test("A look at a copy may take as long as its journal takes to be read")
    mutating func look() {
        deadlines.noteProgress(at: Self.start)
        #expect(deadlines.isStuck(at: Self.start + 10 * Self.second + 1))
        #expect(!deadlines.isStuck(at: Self.start + 12 * Self.second, reading: 32_000_000))
        #expect(deadlines.isStuck(at: Self.start + 12 * Self.second + 1, reading: 32_000_000))
    }

    @Test("What is written behind a flush gives time to the next one only")
    mutating func behind() {
        issue(.flush, write(32_000_000))
        #expect(deadlines.isLate(at: Self.start + 10 * Self.second + 1))
        deadlines.noteFlushEnded()
        issue(.flush)
        #expect(!deadlines.isLate(at: Self.start + 12 * Self.second))
        #expect(deadlines.isLate(at: Self.start + 12 * Self.second + 1))
    }

    @Test("A copy that is closed takes what it had not flushed with it")
    mutating func closed() {
        issue(write(32_000_000), .close, .flush)
        #expect(deadlines.isLate(at: Self.start + 10 * Self.second + 1))
    }

    @Test("A phase is stuck after ten seconds without progress, and a flush may take longer")
    mutating func stuck() {
        deadlines.noteProgress(at: Self.start)
        #expect(!deadlines.isStuck(at: Self.start + 10 * Self.second))
        #expect(deadlines.isStuck(at: Self.start + 10 * Self.second + 1))
        issue(.flush)
        #expect(!deadlines.isStuck(at: Self.start + 18 * Self.second))
        #expect(deadlines.isStuck(at: Self.start + 18 * Self.second + 1))
    }

    @Test("The copy's file is looked at twice a second, each time once")
    mutating func watch() {
        #expect(deadlines.isWatchDue(at: Self.start) == true)
        #expect(deadlines.isWatchDue(at: Self.start) == false)
        #expect(deadlines.isWatchDue(at: Self.start + Self.second / 2 - 1) == false)
        #expect(deadlines.isWatchDue(at: Self.start + Self.second / 2) == true)
    }

    @Test("A copy is steady when it has been in sync for more than ten seconds, and no more when it has gone")
    mutating func steady() {
        #expect(!deadlines.isSteady(at: .max))
        deadlines.noteInSync(at: Self.start)
        #expect(!deadlines.isSteady(at: Self.start + 10 * Self.second))
        #expect(deadlines.isSteady(at: Self.start + 10 * Self.second + 1))
        deadlines.noteGone()
        #expect(!deadlines.isSteady(at: .max))
    }

    @Test("A copy that does not stay is asked for after twice as long each time, up to four seconds")
    mutating func backOff() {
        var milliseconds = [deadlines.probeInterval / 1_000_000]
        for _ in 0 ..< 6 {
            deadlines.backOff(stayed: false)
            milliseconds.append(deadlines.probeInterval / 1_000_000)
        }
        #expect(milliseconds == [250, 500, 1000, 2000, 4000, 4000, 4000])
        deadlines.backOff(stayed: true)
        #expect(deadlines.probeInterval == 250_000_000)
    }
}
