@testable import TandemCore
import Testing

@Suite("CopyHealth: the deadlines of a copy")
struct CopyHealthTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start = 100 * second
    private let address = UnsafeRawPointer(bitPattern: 4096)!
    private var health = CopyHealth(options: EngineOptions())

    private mutating func flush(after bytes: Int) {
        health.note(.write(address, count: bytes, offset: 0))
        health.note(.flush)
    }

    @Test("A command is late after two seconds, and not a nanosecond earlier")
    mutating func late() {
        #expect(!health.isLate(at: .max), "nothing is under way")
        health.noteIssued(1, at: Self.start)
        #expect(!health.isLate(at: Self.start + 2 * Self.second))
        #expect(health.isLate(at: Self.start + 2 * Self.second + 1))
    }

    @Test("A command issued behind another does not give the first one more time")
    mutating func second() {
        health.noteIssued(1, at: Self.start)
        health.noteIssued(2, at: Self.start + Self.second)
        #expect(health.outstanding == 3)
        #expect(health.isLate(at: Self.start + 2 * Self.second + 1))
    }

    @Test("An answer gives the others time; a look at the file's name is no answer", arguments: [true, false])
    mutating func answer(isSign: Bool) {
        health.noteIssued(2, at: Self.start)
        health.noteCompleted(at: Self.start + Self.second, isSign: isSign)
        #expect(health.outstanding == 1)
        #expect(health.isLate(at: Self.start + 2 * Self.second + 1) == !isSign)
        #expect(health.isLate(at: Self.start + 3 * Self.second + 1))
    }

    @Test("A flush may take eight seconds longer, and a second for each 16 MB written", arguments: [0, 16, 80])
    mutating func flush(megabytes: Int) {
        flush(after: megabytes * 1_000_000)
        health.noteIssued(1, at: Self.start)
        let allowed = Self.start + (10 + UInt64(megabytes) / 16) * Self.second
        #expect(!health.isLate(at: allowed))
        #expect(health.isLate(at: allowed + 1))
        health.noteFlushEnded()
        #expect(health.isLate(at: Self.start + 2 * Self.second + 1), "the allowance ends with the flush")
        health.note(.flush)
        #expect(health.isLate(at: Self.start + 10 * Self.second + 1), "the next one has nothing to bring")
    }

    @Test("What is written behind a flush gives time to the next one only")
    mutating func behind() {
        health.note(.flush)
        health.note(.write(address, count: 32_000_000, offset: 0))
        health.noteIssued(1, at: Self.start)
        #expect(health.isLate(at: Self.start + 10 * Self.second + 1))
        health.noteFlushEnded()
        health.note(.flush)
        #expect(!health.isLate(at: Self.start + 12 * Self.second))
        #expect(health.isLate(at: Self.start + 12 * Self.second + 1))
    }

    @Test("A copy that is closed takes what it had not flushed with it")
    mutating func closed() {
        health.note(.write(address, count: 32_000_000, offset: 0))
        health.note(.close)
        health.note(.flush)
        health.noteIssued(1, at: Self.start)
        #expect(health.isLate(at: Self.start + 10 * Self.second + 1))
    }

    @Test("A phase is stuck after ten seconds without progress, and a flush may take longer")
    mutating func stuck() {
        health.noteProgress(at: Self.start)
        #expect(!health.isStuck(at: Self.start + 10 * Self.second))
        #expect(health.isStuck(at: Self.start + 10 * Self.second + 1))
        health.note(.flush)
        #expect(!health.isStuck(at: Self.start + 18 * Self.second))
        #expect(health.isStuck(at: Self.start + 18 * Self.second + 1))
    }

    @Test("The copy's file is looked at twice a second, each time once")
    mutating func watch() {
        #expect(health.isWatchDue(at: Self.start) == true)
        #expect(health.isWatchDue(at: Self.start) == false)
        #expect(health.isWatchDue(at: Self.start + Self.second / 2 - 1) == false)
        #expect(health.isWatchDue(at: Self.start + Self.second / 2) == true)
    }

    @Test("A copy that does not stay is asked for after twice as long each time, up to four seconds")
    mutating func backOff() {
        var milliseconds = [health.probeInterval / 1_000_000]
        for _ in 0 ..< 6 {
            health.backOff(stayed: false)
            milliseconds.append(health.probeInterval / 1_000_000)
        }
        #expect(milliseconds == [250, 500, 1000, 2000, 4000, 4000, 4000])
        health.backOff(stayed: true)
        #expect(health.probeInterval == 250_000_000)
    }
}
