import TandemTables

/// What each stamp was to a key, as those say who changed it. Which of them were committed, and in which epoch, the
/// history knows: to it a key is a record like any other.
final class KeyedHistory {
    /// What a transaction made of a key.
    struct Change: CustomStringConvertible {
        let key: Int
        let stamp: UInt64
        /// The handle under which the transaction found the key; 0: it was not there.
        let before: UInt64
        /// The one that it has left; 0: none.
        let after: UInt64

        /// It was there, under a handle that a removal by its key does not tell.
        static let some = UInt64.max

        var isInsertion: Bool { after != 0 && after != before }

        var description: String {
            let found = before == Self.some ? "some handle" : "\(RecordHandle(rawValue: before))"
            return "key \(key), stamp \(stamp), \(found) → \(RecordHandle(rawValue: after))"
        }
    }

    private var changes: [UInt64: Change] = [:]
    /// The newest removal of each key that may have been committed by now.
    private var removed = [UInt64](repeating: 0, count: KeyedTables.keyCount)
    /// That before it, should it be refused: its transaction holds the key, so no other comes between.
    private var removedBefore = [UInt64](repeating: 0, count: KeyedTables.keyCount)
    /// Every handle that a committed insertion was given.
    private var given: Set<UInt64> = []
    private(set) var population = 0
    var reach = KeyedReach()

    func clear() {
        changes.removeAll(keepingCapacity: true)
        for key in removed.indices { (removed[key], removedBefore[key]) = (0, 0) }
        given.removeAll(keepingCapacity: true)
        population = 0
        reach = KeyedReach()
    }

    func note(_ change: Change) { changes[change.stamp] = change }

    subscript(stamp: UInt64) -> Change? { changes[stamp] }

    /// From here on a reader may see these.
    func begin(_ committing: [Change]) {
        for change in committing where change.after == 0 {
            removedBefore[change.key] = removed[change.key]
            removed[change.key] = max(removed[change.key], change.stamp)
        }
    }

    /// They were refused, so nobody has seen them.
    func withdraw(_ refused: [Change]) {
        for change in refused where change.after == 0 { removed[change.key] = removedBefore[change.key] }
    }

    /// What is wrong with what was committed; nil if nothing is.
    func commit(_ committed: [Change]) -> String? {
        for change in committed {
            population += (change.after == 0 ? 0 : 1) - (change.before == 0 ? 0 : 1)
            switch (change.before == 0, change.after == 0) {
            case (true, false): reach.insertions += 1
            case (false, true): reach.removals += 1
            default: reach.updates += 1
            }
            if change.isInsertion, !given.insert(change.after).inserted {
                return
                    "key \(change.key) was given handle \(RecordHandle(rawValue: change.after)), as another before it"
            }
        }
        return nil
    }

    /// Whether somebody who has seen `key` at `stamp` may find it gone.
    func mayMiss(_ key: Int, since stamp: UInt64) -> Bool { stamp == 0 || removed[key] > stamp }

    /// What follows what it cannot have followed, as one key put in twice does; nil if there is none.
    ///
    /// - Parameter stamps: those of the key's committed changes, in their order.
    func disorder(of key: Int, _ stamps: [UInt64]) -> String? {
        var state: UInt64 = 0
        for stamp in stamps {
            guard let change = changes[stamp], change.key == key else { return "key \(key) has stamp \(stamp)" }
            guard change.before == state || change.before == Change.some && state != 0 else {
                return """
                    key \(key): the change of stamp \(stamp) found \(RecordHandle(rawValue: change.before)), and \
                    \(RecordHandle(rawValue: state)) was committed before it
                    """
            }
            state = change.after
        }
        return nil
    }
}

/// What somebody has seen of the keys: committed values never go back, and a key that is there is found.
struct KeyedSight {
    private var newest = [UInt64](repeating: 0, count: KeyedTables.keyCount)

    /// What is wrong with having found a key, or not; nil if nothing is.
    mutating func found(
        _ key: Int, _ found: (handle: RecordHandle, record: KeyedTables.Record)?, _ history: KeyedHistory
    ) -> String? {
        guard let (handle, record) = found else {
            history.reach.absent += 1
            if history.mayMiss(key, since: newest[key]) { return nil }
            return "key \(key) was missed: it was there at stamp \(newest[key]), and nobody has removed it"
        }
        if record.first < newest[key] {
            return "key \(key) was found at stamp \(record.first), and before it at \(newest[key])"
        }
        newest[key] = record.first
        history.reach.found += 1
        return Self.read(key, handle, record, history)
    }

    /// The same for a record that was read by a handle under which the key was known.
    static func read(
        _ key: Int, _ handle: RecordHandle, _ record: KeyedTables.Record, _ history: KeyedHistory
    ) -> String? {
        guard record.first == record.second else { return "key \(key): a torn read, \(record)" }
        guard let change = history[record.first], change.key == key, change.after == handle.rawValue else {
            return "key \(key), handle \(handle) has the record of \(history[record.first].map { "\($0)" } ?? "none")"
        }
        return nil
    }
}
