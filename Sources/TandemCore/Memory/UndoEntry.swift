/// One pre-image: a record as it was before a transaction changed it. Its payload stands right behind.
@frozen public struct UndoEntry {
    @usableFromInline let base: UnsafeMutableRawPointer

    @inlinable @inline(__always) init(base: UnsafeMutableRawPointer) { self.base = base }

    /// The number of the transaction that it belongs to.
    @inlinable @inline(__always) var transaction: SharedWord { SharedWord(base, at: UndoOffset.transaction) }
    /// `uncommitted`, `rolledBack`, or the epoch its transaction committed with.
    @inlinable @inline(__always) var commitEpoch: SharedWord { SharedWord(base, at: UndoOffset.commitEpoch) }
    @inlinable @inline(__always) var epochWord: SharedWord { SharedWord(base, at: UndoOffset.epochWord) }
    @inlinable @inline(__always) var name: SharedWord { SharedWord(base, at: UndoOffset.name) }
    @inlinable @inline(__always) var payload: UnsafeMutableRawPointer { base + UndoOffset.payload }

    @inlinable static var uncommitted: UInt64 { @inline(__always) get { .max } }
    @inlinable static var rolledBack: UInt64 { @inline(__always) get { 0 } }
}

/// Which record an entry is of: `index:32 | payload bytes:16 | table:16`. One word, so that it is there or is not.
@frozen public struct UndoName: Equatable {
    @usableFromInline let word: UInt64

    @inlinable @inline(__always) init(word: UInt64) { self.word = word }

    @inlinable @inline(__always)
    init(table: Int, index: Int, payloadBytes: Int) {
        word =
            UInt64(truncatingIfNeeded: index) &<< 32 | UInt64(truncatingIfNeeded: payloadBytes) &<< 16
            | UInt64(truncatingIfNeeded: table)
    }

    /// Stands where a segment's entries end before the segment does. No table has its number.
    static var end: UndoName { UndoName(word: 0xFFFF) }

    var table: Int { Int(truncatingIfNeeded: word & 0xFFFF) }
    var payloadBytes: Int { Int(truncatingIfNeeded: word >> 16 & 0xFFFF) }
    var index: Int { Int(truncatingIfNeeded: word >> 32) }
    /// What the entry takes, in units of 16 bytes.
    var units: Int { RecordShape(payloadBytes: payloadBytes).undoBytes >> 4 }
}
