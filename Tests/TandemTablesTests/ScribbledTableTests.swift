import TandemCore
import TandemSystem
import TestSupport
import Testing

@testable import TandemTables

@Suite("Keyed tables in memory that somebody has written over")
struct ScribbledTableTests {
    private static let codes: Set<TandemError.Code> = [
        .tableDamaged, .readContended, .tableFull, .recordInUse, .recordDamaged,
    ]

    /// Where the bytes of a table's records begin, headers included.
    private static func bytes(_ view: TableView, _ source: SourceDataFile) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: source.memory.base + view.layout.offset, count: view.layout.pageCount * view.layout.pageBytes)
    }

    /// Every operation; each is to answer, or to throw an error that says what is wrong.
    private static func callEverything(_ hall: Hall, _ seed: UInt64, keys: Range<UInt64>) throws -> [TandemError.Code] {
        var numbers = SeededNumbers(seed)
        var writer = try hall.source.makeWriter()
        var codes: [TandemError.Code] = []
        func note(_ body: () throws(TandemError) -> Void) {
            if let code = code(body) { codes.append(code) }
        }
        for _ in 0 ..< 60 {
            let key = UInt64.random(in: keys, using: &numbers)
            let handle = RecordHandle(
                index: .random(in: 0 ..< 250, using: &numbers), generation: .random(in: 0 ..< 4, using: &numbers))
            note { () throws(TandemError) in _ = try hall.calls.find(key) }
            note { () throws(TandemError) in _ = try hall.calls.read(handle) }
            note { () throws(TandemError) in _ = try hall.calls.key(of: handle) }
            note { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in
                    _ = try change.insert(hall.calls, key: key, Call(key))
                }
            }
            note { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in _ = try change.remove(hall.calls, key: key) }
            }
            note { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in _ = try change.remove(hall.calls, handle) }
            }
            note { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in
                    _ = try change.upsert(hall.calls, key: key, Call(1))
                    _ = try change.update(hall.calls, key: key) { $0.trunk = 2 }
                }
            }
        }
        note { () throws(TandemError) in _ = try hall.calls.fill() }
        note { () throws(TandemError) in _ = try hall.calls.survey() }
        note { () throws(TandemError) in try hall.calls.forEach { _ throws(TandemError) in } }
        return codes
    }

    @Test(
        "Random bytes in buckets, links, free lists, counters and slots are answered or named, and nothing hangs",
        arguments: 1 ... 40 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let hall = try Hall(load: 1)
        var writer = try hall.source.makeWriter()
        for key in 0 ..< 190 as Range<UInt64> {
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(hall.calls, key: key, Call(key))
            }
        }
        let pool = hall.calls.index.pool
        let views = [hall.calls.index.buckets, pool.lists, pool.slots].map(\.view)
        let view = views[Int(seed % 3)]
        // Payloads only, or headers too; a few words, or all of them.
        let bytes = Self.bytes(view, hall.source)
        let stride = view.layout.slotBytes
        let isDense = seed.isMultiple(of: 5)
        for offset in Swift.stride(from: 0, to: bytes.count - 8, by: 4) {
            // The first list record is the table's header, which is read when it is opened.
            if offset % stride < 16 && !seed.isMultiple(of: 4) { continue }
            guard isDense || Int.random(in: 0 ..< 20, using: &numbers) == 0 else { continue }
            let small = Bool.random(using: &numbers)
            let word = small ? UInt32.random(in: 0 ..< 260, using: &numbers) : .random(in: 0 ... .max, using: &numbers)
            bytes.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
        }
        let begun = MonotonicClock.now()
        let codes = try Self.callEverything(hall, seed, keys: 0 ..< 220)
        #expect(Set(codes).subtracting(Self.codes) == [])
        // A record that seems to be locked by a live writer is tried for a second.
        let patient = UInt64(codes.count { $0 == .recordInUse } + 1) * 1_500_000_000
        #expect(MonotonicClock.now() - begun < 20_000_000_000 + patient)
    }

    @Test("A chain that leads in a circle ends, and is named")
    func circle() throws {
        let hall = try Hall(load: 1)
        var writer = try hall.source.makeWriter()
        let index = hall.calls.index
        // Empty overflow buckets that lead to each other, on every home.
        for number in 0 ..< index.homes + index.overflowCount {
            try writer.transaction { change throws(TandemError) in
                try index.hold(bucket: number, in: &change.log).link = UInt32(1 + number % 2)
            }
        }
        #expect(code { () throws(TandemError) in _ = try hall.calls.find(5) } == .tableDamaged)
        #expect(code { () throws(TandemError) in _ = try hall.calls.survey() } == .tableDamaged)
        let failure = code { () throws(TandemError) in
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(hall.calls, key: 5, Call(5))
            }
        }
        #expect(failure == .tableDamaged)
    }

    @Test("A call that is refused for damage has changed nothing: its transaction goes on with something else")
    func unchanged() throws {
        let hall = try Hall(partitions: 1)
        var writer = try hall.source.makeWriter()
        let pool = hall.calls.index.pool
        _ = try writer.transaction { change throws(TandemError) in try change.insert(hall.calls, key: 1, Call(1)) }
        // The list says that it has a slot, and names none.
        try writer.transaction { change throws(TandemError) in
            try pool.lists.hold(list: ListPlace.firstPartition, in: &change.log).count = 1
        }
        func image() -> [UInt8] { [pool.slots, pool.lists, hall.calls.index.buckets].flatMap { payloads($0, hall) } }
        let before = image()
        try writer.transaction { change throws(TandemError) in
            for key in [1, 2] as [UInt64] {
                do throws(TandemError) {
                    if key == 1 {
                        _ = try change.remove(hall.calls, key: key)
                    } else {
                        _ = try change.insert(hall.calls, key: key, Call(2))
                    }
                    Issue.record("\(key)")
                } catch {
                    guard error.code == .tableDamaged else { throw error }
                    #expect(error.table != nil && error.index == ListPlace.firstPartition)
                }
            }
            try change.update(hall.trunks, at: 1) { $0.busy = 3 }
        }
        #expect(image() == before)
        #expect(try hall.trunks.read(at: 1).busy == 3)
    }

    private func payloads(_ table: SharedTable, _ hall: Hall) -> [UInt8] {
        (0 ..< table.capacity).flatMap { index in
            (try? table.look(at: index, as: 0) {
                [UInt8](UnsafeRawBufferPointer(start: $0, count: table.view.layout.payloadBytes))
            }) ?? []
        }
    }
}
