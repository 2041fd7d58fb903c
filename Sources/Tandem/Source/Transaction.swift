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
    @usableFromInline package var log: WriterLog

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
    @inlinable @inline(__always) @discardableResult
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

    /// Record `index` of `table` as this transaction has left it; one that it has not changed, as committed last.
    ///
    /// Another writer's record is read as committed at this moment, and no lock is taken: another transaction may
    /// change the record before this one commits, and two records read one after the other may be of different moments.
    /// A value that decides what this transaction writes is read in `update`, which holds the record until the end.
    ///
    /// - Throws: `.indexOutOfRange`, `.foreignTable`, and what `DataTable.read` throws.
    /// - Complexity: as `DataTable.read`.
    @inlinable @inline(__always)
    public func read<Record>(_ table: borrowing DataTable<Record>, at index: Int) throws(TandemError) -> Record {
        let place = RecordPlace(of: index, RecordShape(payloadBytes: MemoryLayout<Record>.size))
        if try log.isHeld(table.view, index, at: place) { return log.readHeld(table.view, at: place, as: Record.self) }
        return try table.read(at: index)
    }

    /// Fills `destination`, of exactly `payloadBytes` bytes, with record `index` of `table` as this transaction has
    /// left it; one that it has not changed, as committed last, as for a typed table.
    ///
    /// - Throws: `.wrongSize` for another length, `.indexOutOfRange`, `.foreignTable`, and what `RawDataTable.read`
    ///   throws.
    /// - Complexity: as `RawDataTable.read`.
    @inlinable
    public func read(
        _ table: borrowing RawDataTable, at index: Int, into destination: UnsafeMutableRawBufferPointer
    ) throws(TandemError) {
        try log.read(table.view, index, into: table.checked(destination))
    }

    /// The bytes of record `index` of `table`, as the other `read` fills them in.
    ///
    /// - Throws: `.indexOutOfRange`, `.foreignTable`, and what `RawDataTable.read` throws.
    /// - Complexity: as that, and an allocation.
    public func read(_ table: borrowing RawDataTable, at index: Int) throws(TandemError) -> [UInt8] {
        let view = table.view
        return try [UInt8](payloadOf: view) { room throws(TandemError) in try log.read(view, index, into: room) }
    }

    /// Changes the bytes of record `index` of `table` in place.
    ///
    /// - Parameter change: gets `payloadBytes` bytes, valid inside it only.
    /// - Throws: `.indexOutOfRange`, `.transactionTooLarge`, `.foreignTable`, `.conflict`, and what `change` throws.
    /// - Complexity: as `update` of a typed table.
    @inlinable @inline(__always) @discardableResult
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
    /// - Parameter reason: a number of the caller's own, found in the error's `abortReason`.
    public func abort(_ reason: UInt64 = 0) -> TandemError { .abort(reason) }
}
