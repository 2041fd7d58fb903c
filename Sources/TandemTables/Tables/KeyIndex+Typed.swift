public import TandemTypes

// Faces of the index with the key's and the record's type: thin, so that little is made for each pair of them.
extension KeyIndex {
    @inlinable @inline(__always)
    func withFound<Key: TableKey, Record: BitwiseCopyable, Value>(
        _ key: Key, as owner: UInt64, _ body: (RecordHandle, borrowing Record) throws(TandemError) -> Value
    ) throws(TandemError) -> Value? {
        let look = key.withKeyBytes { lookFirst(for: $0) }
        return try pool.withRecord(
            look,
            orElse: { room throws(TandemError) in try findFurther(key, as: owner, into: room) },
            body)
    }

    @inlinable @inline(never)
    func findFurther<Key: TableKey>(
        _ key: Key, as owner: UInt64, into room: UnsafeMutableRawPointer
    ) throws(TandemError) -> RecordHandle? {
        try key.withKeyBytes { bytes in
            result { () throws(TandemError) in try findFurther(bytes, as: owner, into: room) }
        }.get()
    }

    @inlinable
    func handle<Key: TableKey>(of key: Key, as owner: UInt64) throws(TandemError) -> RecordHandle? {
        try key.withKeyBytes { bytes in
            result { () throws(TandemError) in try find(bytes, as: owner, into: nil) }
        }.get()
    }
}

extension SlotPool {
    @inlinable @inline(__always)
    func withRecord<Record: BitwiseCopyable, Value>(
        _ handle: RecordHandle, as owner: UInt64, _ body: (borrowing Record) throws(TandemError) -> Value
    ) throws(TandemError) -> Value? {
        try withRecord(
            look(at: handle),
            orElse: { room throws(TandemError) in try read(handle, as: owner, into: room) ? handle : nil }
        ) { (_, record: borrowing Record) throws(TandemError) in try body(record) }
    }
}

/// Carries a typed error through a closure that throws none.
@inlinable
func result<Value>(_ body: () throws(TandemError) -> Value) -> Result<Value, TandemError> {
    do throws(TandemError) { return .success(try body()) } catch { return .failure(error) }
}
