import TandemCore
import TestSupport
import Testing

@testable import TandemTables

@Suite("Records found by key")
struct KeyedTableTests {
    @Test("A key is found with what was put under it; one that was never put in, or was removed, is not")
    func find() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        #expect(try hall.calls.find(7) == nil)
        let placed = try writer.transaction { change throws(TandemError) in
            try change.insert(hall.calls, key: 7, Call(70))
        }
        let found = try #require(try hall.calls.find(7))
        #expect(placed == .inserted(found.handle) && found.record == Call(70))
        #expect(try hall.calls.contains(7) && !hall.calls.contains(8))
        #expect(try hall.calls.read(found.handle) == Call(70))
        #expect(try hall.calls.key(of: found.handle) == 7)
        #expect(try hall.calls.withRecord(7) { $0.trunk } == 70)
        #expect(try hall.calls.withRecord(found.handle) { $0.trunk } == 70)
        #expect(try hall.calls.withRecord(8) { $0.trunk } == nil)
        try writer.transaction { change throws(TandemError) in #expect(try change.remove(hall.calls, key: 7)) }
        #expect(try hall.calls.find(7) == nil)
        #expect(try hall.calls.read(found.handle) == nil)
        #expect(try hall.calls.key(of: found.handle) == nil)
        #expect(try hall.calls.count() == 0)
    }

    @Test("A key that is there is not put in again: the answer is the handle that it has, and its record stays")
    func present() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            let first = try change.insert(hall.calls, key: 1, Call(10))
            #expect(try change.insert(hall.calls, key: 1, Call(11)) == .present(first.handle))
        }
        let found = try #require(try hall.calls.find(1))
        #expect(found.record == Call(10))
        try writer.transaction { change throws(TandemError) in
            #expect(try change.upsert(hall.calls, key: 1, Call(12)) == .present(found.handle))
            #expect(try change.upsert(hall.calls, key: 2, Call(20)) != .present(found.handle))
        }
        #expect(try hall.calls.read(found.handle) == Call(12))
        #expect(try hall.calls.find(2)?.record == Call(20))
        #expect(try hall.calls.count() == 2)
    }

    @Test("A record is changed by its key and by its handle; one that is gone is not")
    func update() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        let handle = try writer.transaction { change throws(TandemError) in
            try change.insert(hall.calls, key: 5, Call(1)).handle
        }
        try writer.transaction { change throws(TandemError) in
            #expect(try change.update(hall.calls, key: 5) { $0.trunk += 1 } != nil)
            #expect(try change.update(hall.calls, handle) { $0.trunk += 1 } != nil)
            #expect(try change.update(hall.calls, key: 6) { $0.trunk += 1 } == nil)
        }
        #expect(try hall.calls.find(5)?.record.trunk == 3)
        try writer.transaction { change throws(TandemError) in
            #expect(try change.remove(hall.calls, handle))
            #expect(try !change.remove(hall.calls, handle))
            #expect(try change.update(hall.calls, handle) { $0.trunk += 1 } == nil)
            #expect(try !change.remove(hall.calls, key: 5))
        }
    }

    @Test("A transaction sees its own changes to keys and records, and others do not before it has committed")
    func ownChanges() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        _ = try writer.transaction { change throws(TandemError) in try change.insert(hall.calls, key: 1, Call(1)) }
        try writer.transaction { change throws(TandemError) in
            let two = try change.insert(hall.calls, key: 2, Call(2)).handle
            #expect(try change.remove(hall.calls, key: 1))
            try change.update(hall.calls, two) { $0 = Call(3) }
            #expect(try change.find(hall.calls, key: 2)?.record == Call(3))
            #expect(try change.read(hall.calls, two) == Call(3))
            #expect(try change.contains(hall.calls, key: 2))
            #expect(try !change.contains(hall.calls, key: 1))
            #expect(try !hall.calls.contains(2))
            #expect(try hall.calls.contains(1))
            // In and out and in again, with other records.
            #expect(try change.remove(hall.calls, two))
            #expect(try !change.contains(hall.calls, key: 2))
            _ = try change.insert(hall.calls, key: 2, Call(4))
            try change.update(hall.trunks, at: 3) { $0.busy += 1 }
        }
        #expect(try hall.calls.find(2)?.record == Call(4))
        #expect(try hall.calls.find(1) == nil)
        #expect(try hall.trunks.read(at: 3).busy == 1)
    }

    @Test("An aborted transaction has put in nothing and taken out nothing")
    func aborted() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        _ = try writer.transaction { change throws(TandemError) in try change.insert(hall.calls, key: 1, Call(1)) }
        let failure = code { () throws(TandemError) in
            try writer.transaction { change throws(TandemError) in
                _ = try change.remove(hall.calls, key: 1)
                _ = try change.insert(hall.calls, key: 2, Call(2))
                throw change.abort()
            }
        }
        #expect(failure == .aborted)
        #expect(try hall.calls.find(1)?.record == Call(1))
        #expect(try hall.calls.find(2) == nil && hall.calls.count() == 1)
    }

    @Test("Keys of text and of bytes are as long as they are, up to the longest that was declared")
    func texts() throws {
        let scratch = Scratch(in: "/dev/shm")
        let source = try SourceDataFile.create(
            at: scratch.file("hall"),
            tables: .keyed("calls", key: String.self, keyBytesMax: 20, of: Call.self, capacity: 100))
        let calls = try source.keyedTable("calls", key: String.self, keyBytesMax: 20, of: Call.self)
        let bytes = try source.keyedTable("calls", key: [UInt8].self, keyBytesMax: 20, of: Call.self)
        var writer = try source.makeWriter()
        let keys = [
            "", "a", "a84b4c76", "a84b4c76e66710", "a84b4c76e66710\0", "12345678901234567890", "ä@pc33.example",
        ]
        for (number, key) in keys.enumerated() {
            _ = try writer.transaction { change throws(TandemError) in
                try change.insert(calls, key: key, Call(UInt64(number)))
            }
        }
        for (number, key) in keys.enumerated() {
            #expect(try calls.find(key)?.record == Call(UInt64(number)), "\(key)")
            #expect(try bytes.find(Array(key.utf8))?.record == Call(UInt64(number)), "\(key)")
        }
        #expect(try calls.find("b") == nil)
        var found: [String] = []
        try calls.forEach { entry throws(TandemError) in found.append(entry.key) }
        #expect(found.sorted() == keys.sorted())
        let long = String(repeating: "x", count: 21)
        #expect(code { () throws(TandemError) in _ = try calls.find(long) } == .keyTooLong)
        #expect(
            code { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in
                    _ = try change.insert(calls, key: long, Call(1))
                }
            } == .keyTooLong)
    }

    @Test(
        "As many keys as there are slots fit, whatever they are, and the next one says that the table is full",
        arguments: [0.3, 0.7, 0.9, 1.0])
    func full(load: Double) throws {
        let hall = try Hall(capacity: 300, load: load, partitions: 3)
        var writer = try hall.source.makeWriter()
        for key in 0 ..< 300 as Range<UInt64> {
            let placed = try writer.transaction { change throws(TandemError) in
                try change.insert(hall.calls, key: key, Call(key))
            }
            guard case .inserted = placed else { Issue.record("key \(key)"); continue }
        }
        #expect(
            code { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in
                    _ = try change.insert(hall.calls, key: 1000, Call(1))
                }
            } == .tableFull)
        // A key that is there is still said to be.
        let again = try writer.transaction { change throws(TandemError) in
            try change.insert(hall.calls, key: 299, Call(1))
        }
        #expect(again == .present(try #require(try hall.calls.find(299)?.handle)))
        for key in 0 ..< 300 as Range<UInt64> { #expect(try hall.calls.find(key)?.record == Call(key)) }
        for key in stride(from: 299, through: 0, by: -1) as StrideThrough<Int> {
            try writer.transaction { change throws(TandemError) in
                #expect(try change.remove(hall.calls, key: UInt64(key)))
            }
        }
        let fill = try hall.calls.fill()
        #expect(fill.count == 0 && fill.overflowBucketsUsed == 0)
    }

    @Test("Against a dictionary, through many thousands of random changes", arguments: [1, 2, 3] as [UInt64])
    func dictionary(seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        // So few buckets that most homes have chains.
        let hall = try Hall(capacity: 120, load: seed == 1 ? 0.7 : 1, partitions: 3)
        var writer = try hall.source.makeWriter()
        var model: [UInt64: Call] = [:]
        for step in 0 ..< 20_000 {
            let key = UInt64.random(in: 0 ..< 160, using: &numbers)
            let value = Call(UInt64(step))
            let action = Int.random(in: 0 ..< 6, using: &numbers)
            let (before, count) = (model[key], model.count)
            let isDone: Bool? = try writer.transaction { change throws(TandemError) in
                switch action {
                case 0, 1:
                    do throws(TandemError) {
                        guard case .inserted = try change.insert(hall.calls, key: key, value) else { return false }
                        return true
                    } catch {
                        guard error.code == .tableFull else { throw error }
                        return nil
                    }
                case 2: return try change.remove(hall.calls, key: key)
                case 3:
                    guard let handle = try change.find(hall.calls, key: key)?.handle else { return false }
                    return try change.remove(hall.calls, handle)
                default: return try change.update(hall.calls, key: key) { $0 = value } != nil
                }
            }
            switch action {
            case 0, 1:
                #expect(isDone == (before != nil ? false : count == 120 ? nil : true), "step \(step)")
                if isDone == true { model[key] = value }
            case 2, 3:
                #expect(isDone == (before != nil), "step \(step)")
                model[key] = nil
            default:
                #expect(isDone == (before != nil), "step \(step)")
                if before != nil { model[key] = value }
            }
            #expect(try hall.calls.find(key)?.record == model[key], "step \(step)")
        }
        var found: [UInt64: Call] = [:]
        try hall.calls.forEach { entry throws(TandemError) in
            #expect(found.updateValue(entry.record, forKey: entry.key) == nil)
        }
        #expect(found == model)
        #expect(try hall.calls.count() == model.count)
    }
}
