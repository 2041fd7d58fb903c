import Glibc
import TandemSystem

@testable import TandemTables

/// Somebody who calls a keyed table at random and notes what it answers, in memory that outlives it.
struct KeyedTraffic {
    /// Tells its key as well, so that another's content shows.
    struct Entry: BitwiseCopyable {
        var key: UInt64
        var value: UInt64
        var sum: UInt64

        init(_ key: UInt64, _ value: UInt64) {
            (self.key, self.value, sum) = (key, value, key ^ value)
        }

        var isWhole: Bool { sum == key ^ value }
    }

    typealias Table = KeyedTable<UInt64, Entry>

    /// Two homes, both full for most of the time.
    static func tables() throws(TandemError) -> [TableDefinition] {
        try .keyed("calls", key: UInt64.self, of: Entry.self, capacity: 50, load: 0.7, partitions: 2)
    }

    static func table(of source: SourceDataFile) throws(TandemError) -> Table {
        try source.keyedTable("calls", key: UInt64.self, of: Entry.self)
    }

    let table: Table
    /// All of one home: they fill it and the buckets that are second to it, and the others are in its chain.
    let keys: [UInt64]
    /// Where events are noted; the first has their number as `begun`.
    let notes: UnsafeMutableBufferPointer<KeyedEvent>
    var numbers: SeededNumbers
    /// Upper half of the values that are put in.
    let caller: UInt64
    var handles: [RecordHandle] = []

    static func keys(of table: Table) -> [UInt64] {
        KeyedHash.keys(56, of: table.index.hash, homes: table.index.homes)
    }

    init(_ table: Table, notes: UnsafeMutableBufferPointer<KeyedEvent>, caller: UInt64) {
        self.table = table
        keys = Self.keys(of: table)
        self.notes = notes
        self.caller = caller
        numbers = SeededNumbers(caller)
    }

    /// One operation more; false when there is no room to note it.
    mutating func step(_ writer: inout Writer) throws(TandemError) -> Bool {
        let number = Int(notes[0].begun) + 1
        guard number < notes.count else { return false }
        var event = KeyedEvent()
        event.key = keys[.random(in: keys.indices, using: &numbers)]
        // Mostly looked for, and for a part of the time by those who only look.
        let kind = Int.random(in: 0 ..< 10, using: &numbers)
        event.action = KeyedEvent.Action(rawValue: UInt64(kind < 5 ? 0 : kind - 4)) ?? .find
        event.value = caller << 32 | UInt64(number)
        event.begun = MonotonicClock.now()
        notes[number] = event
        notes[0].begun = UInt64(number)
        event.answer = try answer(event, &writer)
        event.ended = event.answer == .max ? event.begun : MonotonicClock.now()
        // A full table answers nothing about the key.
        if event.answer == .max { (event.action, event.key, event.answer) = (.find, .max, 0) }
        notes[number] = event
        return true
    }

    private mutating func answer(_ event: KeyedEvent, _ writer: inout Writer) throws(TandemError) -> UInt64 {
        let (table, key) = (table, event.key)
        let entry = Entry(key, event.value)
        if event.action == .find {
            guard let found = try table.find(key) else { return 0 }
            precondition(found.record.isWhole && found.record.key == key, "\(key) has \(found.record)")
            handles.append(found.handle)
            if handles.count > 64 { handles.removeFirst() }
            for handle in handles {
                // Gone, or what it was: each handle was found under its key, and keys do not change.
                guard let record = try table.read(handle) else { continue }
                precondition(record.isWhole, "\(handle) has \(record)")
            }
            return found.record.value
        }
        return try writer.transaction { change throws(TandemError) in
            switch event.action {
            case .find: return 0
            case .insert, .upsert:
                do throws(TandemError) {
                    let placed =
                        event.action == .insert
                        ? try change.insert(table, key: key, entry) : try change.upsert(table, key: key, entry)
                    guard case .inserted = placed else { return 0 }
                    return 1
                } catch {
                    guard error.code == .tableFull else { throw error }
                    return .max
                }
            case .remove: return try change.remove(table, key: key) ? 1 : 0
            case .update: return try change.update(table, key: key) { $0 = entry } == nil ? 0 : 1
            case .replace:
                guard try change.remove(table, key: key) else { return 0 }
                guard case .inserted = try change.insert(table, key: key, entry) else {
                    preconditionFailure("\(key) was there twice")
                }
                return 1
            }
        }
    }

    /// What all have noted, key by key; those that are not linearizable.
    static func wrongKeys(_ notes: [UnsafeMutableBufferPointer<KeyedEvent>]) -> [UInt64] {
        let events = notes.flatMap { $0.dropFirst().prefix(Int($0[0].begun)) }
        let byKey = Dictionary(grouping: events) { $0.key }
        return byKey.filter { $0.key != .max && !KeyHistory($0.value).isLinearizable }.map(\.key).sorted()
    }
}
