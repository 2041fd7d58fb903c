import CTandemLayout
@testable import TandemCore
import Testing

@Suite("ChangeMap: which records of a page may have changed")
struct ChangeMapTests {
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    private let map: ChangeMap

    init() {
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
        map = ChangeMap(bytes: memory)
    }

    private static func table(_ payloadBytes: Int) -> TableLayout {
        TableLayout(
            number: 0,
            definition: TableDefinition(name: "t", payloadBytes: payloadBytes, capacity: 1000, sharing: .shared),
            offset: 0, firstPage: 0)
    }

    /// What is named of page 1, as records of the page.
    private func take(_ table: TableLayout) -> [Int] {
        var parts = map.take(1)
        var records: [Int] = []
        while let part = parts.first {
            records += PageParts.records(of: table, in: part)
            parts.removeFirst()
        }
        return records.filter { $0 < table.recordsPerPage }
    }

    @Test(
        "Each record is in one part, that in which its slot begins, and all parts together have each once",
        arguments: [1, 16, 17, 104, 240, 241, 1000, 2032, 2033, 4080, 5000, 65_520])
    func parts(payloadBytes: Int) {
        defer { memory.deallocate() }
        let table = Self.table(payloadBytes)
        for record in 0 ..< table.recordsPerPage {
            let index = table.recordsPerPage + record
            map.note(1, slotOffset: table.slotOffset(of: index, page: 1))
            let named = take(table)
            #expect(named.contains(record) && named.count <= max(1, 256 / table.slotBytes + 1), "\(record) in \(named)")
        }
        map.noteAll(1)
        #expect(take(table) == Array(0 ..< table.recordsPerPage))
    }

    @Test("A page has as many bytes in the map as the layout gives it")
    func bytes() {
        defer { memory.deallocate() }
        #expect(ChangeMap.bytesPerPage == Int(TANDEM_MAP_BYTES))
    }

    @Test("What is named is taken once, and of other pages nothing is")
    func once() {
        defer { memory.deallocate() }
        for page in 0 ..< 3 { map.note(page, slotOffset: 4096 * page + 256) }
        #expect(take(Self.table(240)) == [1])
        map.note(1, slotOffset: 3 * 256)
        #expect(take(Self.table(240)) == [3])
        #expect(map.look(0) == map.look(2) && map.look(0) != map.look(1))
    }

    @Test(
        "Any byte but zero names its part, as anybody may have written it", arguments: [1, 0x7F, 0x80, 0xFF] as [UInt8])
    func anyByte(_ byte: UInt8) {
        defer { memory.deallocate() }
        for part in 0 ..< 16 {
            memory.storeBytes(of: byte, toByteOffset: 16 + part, as: UInt8.self)
            #expect(take(Self.table(240)) == [part])
        }
    }

    @Test("A page of which nothing is named is read whole")
    func nothing() {
        defer { memory.deallocate() }
        #expect(take(Self.table(240)) == Array(0 ..< 16))
    }
}
