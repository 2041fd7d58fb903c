public import TandemCore
public import TandemTypes

/// One or more records changed together, all or nothing: what the closure of `Writer.transaction` is handed.
///
/// It can change records, read them, and be aborted; when it begins and ends is the writer's business. It cannot be
/// copied, and is the writer's again when the closure returns.
///
/// *Threads:* the one that runs the closure. *Crash:* dying at any instruction leaves a transaction that recovery rolls
/// back, or forward once its commit point has passed.
@frozen public struct Transaction: ~Copyable {
    @usableFromInline var log: WriterLog

    @inlinable @inline(__always)
    init(_ log: consuming WriterLog) { self.log = log }

    /// Changes record `index` of `table` in place.
    ///
    /// The record stays locked until the transaction ends. If another transaction holds it, this one is rolled back and
    /// its closure runs again: let `.conflict` pass through.
    ///
    /// - Parameter change: gets the record's value, as this transaction has changed it so far.
    /// - Throws: `.indexOutOfRange`, `.transactionTooLarge`, `.foreignTable`, `.conflict`, and what `change` throws.
    /// - Complexity: O(1), and a copy of the record's old value the first time.
    @inlinable @inline(__always)
    public mutating func update<Record, Result>(
        _ table: borrowing DataTable<Record>, at index: Int,
        _ change: (inout Record) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        try change(&log.hold(table.view, index, as: Record.self).pointee)
    }

    /// Replaces record `index` of `table`.
    ///
    /// - Throws: `.indexOutOfRange`, `.transactionTooLarge`, `.foreignTable`, `.conflict`.
    /// - Complexity: as `update`.
    @inlinable @inline(__always)
    public mutating func set<Record>(
        _ table: borrowing DataTable<Record>, at index: Int, to value: Record
    ) throws(TandemError) {
        try log.hold(table.view, index, as: Record.self).pointee = value
    }

    /// Changes the bytes of record `index` of `table` in place.
    ///
    /// - Parameter change: gets `payloadBytes` bytes, valid inside it only.
    /// - Throws: `.indexOutOfRange`, `.transactionTooLarge`, `.foreignTable`, `.conflict`, and what `change` throws.
    /// - Complexity: as `update` of a typed table.
    @inlinable @inline(__always)
    public mutating func update<Result>(
        _ table: borrowing RawDataTable, at index: Int,
        _ change: (UnsafeMutableRawBufferPointer) throws(TandemError) -> Result
    ) throws(TandemError) -> Result {
        let payload = try log.hold(table.view, index)
        return try change(UnsafeMutableRawBufferPointer(start: payload, count: table.view.layout.payloadBytes))
    }

    /// An error that rolls the transaction back when its closure throws it. Inside `update`, where the transaction is
    /// in use, throw `.abort(reason)`.
    ///
    /// - Parameter reason: a number of the caller's own, found in the error's `first`.
    public func abort(_ reason: UInt64 = 0) -> TandemError { .abort(reason) }
}
