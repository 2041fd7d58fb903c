import TandemCore
import Testing

@Suite("PageDigest: 64 bits that stand for a page")
struct PageDigestTests {
    @Test("Every byte of every record's epoch and payload counts, and its place; what lies behind the payload does not")
    func bytes() throws {
        for payloadBytes in [1, 8, 13, 40, 240, 333] {
            let layout = try FileLayout(
                tables: [TableDefinition(name: "t", payloadBytes: payloadBytes, capacity: 20, sharing: .partitioned)],
                writerCount: 1, journalBytes: 1 << 20)
            let table = layout.tables[0]
            var image = (0 ..< table.pageBytes).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            func digest() -> UInt64 { image.withUnsafeBytes { PageDigest.of(table, page: 0, at: $0.baseAddress!) } }
            let before = digest()
            var seen: Set<UInt64> = [before]
            for record in table.records(onPage: 0) {
                let start = table.slotOffset(of: record, page: 0) + 8
                for byte in start ..< start + 8 + table.payloadBytes {
                    image[byte] ^= 0x40
                    #expect(seen.insert(digest()).inserted, "byte \(byte) of \(payloadBytes)")
                    image[byte] ^= 0x40
                }
                for byte in start + 8 + table.payloadBytes ..< start - 8 + table.slotBytes {
                    image[byte] ^= 0x40
                    #expect(digest() == before)
                    image[byte] ^= 0x40
                }
            }
            #expect(!seen.contains(PageDigest.none))
        }
    }

    @Test("Records that have changed places, and a page of zeros, have digests of their own")
    func places() throws {
        let layout = try FileLayout(
            tables: [TableDefinition(name: "t", payloadBytes: 40, capacity: 60, sharing: .partitioned)],
            writerCount: 1, journalBytes: 1 << 20)
        let table = layout.tables[0]
        var image = [UInt8](repeating: 0, count: table.pageBytes)
        func digest() -> UInt64 { image.withUnsafeBytes { PageDigest.of(table, page: 0, at: $0.baseAddress!) } }
        var seen: Set<UInt64> = [digest()]
        for record in table.records(onPage: 0) {
            let start = table.slotOffset(of: record, page: 0)
            image[start + 8] = 1
            #expect(seen.insert(digest()).inserted)
            image[start + 8] = 0
        }
        #expect(!seen.contains(PageDigest.none))
    }

    @Test("It is what it was in every build: two hosts compare theirs")
    func isWhatItWas() throws {
        for payloadBytes in [1, 24, 56, 240, 333] {
            let layout = try FileLayout(
                tables: [TableDefinition(name: "t", payloadBytes: payloadBytes, capacity: 20, sharing: .partitioned)],
                writerCount: 1, journalBytes: 1 << 20)
            let table = layout.tables[0]
            let image = (0 ..< table.pageBytes).map { UInt8(truncatingIfNeeded: $0 &* 13 >> 2) }
            let digest = image.withUnsafeBytes { PageDigest.of(table, page: 0, at: $0.baseAddress!) }
            #expect(digest == Self.plainDigest(image, table), "\(payloadBytes) bytes")
        }
    }

    /// As it is defined, without a thought of speed.
    private static func plainDigest(_ image: [UInt8], _ table: TableLayout) -> UInt64 {
        func stir(_ word: UInt64) -> UInt64 {
            let product = (word ^ word >> 29) &* 0x9E37_79B9_7F4A_7C15
            return product ^ product >> 32
        }
        var (lanes, rest): ([UInt64], UInt64) = ([1, 2, 3, 4], 0)
        for record in table.records(onPage: 0) {
            let start = table.slotOffset(of: record, page: 0) + 8
            let bytes = image[start ..< start + 8 + table.payloadBytes]
            let words = stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { place in
                bytes[place ..< min(place + 8, bytes.endIndex)].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            }
            let inLanes = bytes.count / 32 * 4
            for (number, word) in words.enumerated() {
                if number < inLanes {
                    lanes[number % 4] = stir(lanes[number % 4] ^ word)
                } else {
                    rest = stir(rest ^ word)
                }
            }
            rest = stir(rest &+ 1)
        }
        return lanes.reduce(rest) { stir($0 ^ $1) }
    }
}
