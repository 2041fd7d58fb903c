public import Tandem
internal import TandemCore

/// When which record of some partitions of a table is due: a worker's own, beside the table.
///
/// A deadline is a field of the record, set by `insert` or `setDeadline`, and travels with it. The wheel is derived
/// from these fields: made by a scan when the worker attaches, kept by what the worker tells it, and set right by a
/// scan that goes on a little with each call, as other workers give out slots of the partitions, and move deadlines,
/// too. So a deadline that the wheel was not told is found within one round of the scan.
///
/// Only who owns the partitions on the source fires: one worker for each, by the program's own arrangement. A copy has
/// no writer, so nothing on it fires; a source that was superseded says so. Two who fire the same do no harm: a handle
/// is removed once.
///
/// *Threads:* one at a time. *Crash:* nothing is lost; the next owner makes another.
public struct DeadlineWheel<Key: TableKey, Record: BitwiseCopyable>: ~Copyable {
    private var wheel: RawDeadlineWheel

    /// Makes the wheel by a scan of the partitions.
    ///
    /// - Parameters:
    ///   - partitions: 0 ..< `table.partitionCount`; others are left out.
    ///   - resolution: what deadlines are rounded up to, 1 ms … 10 s.
    /// - Throws: what `KeyedTable.forEach` throws.
    /// - Complexity: O(slots ever used of the partitions).
    public init(
        _ table: KeyedTable<Key, Record>, partitions: some Sequence<Int>, resolution: Duration = .milliseconds(16)
    ) throws(TandemError) {
        wheel = try RawDeadlineWheel(
            RawSlotTable(table.index.pool, table.clock, table.name, table.source), partitions: partitions,
            resolution: resolution)
    }

    /// Tells the wheel of a deadline that was set, when the transaction has committed: it is then found in time and not
    /// only by the scan.
    public mutating func note(_ handle: RecordHandle, deadline: UInt64) {
        wheel.note(handle, deadline: deadline)
    }

    /// The records that are due: they are as they were, and to be removed or given another deadline by who asked.
    ///
    /// A record that is neither is told again, after one round of the scan. Tells the table its clock, ten times a
    /// second at most.
    ///
    /// - Parameters:
    ///   - now: on the table's clock.
    ///   - scanning: slots that the scan goes on by.
    ///   - writer: by which the clock is told.
    /// - Throws: `.superseded`, and what `KeyedTable.read` throws.
    /// - Complexity: O(due + scanned), and O(kept) once each turn of 4,096 times the resolution.
    public mutating func expire(
        now: UInt64, scanning: Int = 256, with writer: inout Writer
    ) throws(TandemError) -> [RecordHandle] {
        try wheel.expire(now: now, scanning: scanning, max: .max, with: &writer)
    }
}

extension KeyedTable {
    /// The deadline of the record that `handle` names, on the table's clock; 0 for none, nil when it was removed.
    ///
    /// - Throws: as `read`.
    /// - Complexity: O(1), one record read.
    public func deadline(of handle: RecordHandle) throws(TandemError) -> UInt64? {
        try index.pool.deadline(of: handle)
    }
}

extension Transaction {
    /// Gives the record that `handle` names another deadline.
    ///
    /// - Parameter deadline: on the table's clock; 0 for none.
    /// - Returns: false, and nothing is changed, when its key was removed.
    /// - Throws: what `update` of another table throws.
    /// - Complexity: as `update` of another table.
    @discardableResult
    public mutating func setDeadline<Key, Record>(
        _ table: KeyedTable<Key, Record>, _ handle: RecordHandle, to deadline: UInt64
    ) throws(TandemError) -> Bool {
        try table.index.pool.setDeadline(handle, to: deadline, in: &log)
    }
}
