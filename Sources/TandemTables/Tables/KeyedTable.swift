public import Tandem
internal import TandemCore

/// Records found by key: calls by their Call-ID, subscribers by IMSI.
///
/// Made of ordinary records, so that it is replicated, recovered and promoted like everything else. What changes it is
/// part of a transaction, with any other records: `Transaction.insert`, `update`, `upsert` and `remove`. What reads it
/// outside of one waits for nobody, and never misses a key that is there throughout.
///
///     let calls = try source.keyedTable("calls", key: String.self, keyBytesMax: 64, of: Call.self)
///     try writer.transaction { change throws(TandemError) in
///         guard case .inserted(let handle) = try change.insert(calls, key: callID, call) else { return }
///         try change.update(trunks, at: call.trunk) { $0.busy += 1 }
///     }
///     let call = try calls.find(callID)?.record
///
/// The table never grows and never pauses to: its capacity is fixed, and an insertion fails only when no slot is free.
///
/// *Threads:* any may read; writing goes through a `Writer`. *Crash:* changes nothing, as `Writer` says.
public struct KeyedTable<Key: TableKey, Record: BitwiseCopyable>: Sendable {
    @usableFromInline let index: KeyIndex
    /// Keeps the memory mapped.
    @usableFromInline let source: SourceDataFile
    /// As it was given when the source was made.
    public let name: String
    /// What the deadlines of its records are told on.
    public let clock: TableClock

    init(index: KeyIndex, source: SourceDataFile, name: String, clock: TableClock) {
        self.index = index
        self.source = source
        self.name = name
        self.clock = clock
    }

    /// Number of slots: so many keys fit.
    public var capacity: Int { index.pool.capacity }
    /// Bytes of the longest key.
    public var keyBytesMax: Int { index.pool.keyBytesMax }
    /// Number of free lists; each has the slots of one range, and writers take turns by their number.
    public var partitionCount: Int { index.pool.partitions.count }

    /// A record and its handle, of one moment.
    public struct Found {
        /// The record's name for as long as its key is there.
        public let handle: RecordHandle
        /// Its value.
        public let record: Record

        @inlinable init(handle: RecordHandle, record: Record) {
            self.handle = handle
            self.record = record
        }
    }

    /// The last committed value of the record of `key`; nil when there was a moment, while this ran, at which the key
    /// was not there.
    ///
    /// - Throws: `.keyTooLong`; `.readContended` and `.tableDamaged`, which only scribbled memory brings about.
    /// - Complexity: O(key + payload), two records read; two to four more for a key to which its home does not lead at
    ///   once; those again when it was not found and a transaction of a key with the same home was committed meanwhile.
    ///
    /// *Threads:* any, at the same time; waits for nobody. *Crash:* changes nothing.
    @inlinable @inline(__always)
    public func find(_ key: Key) throws(TandemError) -> Found? {
        try index.withFound(key, as: 0) { Found(handle: $0, record: copy $1) }
    }

    /// Whether `key` is there; false when there was a moment, while this ran, at which it was not.
    ///
    /// - Throws: as `find`.
    /// - Complexity: as `find`.
    @inlinable
    public func contains(_ key: Key) throws(TandemError) -> Bool {
        try index.handle(of: key, as: 0) != nil
    }

    /// What `body` makes of the last committed value of the record of `key`, which is copied once, and not by handing
    /// it about; nil, and `body` has not run, when the key was not there.
    ///
    /// - Throws: as `find`, and what `body` throws.
    /// - Complexity: as `find`.
    @inlinable @inline(__always)
    public func withRecord<Result>(
        _ key: Key, _ body: (borrowing Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result? {
        try index.withFound(key, as: 0) { (_, record: borrowing Record) throws(TandemError) in try body(record) }
    }

    /// The last committed value of the record that `handle` names; nil when its key was removed, also when the slot has
    /// another since.
    ///
    /// - Throws: `.readContended`, which only scribbled memory brings about.
    /// - Complexity: O(payload), one record read.
    @inlinable @inline(__always)
    public func read(_ handle: RecordHandle) throws(TandemError) -> Record? {
        try index.pool.withRecord(handle, as: 0) { copy $0 }
    }

    /// What `body` makes of the record that `handle` names, as `withRecord` of a key.
    ///
    /// - Throws: as `read`, and what `body` throws.
    /// - Complexity: as `read`.
    @inlinable @inline(__always)
    public func withRecord<Result>(
        _ handle: RecordHandle, _ body: (borrowing Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result? {
        try index.pool.withRecord(handle, as: 0, body)
    }

    /// The key of the record that `handle` names; nil when it was removed.
    ///
    /// - Throws: as `read`; `.tableDamaged` when its bytes are none of this type's.
    /// - Complexity: O(key), one record read.
    public func key(of handle: RecordHandle) throws(TandemError) -> Key? {
        guard let slot = try index.pool.copy(handle, as: 0) else { return nil }
        guard let key = slot.withKey({ Key(keyBytes: $0) }) else {
            throw index.pool.slots.damaged(handle.index)
        }
        return key
    }
}
