public import Tandem
public import TandemCore

/// Records that are given out and given back, and known by handles: a call's name that is never another call's.
///
/// Made of ordinary records, so that it is replicated, recovered and promoted like everything else: a slot is allocated
/// and released in a transaction, with any other records, by `Transaction.allocate` and `release`.
///
/// *Threads:* any may read; writing goes through a `Writer`.
public struct SlotTable<Record: BitwiseCopyable>: Sendable {
    @usableFromInline let pool: SlotPool
    /// Keeps the memory mapped.
    @usableFromInline let source: SourceDataFile
    /// As it was given when the source was made.
    public let name: String
    /// What the deadlines of its slots are told on.
    public let clock: TableClock

    init(pool: SlotPool, source: SourceDataFile, name: String, clock: TableClock) {
        self.pool = pool
        self.source = source
        self.name = name
        self.clock = clock
    }

    /// Number of slots.
    public var capacity: Int { pool.capacity }
    /// Number of free lists; each has the slots of one range, and writers take turns by their number.
    public var partitionCount: Int { pool.partitions.count }

    /// The last committed value of the record that `handle` names; nil when it was released, also when the slot has
    /// been given out again since.
    ///
    /// - Throws: `.readContended` when the record's header makes no sense, which only scribbled memory brings about.
    /// - Complexity: O(payload), a few loads; as `DataTable.read` while a writer is at it.
    ///
    /// *Threads:* any, at the same time; waits for nobody. *Crash:* changes nothing.
    @inlinable @inline(__always)
    public func read(_ handle: RecordHandle) throws(TandemError) -> Record? {
        try pool.withRecord(handle, as: 0) { copy $0 }
    }
}

extension Transaction {
    /// Gives out a slot of `table`, with `record` in it.
    ///
    /// - Parameter partition: the range of slots that it is preferred from, any number from 0; nil: the writer's own,
    ///   so that writers seldom meet. Another has to help out when it is full.
    /// - Throws: `.tableFull` when no slot was free, and nothing is changed; `.tableDamaged`; and what `update` throws.
    /// - Complexity: O(1), two records changed; O(partitions) when the preferred one is full.
    @inlinable
    public mutating func allocate<Record>(
        _ table: SlotTable<Record>, _ record: Record, partition: Int? = nil
    ) throws(TandemError) -> RecordHandle {
        let given = try table.pool.allocate(in: &log, near: partition)
        given.record.storeBytes(of: record, as: Record.self)
        return given.handle
    }

    /// Gives the slot that `handle` names back; false, and nothing is changed, when it had been before.
    ///
    /// - Throws: `.tableDamaged`, and what `update` throws.
    /// - Complexity: O(1), three records changed.
    @inlinable @discardableResult
    public mutating func release<Record>(
        _ table: SlotTable<Record>, _ handle: RecordHandle
    ) throws(TandemError) -> Bool {
        try table.pool.release(handle, in: &log)
    }

    /// Changes the record that `handle` names in place.
    ///
    /// - Returns: what `change` returns; nil, and `change` has not run, when the slot was released.
    /// - Throws: what `update` of another table throws, and what `change` throws.
    /// - Complexity: as `update` of another table.
    @inlinable @discardableResult
    public mutating func update<Record, Result>(
        _ table: SlotTable<Record>, _ handle: RecordHandle,
        _ change: (inout Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result? {
        guard let record = try table.pool.holdRecord(handle, in: &log) else { return nil }
        return try change(&record.assumingMemoryBound(to: Record.self).pointee)
    }

    /// The record that `handle` names as this transaction has left it; one that it has not changed, as committed last.
    /// Nil when the slot was released.
    ///
    /// - Throws: `.foreignTable`, and what `SlotTable.read` throws.
    /// - Complexity: as `SlotTable.read`.
    @inlinable
    public func read<Record>(
        _ table: SlotTable<Record>, _ handle: RecordHandle
    ) throws(TandemError) -> Record? {
        try table.pool.withRecord(handle, as: log.owner(in: table.pool.slots.view)) { copy $0 }
    }
}
