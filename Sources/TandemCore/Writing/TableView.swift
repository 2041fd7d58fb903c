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
    func contains(_ index: Int) -> Bool { UInt(bitPattern: index) < UInt(bitPattern: layout.capacity) }
}
