public import Tandem
public import TandemTypes
internal import TandemCore

extension SourceDataFile {
    /// The table called `name`, as records of `Record` found by `Key`.
    ///
    /// Whoever opens it first makes its secret, which takes a writer for a moment; so does whoever opens it first after
    /// a promotion, for its clock.
    ///
    /// - Parameters:
    ///   - keyBytesMax: the longest key of a table whose keys have different lengths, as it was made for; nil for keys
    ///     of one size.
    ///   - match: how the type is compared with the one that the table was made for.
    /// - Throws: `.noSuchTable`; `.wrongSchema` when it was made for other keys or records, or is no keyed table, as
    ///   when a companion is missing; `.badArgument` for a key type with padding; `.noWriterSlot` and `.superseded` for
    ///   the first who opens it.
    /// - Complexity: O(tables + fields); to be called once, not for each access.
    public func keyedTable<Key: TableKey, Record: BitwiseCopyable>(
        _ name: String, key: Key.Type, keyBytesMax: Int? = nil, of record: Record.Type,
        matching match: RecordMatch = .version(0)
    ) throws(TandemError) -> KeyedTable<Key, Record> {
        let keyBytes = try TableShape.keyBytes(name, of: key, declared: keyBytesMax)
        let parts = try TableParts(of: name, in: self, isKeyed: true)
        let (pool, header) = try open(parts, keyBytes, record, match, salt: TableShape.keyedSalt(key))
        guard let buckets = parts.buckets else { preconditionFailure("a keyed table without buckets") }
        return KeyedTable(
            index: KeyIndex(buckets: buckets, pool: pool, secret: header.secret), source: self, name: name,
            clock: TableClock(offset: header.clockOffset))
    }

    /// The table called `name`, as slots with records of `Record`.
    ///
    /// - Throws: as `keyedTable`.
    /// - Complexity: as `keyedTable`.
    public func slotTable<Record: BitwiseCopyable>(
        _ name: String, of record: Record.Type, matching match: RecordMatch = .version(0)
    ) throws(TandemError) -> SlotTable<Record> {
        let parts = try TableParts(of: name, in: self, isKeyed: false)
        let (pool, header) = try open(parts, 0, record, match, salt: 0)
        return SlotTable(pool: pool, source: self, name: name, clock: TableClock(offset: header.clockOffset))
    }

    private func open<Record: BitwiseCopyable>(
        _ parts: TableParts, _ keyBytes: Int, _ record: Record.Type, _ match: RecordMatch, salt: UInt64
    ) throws(TandemError) -> (SlotPool, TableHeader) {
        let recordBytes = MemoryLayout<Record>.size
        guard MemoryLayout<Record>.alignment <= 16 else {
            throw TableParts.misfit(parts.name, in: self, "records that lie at multiples of more than 16 do not fit")
        }
        try parts.check(keyBytesMax: keyBytes, recordBytes: recordBytes, in: self)
        if case .version(let version) = match {
            let known = tables[parts.slots.view.layout.number].recordType
            let given = TableShape.recordType(record, version: version, salt: salt)
            guard known == 0 || given == 0 || known == given else {
                throw TableParts.misfit(
                    parts.name, in: self,
                    "it was made for another kind of key, or for records with other fields or of another version")
            }
        }
        let header = try parts.open(self, keyBytesMax: keyBytes, recordBytes: recordBytes)
        return (SlotPool(slots: parts.slots, lists: parts.lists, keyBytesMax: keyBytes), header)
    }
}
