public import Tandem

// Faces of the index with the key's and the record's type: thin, so that little is made for each pair of them.
extension KeyIndex {
    @inlinable
    func found<Key: TableKey, Record: BitwiseCopyable>(
        _ key: Key, as owner: UInt64
    ) throws(TandemError) -> KeyedTable<Key, Record>.Found? {
        try withUnsafeTemporaryAllocation(of: Record.self, capacity: 1) { room throws(TandemError) in
            let handle = try key.withKeyBytes { bytes in
                result { () throws(TandemError) in
                    try find(bytes, as: owner, into: UnsafeMutableRawPointer(room.baseAddress!))
                }
            }.get()
            return handle.map { KeyedTable.Found(handle: $0, record: room[0]) }
        }
    }

    @inlinable
    func handle<Key: TableKey>(of key: Key, as owner: UInt64) throws(TandemError) -> RecordHandle? {
        try key.withKeyBytes { bytes in
            result { () throws(TandemError) in try find(bytes, as: owner, into: nil) }
        }.get()
    }

    @inlinable
    func withRecord<Key: TableKey, Record: BitwiseCopyable, Value>(
        _ key: Key, as owner: UInt64, _ body: (borrowing Record) throws(TandemError) -> Value
    ) throws(TandemError) -> Value? {
        try withUnsafeTemporaryAllocation(of: Record.self, capacity: 1) { room throws(TandemError) in
            let handle = try key.withKeyBytes { bytes in
                result { () throws(TandemError) in
                    try find(bytes, as: owner, into: UnsafeMutableRawPointer(room.baseAddress!))
                }
            }.get()
            return handle == nil ? nil : try body(room[0])
        }
    }
}

extension SlotPool {
    @inlinable
    func withRecord<Record: BitwiseCopyable, Value>(
        _ handle: RecordHandle, as owner: UInt64, _ body: (borrowing Record) throws(TandemError) -> Value
    ) throws(TandemError) -> Value? {
        try withUnsafeTemporaryAllocation(of: Record.self, capacity: 1) { room throws(TandemError) in
            let isThere = try read(handle, as: owner, into: UnsafeMutableRawPointer(room.baseAddress!))
            return isThere ? try body(room[0]) : nil
        }
    }
}

/// Carries a typed error through a closure that throws none.
@inlinable
func result<Value>(_ body: () throws(TandemError) -> Value) -> Result<Value, TandemError> {
    do throws(TandemError) { return .success(try body()) } catch { return .failure(error) }
}
