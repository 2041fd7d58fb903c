/// How records of one size lie in pages. Everything follows from the payload's size, so that for a record type, whose
/// size the compiler knows, the arithmetic is with constants.
@frozen public struct RecordShape: Sendable, Equatable {
    public let payloadBytes: Int

    @inlinable @inline(__always)
    public init(payloadBytes: Int) { self.payloadBytes = payloadBytes }

    /// 16-byte header and payload, rounded up to 16 so that any record type is aligned.
    @inlinable @inline(__always)
    public var slotBytes: Int { 16 &+ roundedBytes }

    /// The payload, rounded up to what one undo entry and one slot give it.
    @inlinable @inline(__always)
    public var roundedBytes: Int { (payloadBytes &+ 15) & ~15 }

    /// What its old value takes of the undo room: an entry's 32 bytes, then the payload.
    @inlinable @inline(__always)
    public var undoBytes: Int { UndoOffset.payload &+ roundedBytes }

    /// 4 KiB, or what one slot needs.
    @inlinable @inline(__always)
    public var pageBytes: Int { slotBytes > 4096 ? (slotBytes &+ 4095) & ~4095 : 4096 }

    @inlinable @inline(__always)
    public var recordsPerPage: Int { slotBytes > 2048 ? 1 : 4096 / slotBytes }
}

/// Where a record is: its page, from 0, and its slot, in bytes from the table's first page.
@frozen public struct RecordPlace {
    public let page: Int
    public let slotOffset: Int

    /// - Parameter shape: known to the compiler; else `TableLayout.place` is faster, which divides by multiplication.
    @inlinable @inline(__always)
    public init(of index: Int, _ shape: RecordShape) {
        // Unsigned, as an index that has been checked is: a signed division rounds towards zero, and pays for it.
        let number = UInt(bitPattern: index)
        let perPage = UInt(bitPattern: shape.recordsPerPage)
        page = Int(bitPattern: number / perPage)
        slotOffset = page &* shape.pageBytes &+ Int(bitPattern: number % perPage) &* shape.slotBytes
    }

    @inlinable @inline(__always)
    init(page: Int, slotOffset: Int) {
        self.page = page
        self.slotOffset = slotOffset
    }
}
