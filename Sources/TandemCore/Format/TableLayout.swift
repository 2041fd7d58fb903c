/// Where one table's records lie: arithmetic only, no memory.
@frozen public struct TableLayout: Sendable, Equatable {
    public let number: Int
    public let payloadBytes: Int
    public let slotBytes: Int
    public let pageBytes: Int
    public let recordsPerPage: Int
    public let capacity: Int
    /// Where the first page starts, in bytes from the start of the file.
    public let offset: Int
    /// The first page's number in the bitmaps; a multiple of 64.
    public let firstPage: Int
    public let pageCount: Int
    public let sharing: Sharing
    /// ⌈2⁶⁴ ∕ recordsPerPage⌉: division by multiplication, as `update` runs in about ten nanoseconds and a division
    /// would be three of them. Exact for indices below 2³².
    @usableFromInline let reciprocal: UInt64

    package init(number: Int, definition: TableDefinition, offset: Int, firstPage: Int) {
        let shape = RecordShape(payloadBytes: definition.payloadBytes)
        self.number = number
        payloadBytes = shape.payloadBytes
        slotBytes = shape.slotBytes
        pageBytes = shape.pageBytes
        recordsPerPage = shape.recordsPerPage
        capacity = definition.capacity
        self.offset = offset
        self.firstPage = firstPage
        pageCount = (definition.capacity + shape.recordsPerPage - 1) / shape.recordsPerPage
        sharing = definition.sharing
        reciprocal = shape.recordsPerPage == 1 ? 0 : UInt64.max / UInt64(shape.recordsPerPage) + 1
    }

    /// The page of the table, from 0, that holds record `index`.
    @inlinable @inline(__always)
    public func page(of index: Int) -> Int {
        recordsPerPage == 1
            ? index : Int(bitPattern: UInt(reciprocal.multipliedFullWidth(by: UInt64(UInt(bitPattern: index))).high))
    }

    /// Byte offset of the record's slot from the table's first page.
    @inlinable @inline(__always)
    public func slotOffset(of index: Int, page: Int) -> Int {
        page &* pageBytes &+ (index &- page &* recordsPerPage) &* slotBytes
    }

    /// Where record `index` is, for a table whose record type the compiler does not know.
    @inlinable @inline(__always)
    func place(of index: Int) -> RecordPlace {
        let page = page(of: index)
        return RecordPlace(page: page, slotOffset: slotOffset(of: index, page: page))
    }

    /// Bytes of the table's pages.
    package var byteCount: Int { pageCount * pageBytes }

    /// The records on page `page` of the table.
    package func records(onPage page: Int) -> Range<Int> {
        page * recordsPerPage ..< min((page + 1) * recordsPerPage, capacity)
    }
}
