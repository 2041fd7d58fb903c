import TandemCore
import TestSupport
import Testing

@testable import TandemTables

@Suite("Deadlines")
struct DeadlineTests {
    private static let second: UInt64 = 1_000_000_000

    /// Puts in keys with deadlines, so many seconds from `start` each.
    private static func insert(
        _ deadlines: [(key: UInt64, seconds: UInt64)], _ hall: Hall, _ writer: inout Writer, from start: UInt64,
        partition: Int = 0
    ) throws -> [UInt64: RecordHandle] {
        var handles: [UInt64: RecordHandle] = [:]
        for (key, seconds) in deadlines {
            handles[key] = try writer.transaction { change throws(TandemError) in
                try change.insert(
                    hall.calls, key: key, Call(key), deadline: start + seconds * second, partition: partition
                ).handle
            }
        }
        return handles
    }

    @Test("A record is due at its deadline, once, and not before; one that was removed or put off is not")
    func due() throws {
        let hall = try Hall(partitions: 1)
        var writer = try hall.source.makeWriter()
        let start = hall.calls.clock.now()
        let handles = try Self.insert([(1, 10), (2, 20), (3, 300), (4, 10), (5, 10)], hall, &writer, from: start)
        var wheel = try DeadlineWheel(hall.calls, partitions: [0])
        #expect(try wheel.expire(now: start + 9 * Self.second, scanning: 0, with: &writer) == [])
        try writer.transaction { change throws(TandemError) in
            _ = try change.remove(hall.calls, key: 4)
            #expect(try change.setDeadline(hall.calls, handles[5]!, to: start + 400 * Self.second))
        }
        #expect(try wheel.expire(now: start + 11 * Self.second, scanning: 0, with: &writer) == [handles[1]!])
        #expect(try wheel.expire(now: start + 12 * Self.second, scanning: 0, with: &writer) == [])
        #expect(try wheel.expire(now: start + 299 * Self.second, scanning: 0, with: &writer) == [handles[2]!])
        #expect(try wheel.expire(now: start + 301 * Self.second, scanning: 0, with: &writer) == [handles[3]!])
        #expect(try wheel.expire(now: start + 500 * Self.second, scanning: 0, with: &writer) == [handles[5]!])
        #expect(try hall.calls.deadline(of: handles[5]!) == start + 400 * Self.second)
        #expect(try hall.calls.deadline(of: handles[4]!) == nil)
    }

    @Test("What another worker has put in, or brought forward, is found within one round of the scan")
    func scan() throws {
        let hall = try Hall(capacity: 200, partitions: 1)
        var writer = try hall.source.makeWriter()
        var wheel = try DeadlineWheel(hall.calls, partitions: [0])
        let start = hall.calls.clock.now()
        let handles = try Self.insert([(1, 10), (2, 1000)], hall, &writer, from: start)
        try writer.transaction { change throws(TandemError) in
            _ = try change.setDeadline(hall.calls, handles[2]!, to: start + 11 * Self.second)
        }
        var due: Set<RecordHandle> = []
        // 200 slots, 50 a call: a round is four calls.
        for _ in 0 ..< 5 {
            due.formUnion(try wheel.expire(now: start + 20 * Self.second, scanning: 50, with: &writer))
        }
        #expect(due == Set(handles.values))
    }

    @Test("The owner of a partition fires what is in it, and nothing else")
    func partitions() throws {
        let hall = try Hall(partitions: 4)
        var writer = try hall.source.makeWriter()
        let start = hall.calls.clock.now()
        var handles: [[RecordHandle]] = []
        for partition in 0 ..< 4 {
            handles.append(
                Array(
                    try Self.insert([(UInt64(partition), 1)], hall, &writer, from: start, partition: partition).values))
        }
        var wheel = try DeadlineWheel(hall.calls, partitions: [1, 3, 99])
        let due = try wheel.expire(now: start + 2 * Self.second, with: &writer)
        #expect(Set(due) == Set(handles[1] + handles[3]))
    }

    @Test("A record that is noted when it is put in is due without a scan")
    func noted() throws {
        let hall = try Hall(partitions: 1)
        var writer = try hall.source.makeWriter()
        var wheel = try DeadlineWheel(hall.calls, partitions: [0])
        let start = hall.calls.clock.now()
        let handle = try #require(try Self.insert([(1, 1)], hall, &writer, from: start)[1])
        wheel.note(handle, deadline: start + Self.second)
        // After a pause of many turns too.
        #expect(try wheel.expire(now: start + 4000 * Self.second, scanning: 0, with: &writer) == [handle])
    }

    @Test("Nothing is fired on a source that was superseded")
    func superseded() throws {
        let hall = try Hall(partitions: 1)
        var writer = try hall.source.makeWriter()
        var wheel = try DeadlineWheel(hall.calls, partitions: [0])
        let start = hall.calls.clock.now()
        _ = try Self.insert([(1, 1)], hall, &writer, from: start)
        hall.source.area.attention.set(ControlFlags.superseded)
        #expect(
            code { () throws(TandemError) in _ = try wheel.expire(now: start + 2 * Self.second, with: &writer) }
                == .superseded)
    }

    @Test("A deadline is some time from now on the table's clock, and never none")
    func clock() throws {
        let clock = try Hall().calls.clock
        let now = clock.now()
        let later = clock.deadline(after: .seconds(180))
        #expect(later >= now + 180 * Self.second && later < now + 240 * Self.second)
        #expect(clock.deadline(after: .seconds(-5)) >= now)
        #expect(clock.deadline(after: .seconds(Int64.max)) == .max)
        #expect(clock.time(atMonotonic: 5) == 5 &+ clock.offset)
    }
}
