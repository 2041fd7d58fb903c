public import TandemCore
public import TandemTypes
public import CTandemLayout

/// A transaction that begins and ends by calls of their own: for callers that have no closures. Their order is the
/// caller's to keep: begin, any number of holds, then commit or roll back.
extension Writer {
    @inlinable @inline(__always)
    package mutating func beginTransaction() throws(TandemError) {
        transaction.log.slot.noteThread(tandem_this_thread())
        try transaction.log.begin()
    }

    /// The payload of record `index`, locked, to be changed in place.
    @inlinable @inline(__always)
    package mutating func hold(_ table: borrowing TableView, _ index: Int) throws(TandemError)
        -> UnsafeMutableRawPointer
    { try transaction.log.hold(table, index) }

    /// Commits; false when a lock or the undo room was refused, and nothing has been done.
    @inlinable @inline(__always)
    package mutating func commitTransaction() throws(TandemError) -> Bool {
        guard transaction.log.canCommit else { return false }
        try transaction.log.commit()
        return true
    }

    /// Puts everything back. Returns, after a while, when running the transaction again makes sense.
    package mutating func giveUp(after failure: TandemError, attempt: inout Int) throws(TandemError) {
        try rollBack(after: failure, attempt: &attempt)
    }

    /// Puts everything back, whatever had happened.
    package mutating func rollBackTransaction() { transaction.log.rollBack() }

    /// Record `index` as this transaction has left it, or its last committed value.
    package func read(
        _ table: borrowing TableView, _ index: Int, into destination: UnsafeMutableRawPointer
    ) throws(TandemError) { try transaction.log.read(table, index, into: destination) }

    /// What `body` makes of the transaction under way: for tables that are made of several records.
    @inlinable @inline(__always)
    package mutating func inTransaction<Result>(
        _ body: (inout Transaction) throws(TandemError) -> Result
    ) throws(TandemError) -> Result { try body(&transaction) }
}
