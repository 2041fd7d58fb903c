public import Tandem
internal import TandemCore

extension KeyedTable {
    /// A key with its record, of one moment.
    public struct Entry {
        /// The record's name.
        public let handle: RecordHandle
        /// What it is found by.
        public let key: Key
        /// Its value.
        public let record: Record
        /// On the table's clock; 0 for none.
        public let deadline: UInt64
    }

    /// Hands every record to `body`, each as it was committed when its turn came, in the order of their slots.
    ///
    /// A key that is there throughout is handed over once. One that comes or goes meanwhile may be, or not.
    ///
    /// - Parameter partition: only the slots of this range, 0 ..< `partitionCount`; nil: all.
    /// - Throws: as `find`, and what `body` throws, which ends it.
    /// - Complexity: O(slots ever used), and an allocation for each record.
    public func forEach(
        in partition: Int? = nil, _ body: (Entry) throws(TandemError) -> Void
    ) throws(TandemError) {
        let pool = index.pool
        try pool.walk(partition) { slot, copy throws(TandemError) in
            guard let key = copy.withKey({ Key(keyBytes: $0) }) else { throw pool.slots.damaged(slot) }
            try body(
                Entry(
                    handle: RecordHandle(index: slot, generation: copy.header.generation), key: key,
                    record: copy.record(at: pool.recordOffset), deadline: copy.header.word))
        }
    }

    /// Number of keys; each partition's of some moment.
    ///
    /// - Throws: `.tableDamaged`, `.readContended`, which only scribbled memory brings about.
    /// - Complexity: O(partitions).
    public func count() throws(TandemError) -> Int { try index.pool.count() }
}

extension SlotTable {
    /// Hands every record with its handle to `body`, as `KeyedTable.forEach` does.
    ///
    /// - Throws: as `read`, `.tableDamaged`, and what `body` throws, which ends it.
    /// - Complexity: as `KeyedTable.forEach`.
    public func forEach(
        in partition: Int? = nil, _ body: (RecordHandle, Record) throws(TandemError) -> Void
    ) throws(TandemError) {
        let pool = pool
        try pool.walk(partition) { slot, copy throws(TandemError) in
            try body(
                RecordHandle(index: slot, generation: copy.header.generation), copy.record(at: pool.recordOffset))
        }
    }

    /// Number of slots in use; each partition's of some moment.
    ///
    /// - Throws: `.tableDamaged`, `.readContended`, which only scribbled memory brings about.
    /// - Complexity: O(partitions).
    public func count() throws(TandemError) -> Int { try pool.count() }
}

extension SlotPool.Copy {
    func record<Record: BitwiseCopyable>(at offset: Int) -> Record {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Record.self) }
    }
}
