public import CTandemLayout

/// A table in a mapped source: where its records are, and whose source it is.
@frozen public struct TableView: @unchecked Sendable {
    public let layout: TableLayout
    @usableFromInline let pages: UnsafeMutableRawPointer
    @usableFromInline let memory: SourceMemory

    package init(layout: TableLayout, memory: SourceMemory) {
        self.layout = layout
        self.memory = memory
        pages = memory.base + layout.offset
    }

    /// The record's header. `index` has been checked.
    @inlinable @inline(__always)
    func record(_ index: Int, page: Int) -> RecordHeader {
        RecordHeader(base: pages + layout.slotOffset(of: index, page: page))
    }

    @inlinable @inline(__always)
    func record(_ index: Int) -> RecordHeader { record(index, page: layout.page(of: index)) }

    @inlinable @inline(__always)
    func record(at place: RecordPlace) -> RecordHeader { RecordHeader(base: pages + place.slotOffset) }

    /// Starts bringing the record's lines to this processor's cache, to be changed. Waits for nothing; an index out of
    /// range is ignored.
    @inlinable @inline(__always)
    public func prefetch(_ index: Int, at place: RecordPlace, byteCount: Int) {
        guard contains(index) else { return }
        let slot = pages + place.slotOffset
        // Bounded: a longer record's later lines are brought by the processor's own stream detection.
        for offset in stride(from: 0, to: min(16 &+ byteCount, 512), by: 64) {
            tandem_prefetch_for_writing(slot + offset)
        }
    }

    /// The same where only the table knows its records' size.
    package func prefetch(_ index: Int) {
        guard contains(index) else { return }
        prefetch(index, at: layout.place(of: index), byteCount: layout.payloadBytes)
    }

    @inlinable @inline(__always)
    public func contains(_ index: Int) -> Bool { UInt(bitPattern: index) < UInt(bitPattern: layout.capacity) }

    /// What is thrown for one that it does not contain. Out of line, and told where by two numbers: a view would be
    /// copied to the stack before every access.
    @inline(never)
    public static func outOfRange(_ table: Int, _ index: Int) -> TandemError {
        TandemError(.indexOutOfRange, UInt64(table), UInt64(bitPattern: Int64(index)))
    }
}
