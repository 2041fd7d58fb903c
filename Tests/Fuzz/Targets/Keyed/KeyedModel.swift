import TandemTables

/// What a keyed table must hold: the keys that are committed, by their numbers.
struct KeyedModel {
    struct Entry: Equatable {
        var value: UInt64
        var handle: RecordHandle
        var deadline: UInt64
    }

    var committed: [Int: Entry] = [:]
    /// Every handle that a committed transaction was given: none comes twice.
    var given: Set<RecordHandle> = []
    /// Slots that have had all their generations.
    var retired = 0

    /// What a transaction that is not committed has changed: an entry, or that there is none.
    struct Changes {
        var entries: [Int: Entry?] = [:]
        var given: Set<RecordHandle> = []
        var retired = 0
    }

    func entry(_ key: Int, in changes: Changes) -> Entry? { changes.entries[key] ?? committed[key] }

    func entry(of handle: RecordHandle, in changes: Changes) -> (key: Int, entry: Entry)? {
        for (key, entry) in changes.entries {
            if let entry, entry.handle == handle { return (key, entry) }
        }
        return committed.first { $0.value.handle == handle && changes.entries[$0.key] == nil }.map {
            ($0.key, $0.value)
        }
    }

    /// Slots that a transaction finds free.
    func isFull(in changes: Changes) -> Bool {
        var count = committed.count
        for (key, entry) in changes.entries { count += (entry == nil ? 0 : 1) - (committed[key] == nil ? 0 : 1) }
        return count + retired + changes.retired == KeyedHall.capacity
    }

    mutating func commit(_ changes: Changes) {
        for (key, entry) in changes.entries { committed[key] = entry }
        given.formUnion(changes.given)
        retired += changes.retired
    }
}
