import TandemCore
import TandemTables

/// Whether a keyed table, as it stands somewhere, is what was committed up to a cut: each key once, with its value,
/// under its handle, and nothing else; and whole by itself.
struct KeyedOracle {
    private let tables: KeyedTables
    private let picture: KeyedPicture
    /// Where each slot's entry was found.
    private var isNamed = [Bool](repeating: false, count: KeyedTables.slotCount)

    private init(_ tables: KeyedTables, _ picture: KeyedPicture) {
        self.tables = tables
        self.picture = picture
    }

    /// What is wrong; nil if nothing is.
    ///
    /// - Parameters:
    ///   - stamps: of each key the newest that was committed; 0: none.
    ///   - read: as for a picture.
    static func violation(
        _ tables: KeyedTables, stamps: (Int) -> UInt64,
        _ read: (TableLayout, Int, UnsafeMutableRawBufferPointer) -> Bool
    ) -> String? {
        guard let picture = KeyedPicture(tables, read) else { return "the keyed table cannot be read" }
        var oracle = KeyedOracle(tables, picture)
        oracle.count()
        return oracle.contents(stamps) ?? oracle.homes() ?? oracle.overflow() ?? oracle.lists()
    }

    private func count() {
        let chains = picture.buckets.prefix(KeyedTables.homes).compactMap(\.next)
        if !chains.isEmpty { tables.history.reach.chains += 1 }
        let isLong = chains.contains {
            $0 < KeyedTables.overflow && picture.buckets[KeyedTables.homes + $0].next != nil
        }
        if isLong { tables.history.reach.longChains += 1 }
    }

    /// Each key that was committed, and none besides: as many slots are in use as keys are there.
    private func contents(_ stamps: (Int) -> UInt64) -> String? {
        var count = 0
        for key in 0 ..< KeyedTables.keyCount {
            let stamp = stamps(key)
            guard stamp != 0 else { continue }
            guard let change = tables.history[stamp] else { return "key \(key) was committed with stamp \(stamp)" }
            guard change.after != 0 else { continue }
            count += 1
            let (index, generation) = (Int(change.after & 0xFFFF_FFFF), Int(change.after >> 32))
            let slot = picture.slots[index]
            guard slot.state == KeyedPicture.Slot.used, slot.generation == generation, slot.keyBytes == 8,
                slot.key == tables.keys[key], slot.record == (stamp, stamp)
            else { return "key \(key) is not what was committed: slot \(index) is \(slot), of \(change)" }
        }
        let used = picture.slots.count { $0.state == KeyedPicture.Slot.used }
        return used == count ? nil : "\(used) slots are in use, and \(count) keys were committed"
    }

    /// Each slot in use has one entry, where its key may stand, and a home counts what is away from it.
    private mutating func homes() -> String? {
        var away = [0, 0]
        for home in 0 ..< KeyedTables.homes {
            let bucket = picture.buckets[home]
            for entry in bucket.entries {
                guard let location = name(entry) else {
                    return "bucket \(home): entry \(entry) names nothing, or twice"
                }
                guard location.home == home || location.second == home, location.tag == entry.tag else {
                    return "bucket \(home): entry \(entry) belongs to \(location)"
                }
                if location.home != home { away[location.home] += 1 }
            }
            // Chains are walked no further than there are buckets.
            var (next, passed) = (bucket.next, 0)
            while let number = next {
                guard number < KeyedTables.overflow, passed < KeyedTables.overflow else {
                    return "bucket \(home): its chain leads to \(number), behind \(passed)"
                }
                let chained = picture.buckets[KeyedTables.homes + number]
                guard bucket.entries.count == KeyedPicture.Bucket.places, !chained.entries.isEmpty, chained.away == 0,
                    passed == 0 || chained.entries.count == KeyedPicture.Bucket.places
                else { return "bucket \(home) has \(bucket.entries.count) entries, its chain's \(passed) \(chained)" }
                for entry in chained.entries {
                    guard let location = name(entry), location.home == home, location.tag == entry.tag else {
                        return "bucket \(home): entry \(entry) of its chain belongs elsewhere"
                    }
                }
                passed += 1
                next = chained.next
            }
        }
        for home in away.indices where picture.buckets[home].away != away[home] {
            return "bucket \(home) says that \(picture.buckets[home].away) are away, and \(away[home]) are"
        }
        let lost = picture.slots.indices.first {
            picture.slots[$0].state == KeyedPicture.Slot.used && !isNamed[$0]
        }
        return lost.map { "slot \($0) is in use, and no bucket names it" }
    }

    /// Where the key of an entry may stand; nil where its slot is not in use, or was named before.
    private mutating func name(_ entry: (slot: Int, tag: UInt16)) -> KeyIndex.Location? {
        guard entry.slot < KeyedTables.slotCount, !isNamed[entry.slot],
            picture.slots[entry.slot].state == KeyedPicture.Slot.used
        else { return nil }
        isNamed[entry.slot] = true
        return tables.location(of: picture.slots[entry.slot].key)
    }

    /// Each overflow bucket is in one chain, or in the list of free ones, or was never used.
    private func overflow() -> String? {
        var owners = [Int](repeating: 0, count: KeyedTables.overflow)
        for home in 0 ..< KeyedTables.homes {
            var next = picture.buckets[home].next
            while let number = next {
                owners[number] += 1
                next = picture.buckets[KeyedTables.homes + number].next
            }
        }
        let list = picture.lists[1]
        var (next, count) = (list.first - 1, 0)
        while next >= 0 {
            guard next < list.used, count < list.count else { return "the list of overflow buckets: \(list)" }
            let bucket = picture.buckets[KeyedTables.homes + next]
            guard bucket.entries.isEmpty else { return "overflow bucket \(next) is free, and has entries" }
            owners[next] += 1
            count += 1
            next = bucket.next ?? -1
        }
        guard count == list.count, list.used <= KeyedTables.overflow else {
            return "the list of overflow buckets has \(count): \(list)"
        }
        let wrong = owners.indices.first { owners[$0] != ($0 < list.used ? 1 : 0) }
        return wrong.map { "overflow bucket \($0) has \(owners[$0]) places to be, of \(list)" }
    }

    /// Each slot that was given out is in use or once in its partition's list; no other was touched.
    private func lists() -> String? {
        let size = (KeyedTables.slotCount + KeyedTables.partitions - 1) / KeyedTables.partitions
        for partition in 0 ..< KeyedTables.partitions {
            let range = partition * size ..< min((partition + 1) * size, KeyedTables.slotCount)
            let list = picture.lists[2 + partition]
            var isFree = [Bool](repeating: false, count: KeyedTables.slotCount)
            var (next, last, count) = (list.first - 1, -1, 0)
            while next >= 0 {
                guard range.contains(next), !isFree[next], picture.slots[next].state == KeyedPicture.Slot.free else {
                    return "list \(partition) leads to slot \(next), which is none of its free ones: \(list)"
                }
                isFree[next] = true
                count += 1
                last = next
                next = Int(truncatingIfNeeded: picture.slots[next].word) - 1
            }
            guard count == list.count, last == list.last - 1, list.retired == 0, list.used <= range.count else {
                return "list \(partition) has \(count) slots up to \(last): \(list)"
            }
            for index in range {
                let slot = picture.slots[index]
                let isRight =
                    index - range.lowerBound < list.used
                    ? (slot.state == KeyedPicture.Slot.used) != isFree[index] : slot.isBlank
                if !isRight { return "slot \(index) is \(slot), of list \(partition): \(list)" }
            }
        }
        return nil
    }
}
