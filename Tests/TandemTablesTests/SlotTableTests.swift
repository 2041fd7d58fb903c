import TandemCore
import TestSupport
import Testing

@testable import TandemTables

@Suite("Slots, known by handles")
struct SlotTableTests {
    @Test("A slot that was released is never taken for its successor")
    func generations() throws {
        let hall = try Hall(capacity: 1, partitions: 1)
        var writer = try hall.source.makeWriter()
        var handles: Set<RecordHandle> = []
        for round in 1 ... 500 as ClosedRange<UInt64> {
            let handle = try writer.transaction { change throws(TandemError) in
                try change.allocate(hall.legs, Call(round))
            }
            #expect(handle.index == 0 && handles.insert(handle).inserted)
            #expect(try hall.legs.read(handle) == Call(round))
            try writer.transaction { change throws(TandemError) in _ = try change.release(hall.legs, handle) }
            for old in handles.shuffled().prefix(5) {
                #expect(try hall.legs.read(old) == nil)
                try writer.transaction { change throws(TandemError) in
                    #expect(try change.update(hall.legs, old) { $0.number = 9 } == nil)
                    #expect(try !change.release(hall.legs, old))
                }
            }
        }
        #expect(try hall.legs.count() == 0)
    }

    @Test("A slot that has had all its generations is given out no more, and counted")
    func retired() throws {
        let hall = try Hall(capacity: 1, partitions: 1)
        var writer = try hall.source.makeWriter()
        let handle = try writer.transaction { change throws(TandemError) in
            let handle = try change.allocate(hall.legs, Call(1))
            SlotBytes(try hall.legs.pool.slots.hold(0, in: &change.log)).generation = .max
            return RecordHandle(index: handle.index, generation: .max)
        }
        try writer.transaction { change throws(TandemError) in
            #expect(try change.release(hall.legs, handle))
        }
        #expect(try hall.legs.read(handle) == nil)
        #expect(
            code { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in _ = try change.allocate(hall.legs, Call(2)) }
            } == .tableFull)
        #expect(try hall.legs.pool.list(of: 0).retired == 1)
    }

    @Test("A released slot is not given out again before 64 others that were released after it, while there are others")
    func reuse() throws {
        let hall = try Hall(capacity: 100, partitions: 1)
        var writer = try hall.source.makeWriter()
        var released: [Int] = []
        var given: [Int] = []
        for round in 0 ..< 400 as Range<UInt64> {
            let index = try writer.transaction { change throws(TandemError) in
                let handle = try change.allocate(hall.legs, Call(round))
                _ = try change.release(hall.legs, handle)
                return handle.index
            }
            if let last = released.lastIndex(of: index) {
                #expect(released.count - 1 - last >= 64, "slot \(index) in round \(round)")
                given.append(index)
            }
            released.append(index)
        }
        // First in, first out; and what was never used is left alone for as long as that will do.
        #expect(given == (0 ..< given.count).map { $0 % 65 })
        #expect(Set(released).count == 65)
    }

    @Test("No allocation fails while a slot of any partition is free, and the one behind the last says that it is full")
    func full() throws {
        let hall = try Hall(capacity: 50, partitions: 7)
        var writer = try hall.source.makeWriter()
        var handles: [RecordHandle] = []
        for number in 0 ..< 50 as Range<UInt64> {
            handles.append(
                try writer.transaction { change throws(TandemError) in
                    try change.allocate(hall.legs, Call(number), partition: Int(number) * 3)
                })
        }
        #expect(Set(handles.map(\.index)).count == 50)
        var rest = ""
        let failure = code { () throws(TandemError) in
            try writer.transaction { change throws(TandemError) in
                try change.update(hall.trunks, at: 0) { $0.busy = 7 }
                do throws(TandemError) { _ = try change.allocate(hall.legs, Call(0)) } catch {
                    rest = error.description
                    guard error.code == .tableFull else { throw error }
                }
            }
        }
        // The transaction goes on: nothing was changed by the call that threw.
        #expect(failure == nil && rest.contains("all of its 50 slots are in use"))
        #expect(try hall.trunks.read(at: 0).busy == 7)
        for (number, handle) in handles.enumerated() { #expect(try hall.legs.read(handle) == Call(UInt64(number))) }
        try writer.transaction { change throws(TandemError) in
            _ = try change.release(hall.legs, handles[31])
            #expect(try change.allocate(hall.legs, Call(99)).index == handles[31].index)
        }
    }

    @Test("What a transaction has allocated, changed and released it sees; others see it when it has committed")
    func ownChanges() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        let kept = try writer.transaction { change throws(TandemError) in
            let (kept, dropped) = (try change.allocate(hall.legs, Call(1)), try change.allocate(hall.legs, Call(2)))
            #expect(try change.read(hall.legs, kept) == Call(1))
            #expect(try hall.legs.read(kept) == nil)
            try change.update(hall.legs, kept) { $0 = Call(3) }
            _ = try change.release(hall.legs, dropped)
            #expect(try change.read(hall.legs, kept) == Call(3))
            #expect(try change.read(hall.legs, dropped) == nil)
            return kept
        }
        #expect(try hall.legs.read(kept) == Call(3))
        #expect(try hall.legs.count() == 1)
    }

    @Test("An aborted transaction has given out nothing and given back nothing")
    func aborted() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        let handle = try writer.transaction { change throws(TandemError) in try change.allocate(hall.legs, Call(1)) }
        let failure = code { () throws(TandemError) in
            try writer.transaction { change throws(TandemError) in
                _ = try change.release(hall.legs, handle)
                for number in 0 ..< 20 as Range<UInt64> { _ = try change.allocate(hall.legs, Call(number)) }
                throw .abort()
            }
        }
        #expect(failure == .aborted)
        #expect(try hall.legs.read(handle) == Call(1))
        #expect(try hall.legs.count() == 1)
        let next = try writer.transaction { change throws(TandemError) in try change.allocate(hall.legs, Call(2)) }
        #expect(next.index == 1 && next.generation == 1)
    }

    @Test("Every record is handed over once, with its handle")
    func walk() throws {
        let hall = try Hall()
        var writer = try hall.source.makeWriter()
        var kept: [RecordHandle: Call] = [:]
        for number in 0 ..< 90 as Range<UInt64> {
            let handle = try writer.transaction { change throws(TandemError) in
                try change.allocate(hall.legs, Call(number), partition: Int(number))
            }
            kept[handle] = Call(number)
        }
        for handle in kept.keys.sorted(by: { $0.rawValue < $1.rawValue }).prefix(40) {
            try writer.transaction { change throws(TandemError) in _ = try change.release(hall.legs, handle) }
            kept[handle] = nil
        }
        var found: [RecordHandle: Call] = [:]
        try hall.legs.forEach { handle, call throws(TandemError) in
            #expect(found.updateValue(call, forKey: handle) == nil)
        }
        #expect(found == kept)
        var parts: Set<RecordHandle> = []
        for partition in 0 ..< hall.legs.partitionCount {
            try hall.legs.forEach(in: partition) { handle, _ throws(TandemError) in parts.insert(handle) }
        }
        #expect(parts == Set(kept.keys))
    }

    @Test(
        "A handle is sixteen digits, and those only are one",
        arguments: ["", "0", "00000001000000021", "+000000100000002"])
    func text(wrong: String) {
        let handle = RecordHandle(index: 0x1F3A, generation: 0x2B)
        #expect(handle.description == "0000002b00001f3a")
        #expect(RecordHandle(handle.description) == handle)
        #expect(RecordHandle(rawValue: handle.rawValue) == handle)
        #expect((handle.index, handle.generation) == (0x1F3A, 0x2B))
        #expect(RecordHandle(wrong) == nil)
    }
}
