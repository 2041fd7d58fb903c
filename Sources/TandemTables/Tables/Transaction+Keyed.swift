public import Tandem
public import TandemCore

/// What an insertion has found.
public enum Insertion: Hashable, Sendable {
    /// The key is there now, and its record is the one that was given.
    case inserted(RecordHandle)
    /// The key was there; its record is as it was.
    case present(RecordHandle)

    /// The handle of the record that the key has now, whichever.
    @inlinable public var handle: RecordHandle {
        switch self {
        case .inserted(let handle), .present(let handle): handle
        }
    }
}

extension Transaction {
    /// Puts `record` under `key`, unless the key is there.
    ///
    /// - Parameters:
    ///   - deadline: on the table's clock; 0 for none. See `DeadlineWheel`.
    ///   - partition: the range of slots that is preferred, any number from 0; nil: the writer's own.
    /// - Returns: `.present` with the record that the key has, which is not changed. No other transaction can insert
    ///   or remove the key before this one has ended, whichever it is.
    /// - Throws: `.tableFull` when no slot was free; `.keyTooLong`; `.tableDamaged`; and what `update` throws. Nothing
    ///   is changed then.
    /// - Complexity: O(key + payload), three records changed, four or more for some keys.
    @inlinable
    public mutating func insert<Key, Record>(
        _ table: KeyedTable<Key, Record>, key: Key, _ record: Record, deadline: UInt64 = 0,
        partition: Int? = nil
    ) throws(TandemError) -> Insertion {
        let placed = try place(table.index, key, partition, deadline: deadline, holdsFound: false)
        guard placed.isNew, let room = placed.record else { return .present(placed.handle) }
        room.storeBytes(of: record, as: Record.self)
        return .inserted(placed.handle)
    }

    /// Puts `record` under `key`, in place of what is there.
    ///
    /// - Returns: `.inserted` when the key is new; `.present` when it was there, with its handle, which stays, and its
    ///   record replaced. Its deadline stays as well.
    /// - Throws: as `insert`.
    /// - Complexity: as `insert`.
    @inlinable @discardableResult
    public mutating func upsert<Key, Record>(
        _ table: KeyedTable<Key, Record>, key: Key, _ record: Record, deadline: UInt64 = 0,
        partition: Int? = nil
    ) throws(TandemError) -> Insertion {
        let placed = try place(table.index, key, partition, deadline: deadline, holdsFound: true)
        placed.record?.storeBytes(of: record, as: Record.self)
        return placed.isNew ? .inserted(placed.handle) : .present(placed.handle)
    }

    /// Changes the record of `key` in place.
    ///
    /// - Returns: what `change` returns; nil, and `change` has not run, when the key was not there. Another transaction
    ///   may insert it before this one has ended: what depends on its absence is an `insert`.
    /// - Throws: `.keyTooLong`, `.tableDamaged`, what `update` of another table throws, and what `change` throws.
    /// - Complexity: as `find`, and one record changed.
    @inlinable @discardableResult
    public mutating func update<Key, Record, Result>(
        _ table: KeyedTable<Key, Record>, key: Key,
        _ change: (inout Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result? {
        guard let record = try hold(table.index, key) else { return nil }
        return try change(&record.assumingMemoryBound(to: Record.self).pointee)
    }

    /// Changes the record that `handle` names in place: no key is looked for.
    ///
    /// - Returns: what `change` returns; nil, and `change` has not run, when its key was removed.
    /// - Throws: what `update` of another table throws, and what `change` throws.
    /// - Complexity: as `update` of another table.
    @inlinable @discardableResult
    public mutating func update<Key, Record, Result>(
        _ table: KeyedTable<Key, Record>, _ handle: RecordHandle,
        _ change: (inout Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result? {
        guard let record = try table.index.pool.holdRecord(handle, in: &log) else { return nil }
        return try change(&record.assumingMemoryBound(to: Record.self).pointee)
    }

    /// Takes `key` and its record out.
    ///
    /// - Returns: false, and nothing is changed, when the key was not there. No other transaction can insert it before
    ///   this one has ended, either way.
    /// - Throws: `.keyTooLong`, `.tableDamaged`, and what `update` throws. Nothing is changed then.
    /// - Complexity: O(key + payload), four records changed, five or more for some keys.
    @inlinable @discardableResult
    public mutating func remove<Key, Record>(
        _ table: KeyedTable<Key, Record>, key: Key
    ) throws(TandemError) -> Bool {
        try key.withKeyBytes { bytes in
            result { () throws(TandemError) in try table.index.remove(bytes, in: &log) }
        }.get()
    }

    /// Takes the record that `handle` names out, with its key.
    ///
    /// - Returns: false, and nothing is changed, when it had been before.
    /// - Throws: as `remove` of a key.
    /// - Complexity: as `remove` of a key.
    @inlinable @discardableResult
    public mutating func remove<Key, Record>(
        _ table: KeyedTable<Key, Record>, _ handle: RecordHandle
    ) throws(TandemError) -> Bool {
        try table.index.remove(handle, in: &log)
    }

    /// The record of `key` as this transaction has left it; one that it has not changed, as committed last.
    ///
    /// Takes no lock: what decides on a change is read in `update`, and what depends on a key's absence is an `insert`.
    ///
    /// - Throws: `.foreignTable`, and what `KeyedTable.find` throws.
    /// - Complexity: as `KeyedTable.find`.
    @inlinable
    public func find<Key, Record>(
        _ table: KeyedTable<Key, Record>, key: Key
    ) throws(TandemError) -> KeyedTable<Key, Record>.Found? {
        try table.index.withFound(key, as: log.owner(in: table.index.pool.slots.view)) {
            KeyedTable.Found(handle: $0, record: copy $1)
        }
    }

    /// Whether `key` is there for this transaction: as `find`.
    ///
    /// - Throws: as `find`.
    /// - Complexity: as `find`.
    @inlinable
    public func contains<Key, Record>(
        _ table: KeyedTable<Key, Record>, key: Key
    ) throws(TandemError) -> Bool {
        try table.index.handle(of: key, as: log.owner(in: table.index.pool.slots.view)) != nil
    }

    /// The record that `handle` names as this transaction has left it; nil when its key was removed.
    ///
    /// - Throws: `.foreignTable`, and what `KeyedTable.read` throws.
    /// - Complexity: as `KeyedTable.read`.
    @inlinable
    public func read<Key, Record>(
        _ table: KeyedTable<Key, Record>, _ handle: RecordHandle
    ) throws(TandemError) -> Record? {
        try table.index.pool.withRecord(handle, as: log.owner(in: table.index.pool.slots.view)) { copy $0 }
    }

    @inlinable
    mutating func place<Key: TableKey>(
        _ index: KeyIndex, _ key: Key, _ partition: Int?, deadline: UInt64, holdsFound: Bool
    ) throws(TandemError) -> KeyIndex.Placed {
        try key.withKeyBytes { bytes in
            result { () throws(TandemError) in
                try index.insert(
                    bytes, in: &log, near: partition, deadline: deadline, holdsFound: holdsFound)
            }
        }.get()
    }

    @inlinable
    mutating func hold<Key: TableKey>(
        _ index: KeyIndex, _ key: Key
    ) throws(TandemError) -> UnsafeMutableRawPointer? {
        try key.withKeyBytes { bytes in
            result { () throws(TandemError) in try index.holdRecord(bytes, in: &log) }
        }.get()
    }
}
