/// `restarts:8 | kept:28 | count:28`: how far a writer's undo log goes, in units of 16 bytes from its home's start.
///
/// Entries below `kept` belong to ended transactions and stay as they are until the log restarts; those from `kept` to
/// `count` belong to the current transaction. The n-th segment of the log has the positions from n segments' units on.
@frozen public struct UndoPosition: Equatable {
    public var word: UInt64

    /// Positions that a log can have: 4 GiB of it.
    static var unitsMax: Int { 1 << 28 }

    @inlinable @inline(__always)
    public init(word: UInt64) { self.word = word }

    @inlinable @inline(__always)
    public init(restarts: UInt64, kept: Int, count: Int) {
        word = restarts &<< 56 | UInt64(truncatingIfNeeded: kept) &<< 28 | UInt64(truncatingIfNeeded: count)
    }

    @inlinable @inline(__always) public var restarts: UInt64 { word &>> 56 }
    @inlinable @inline(__always) public var kept: Int { Int(truncatingIfNeeded: word &>> 28 & 0xFFF_FFFF) }
    @inlinable @inline(__always) public var count: Int { Int(truncatingIfNeeded: word & 0xFFF_FFFF) }

    /// An entry more, of so many units. The caller has made sure that the count stays in its 28 bits.
    @inlinable @inline(__always)
    mutating func count(units: Int) { word &+= UInt64(truncatingIfNeeded: units) }

    /// As read from shared memory that anybody may have written: no position beyond `units`.
    func clamped(to units: Int) -> UndoPosition {
        let count = min(count, units)
        return UndoPosition(restarts: restarts, kept: min(kept, count), count: count)
    }
}
