internal import Tandem
public import TandemTypes

extension [TableDefinition] {
    /// The tables of one keyed table: for a source's list of tables, with others.
    ///
    ///     let calls = try [TableDefinition].keyed("calls", key: UInt64.self, of: Call.self, capacity: 1_000_000)
    ///     let source = try SourceDataFile.create(at: path, tables: calls + [trunks])
    ///
    /// Besides the slots, which have the name, there are `name.keys` with the buckets and `name.free` with the free
    /// lists: ordinary tables, replicated and promoted like every other.
    ///
    /// - Parameters:
    ///   - name: 1 to 26 letters, digits, '-', '_' or '.'.
    ///   - keyBytesMax: the longest key, 1 … 1,024, for keys of different lengths; nil for those of one size.
    ///   - capacity: records, 1 … 4,294,967,295.
    ///   - load: how full the buckets are when all slots are in use, 0.1 … 1. Up to 0.8 hardly a key needs a third
    ///     bucket; at 0.7 buckets and overflow take 19 bytes a slot.
    ///   - partitions: free lists, 1 … 1,024; best as many as there are writers.
    ///   - version: raised by the program when the meaning of the fields changes and their names do not.
    /// - Throws: `.badArgument`, naming the table.
    public static func keyed<Key: TableKey, Record: BitwiseCopyable>(
        _ name: String, key: Key.Type, keyBytesMax: Int? = nil, of record: Record.Type, capacity: Int,
        load: Double = 0.7, partitions: Int = 16, version: UInt32 = 0
    ) throws(TandemError) -> [TableDefinition] {
        let keyBytes = try TableShape.keyBytes(name, of: key, declared: keyBytesMax)
        return try keyed(
            name, keyBytesMax: keyBytes, recordBytes: MemoryLayout<Record>.size, capacity: capacity, load: load,
            partitions: partitions,
            recordType: TableShape.recordType(record, version: version, salt: TableShape.keyedSalt(key)))
    }

    /// The tables of one table of slots: for a source's list of tables, with others.
    ///
    /// - Parameters: as of `keyed`.
    /// - Throws: `.badArgument`, naming the table.
    public static func slots<Record: BitwiseCopyable>(
        _ name: String, of record: Record.Type, capacity: Int, partitions: Int = 16, version: UInt32 = 0
    ) throws(TandemError) -> [TableDefinition] {
        try slots(
            name, recordBytes: MemoryLayout<Record>.size, capacity: capacity, partitions: partitions,
            recordType: TableShape.recordType(record, version: version, salt: 0))
    }

    /// Slots of bytes, for programs that know a record's shape only when they run.
    package static func slots(
        _ name: String, recordBytes: Int, capacity: Int, partitions: Int = 16, recordType: UInt64 = 0
    ) throws(TandemError) -> [TableDefinition] {
        try TableShape.check(name, capacity: capacity, partitions: partitions)
        return TableShape.slots(
            name, keyBytesMax: 0, recordBytes: recordBytes, capacity: capacity, partitions: partitions,
            recordType: recordType)
    }

    /// A keyed table of bytes, for programs that know a record's shape only when they run.
    package static func keyed(
        _ name: String, keyBytesMax: Int, recordBytes: Int, capacity: Int, load: Double = 0.7, partitions: Int = 16,
        recordType: UInt64 = 0
    ) throws(TandemError) -> [TableDefinition] {
        try TableShape.check(name, capacity: capacity, partitions: partitions)
        guard (1 ... TableParts.keyBytesMax).contains(keyBytesMax) else {
            throw TableShape.refusal(
                name, "keys of \(keyBytesMax) bytes are not possible", "Use 1 to \(TableParts.keyBytesMax) bytes a key")
        }
        guard (0.1 ... 1).contains(load) else {
            throw TableShape.refusal(name, "a load of \(load) is not possible", "Use 0.1 to 1")
        }
        let homes = Swift.max(
            KeyIndex.homesMin, Int((Double(capacity) / (Double(Bucket.places) * load)).rounded(.up)))
        return TableShape.slots(
            name, keyBytesMax: keyBytesMax, recordBytes: recordBytes, capacity: capacity, partitions: partitions,
            recordType: recordType)
            + [
                TableDefinition(
                    name: name + TableParts.buckets, payloadBytes: Bucket.payloadBytes,
                    capacity: homes + KeyIndex.overflowCount(capacity: capacity), sharing: .shared)
            ]
    }
}

/// What a table's definition and its opening have in common.
enum TableShape {
    static func slots(
        _ name: String, keyBytesMax: Int, recordBytes: Int, capacity: Int, partitions: Int, recordType: UInt64
    ) -> [TableDefinition] {
        [
            TableDefinition(
                name: name, payloadBytes: SlotBytes.recordOffset(keyBytesMax: keyBytesMax) + recordBytes,
                capacity: capacity, sharing: .shared, recordType: recordType),
            TableDefinition(
                name: name + TableParts.lists, payloadBytes: FreeList.payloadBytes,
                capacity: ListPlace.firstPartition + min(partitions, capacity), sharing: .shared),
        ]
    }

    static func check(_ name: String, capacity: Int, partitions: Int) throws(TandemError) {
        guard (1 ... TableParts.nameBytesMax).contains(name.utf8.count) else {
            throw refusal(
                name, "the name of a keyed table or a table of slots must be 1 to \(TableParts.nameBytesMax) letters",
                "Choose another name, as its companions' names are longer by \(TableParts.buckets.utf8.count)")
        }
        guard (1 ... TableDefinition.capacityMax).contains(capacity) else {
            throw refusal(
                name, "a capacity of \(capacity) records is not possible",
                "Use 1 to \(TableDefinition.capacityMax) records")
        }
        guard (1 ... 1024).contains(partitions) else {
            throw refusal(name, "\(partitions) partitions are not possible", "Use 1 to 1,024, one for each writer")
        }
    }

    static func refusal(_ name: String, _ problem: String, _ remedy: String) -> TandemError {
        TandemError(.badArgument, "table '\(name)'", problem, remedy: remedy)
    }

    /// The longest key of a table: what the type says, or, where it says nothing, what was declared.
    static func keyBytes<Key: TableKey>(
        _ name: String, of key: Key.Type, declared: Int?
    ) throws(TandemError) -> Int {
        guard let fixed = Key.keyBytes else {
            guard let declared, (1 ... TableParts.keyBytesMax).contains(declared) else {
                throw refusal(
                    name, "keys of type \(key) have different lengths, and no longest one was declared",
                    "Declare one of 1 to \(TableParts.keyBytesMax) bytes with `keyBytesMax`")
            }
            return declared
        }
        guard declared == nil || declared == fixed, (1 ... TableParts.keyBytesMax).contains(fixed) else {
            throw refusal(
                name, "keys of type \(key) have \(fixed) bytes", "Leave out `keyBytesMax`, or use another key")
        }
        guard RecordType.hasNoPadding(key) else {
            throw refusal(
                name, "keys of type \(key) have bytes that belong to no field: two equal ones may differ there",
                "Fill the gaps with fields of its own that are always zero")
        }
        return fixed
    }

    /// What is known of a record's type, as one number, which a table with keys has not in common with one without.
    static func recordType<Record: BitwiseCopyable>(_ record: Record.Type, version: UInt32, salt: UInt64) -> UInt64 {
        let fingerprint = RecordType.fingerprint(of: record, version: version)
        return fingerprint == 0 ? 0 : max((fingerprint ^ salt) &* 0x100_0000_01B3, 1)
    }

    /// 1 for keys of different lengths, as text and bytes are the same to the table.
    static func keyedSalt<Key: TableKey>(_ key: Key.Type) -> UInt64 { Key.keyBytes.map { UInt64($0) << 8 } ?? 1 }
}
