public import TandemCore

extension Transaction {
    /// Changes record `index` of `table` in place.
    ///
    /// The record stays locked until the transaction ends. If another transaction holds it, this one is rolled back and
    /// its closure runs again: let `.conflict` pass through.
    ///
    /// - Parameter change: gets the record's value, as this transaction has changed it so far.
    /// - Throws: `.indexOutOfRange`, `.transactionTooLarge`, `.foreignTable`, `.conflict`, and what `change` throws.
    @inlinable @inline(__always)
    public mutating func update<Record, Result>(
        _ table: borrowing DataTable<Record>, at index: Int,
        _ change: (inout Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        try change(&hold(table.view, index, as: Record.self).pointee)
    }

    /// Replaces record `index` of `table`.
    @inlinable @inline(__always)
    public mutating func set<Record>(
        _ table: borrowing DataTable<Record>, at index: Int, to value: Record
    ) throws(TandemError) {
        try hold(table.view, index, as: Record.self).pointee = value
    }

    /// Changes the bytes of record `index` of `table` in place. The buffer is valid inside `change` only.
    @inlinable @inline(__always)
    public mutating func update<Result>(
        _ table: borrowing RawDataTable, at index: Int,
        _ change: (UnsafeMutableRawBufferPointer) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        let payload = try hold(table.view, index)
        return try change(UnsafeMutableRawBufferPointer(start: payload, count: table.view.layout.payloadBytes))
    }
}
