import TandemCore
import TandemSystem
import TestSupport
import Testing

@testable import TandemTables

@Suite("Keyed tables on a promoted copy")
struct PromotedTableTests {
    @Test("What was put in on a source is found on the promoted one, by key and by handle, and goes on from there")
    func promoted() throws {
        let hall = try Hall(capacity: 200, load: 1)
        let standby = try Standby(hall)
        var writer = try hall.source.makeWriter()
        var handles: [UInt64: RecordHandle] = [:]
        for key in 0 ..< 190 as Range<UInt64> {
            handles[key] = try writer.transaction { change throws(TandemError) in
                try change.insert(hall.calls, key: key, Call(key)).handle
            }
        }
        for key in 0 ..< 60 as Range<UInt64> {
            try writer.transaction { change throws(TandemError) in _ = try change.remove(hall.calls, key: key) }
        }
        #expect(standby.catchUp { writer.isLastCommitReplicated })
        // Not on the copy: as if the host had been lost at this moment.
        try writer.transaction { change throws(TandemError) in _ = try change.insert(hall.calls, key: 500, Call(500)) }

        standby.leave()
        let path = hall.scratch.file("promoted")
        _ = try Promotion.promote(copy: standby.path, to: path)
        let promoted = try SourceDataFile.open(at: path)
        let calls = try Hall.calls(of: promoted)
        #expect(calls.index.hash.secret == hall.calls.index.hash.secret)
        #expect(try calls.count() == 130)
        for key in 0 ..< 190 as Range<UInt64> {
            let handle = try #require(handles[key])
            #expect(try calls.find(key)?.record == (key < 60 ? nil : Call(key)))
            #expect(try calls.read(handle) == (key < 60 ? nil : Call(key)))
            #expect(try calls.find(key)?.handle == (key < 60 ? nil : handle))
        }
        #expect(try calls.find(500) == nil)
        var next = try promoted.makeWriter()
        for key in 600 ..< 670 as Range<UInt64> {
            let placed = try next.transaction { change throws(TandemError) in
                try change.insert(calls, key: key, Call(key))
            }
            #expect(!handles.values.contains(placed.handle), "a released slot's handle is another's")
        }
        for key in 60 ..< 190 as Range<UInt64> {
            let handle = try #require(handles[key])
            try next.transaction { change throws(TandemError) in #expect(try change.remove(calls, handle)) }
        }
        for key in 600 ..< 670 as Range<UInt64> { #expect(try calls.find(key)?.record == Call(key)) }
    }

    @Test("A deadline has as much time left on the promoted source as it had when the old one told its clock last")
    func clocks() throws {
        let hall = try Hall(partitions: 1)
        let standby = try Standby(hall)
        var writer = try hall.source.makeWriter()
        var wheel = try DeadlineWheel(hall.calls, partitions: [0])
        // As on a host that has been up for long: its clock means nothing elsewhere.
        let told = hall.calls.clock.now() + 5_000_000_000_000
        let (soon, late) = (told + 1_000_000_000, told + 3_600_000_000_000)
        for (key, deadline) in [(1, soon), (2, late)] as [(UInt64, UInt64)] {
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(hall.calls, key: key, Call(key), deadline: deadline)
            }
        }
        #expect(try wheel.expire(now: told, with: &writer) == [])
        #expect(standby.catchUp { writer.isLastCommitReplicated })
        standby.leave()
        let path = hall.scratch.file("promoted")
        _ = try Promotion.promote(copy: standby.path, to: path)
        let promoted = try SourceDataFile.open(at: path)
        let calls = try Hall.calls(of: promoted)
        let now = calls.clock.now()
        #expect(now >= told && now < told + 60_000_000_000)
        #expect(try Hall.calls(of: SourceDataFile.open(at: path)).clock.offset == calls.clock.offset)
        var next = try promoted.makeWriter()
        var after = try DeadlineWheel(calls, partitions: 0 ..< calls.partitionCount)
        let due = try after.expire(now: soon + 20_000_000, with: &next)
        #expect(try due == [#require(try calls.find(1)).handle])
    }
}
