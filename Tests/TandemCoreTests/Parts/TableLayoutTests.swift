@testable import TandemCore
import Testing

@Suite("RecordShape and TableLayout: where a record lies")
struct TableLayoutTests {
    private func layout(payload: Int, capacity: Int = 100) -> TableLayout {
        TableLayout(
            number: 3,
            definition: TableDefinition(name: "t", payloadBytes: payload, capacity: capacity, sharing: .shared),
            offset: 1 << 20, firstPage: 64)
    }

    /// Payload, slot and page in bytes, records on a page, bytes of one change in a cut.
    static let shapes: [(Int, Int, Int, Int, Int)] = [
        (1, 32, 4096, 128, 32), (8, 32, 4096, 128, 32), (16, 32, 4096, 128, 48), (17, 48, 4096, 85, 48),
        (240, 256, 4096, 16, 272), (1008, 1024, 4096, 4, 1040), (1009, 1040, 4096, 3, 1040),
        (2032, 2048, 4096, 2, 2064), (2033, 2064, 4096, 1, 2064), (4080, 4096, 4096, 1, 4112),
        (4081, 4112, 8192, 1, 4112), (65_520, 65_536, 65_536, 1, 65_552),
    ]

    @Test("A slot is a header and the payload, in sixteens; no slot crosses a page", arguments: shapes)
    func shape(payload: Int, slot: Int, page: Int, perPage: Int, change: Int) {
        let shape = RecordShape(payloadBytes: payload)
        #expect(shape.slotBytes == slot && shape.pageBytes == page && shape.recordsPerPage == perPage)
        #expect(shape.roundedBytes == slot - 16)
        let table = layout(payload: payload)
        #expect(table.slotBytes == slot && table.pageBytes == page && table.recordsPerPage == perPage)
        #expect(table.changeBytes == change)
        #expect(perPage * slot <= page && (perPage + 1) * slot > 4096)
    }

    @Test("A record known to the compiler lies where one lies that is not", arguments: shapes)
    func place(payload: Int, slot: Int, page: Int, perPage: Int, change: Int) {
        let table = layout(payload: payload)
        for index in 0 ..< 100 {
            let place = RecordPlace(of: index, RecordShape(payloadBytes: payload))
            #expect(place.page == index / perPage)
            #expect(place.slotOffset == index / perPage * page + index % perPage * slot)
            #expect(table.place(of: index).page == place.page && table.place(of: index).slotOffset == place.slotOffset)
        }
    }

    @Test(
        "A table has pages for all of its records, and the last may be part full",
        arguments: [(1, 1, 0 ..< 1), (16, 1, 0 ..< 16), (17, 2, 16 ..< 17), (100, 7, 96 ..< 100)])
    func pages(capacity: Int, count: Int, last: Range<Int>) {
        let table = layout(payload: 240, capacity: capacity)
        #expect(table.pageCount == count && table.byteCount == count * 4096)
        #expect(table.records(onPage: count - 1) == last)
        #expect((0 ..< count).flatMap { Array(table.records(onPage: $0)) } == Array(0 ..< capacity))
    }

    @Test("A directory finds the table of each page, and none for the padding")
    func directory() {
        let source = TestSource()
        let directory = TableDirectory(memory: source.memory, layout: source.layout)
        let found = (0 ..< 192).map { directory.view(ofPage: $0)?.layout.number }
        #expect(found == (0 ..< 192).map { $0 < 125 ? 0 : $0 == 128 ? 1 : nil })
    }

    @Test(
        "A descriptor counts the records of whole pages, and never more than there are",
        arguments: [(0, 0), (1, 16), (124, 1984), (125, 2000)])
    func descriptor(pages: Int, records: Int) {
        let source = TestSource()
        let descriptor = source.area.descriptor(0)
        descriptor.advance(toPages: pages, of: source.layout.tables[0])
        #expect(descriptor.recordsCopied == records)
        descriptor.advance(toPages: 7, of: source.layout.tables[1])
        #expect(descriptor.recordsCopied == 40)
    }

    @Test("A scribbled descriptor is a number all the same")
    func scribbledDescriptor() {
        let source = TestSource()
        source.area.descriptor(0).word.store(.max)
        #expect(source.area.descriptor(0).recordsCopied == .max)
    }
}
