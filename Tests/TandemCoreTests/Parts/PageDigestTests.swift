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
        func fold(_ lane: UInt64, _ pair: ArraySlice<UInt64>) -> UInt64 {
            let (first, second) = (lane ^ pair.first!, 0xB3C9_51E2_6F8D_04A7 ^ pair.last!)
            let (high, low) = first.multipliedFullWidth(by: second)
            return (high ^ low) &+ ((first << 32 | first >> 32) ^ second)
        }
        var rest: UInt64 = 0
        var lanes: [UInt64] = [
            0x5D1F_A3C8_972B_E641, 0xE70B_264D_18F5_9AC3, 0x26A9_8E57_D3C4_1B7F, 0x91F4_7C3A_0B6E_D825,
        ]
        for record in table.records(onPage: 0) {
            let start = table.slotOffset(of: record, page: 0) + 8
            let bytes = image[start ..< start + 8 + table.payloadBytes]
            let words = stride(from: bytes.startIndex, to: bytes.endIndex, by: 8).map { place in
                bytes[place ..< min(place + 8, bytes.endIndex)].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            }
            let pairs = bytes.count / 16
            for pair in 0 ..< pairs { lanes[pair % 4] = fold(lanes[pair % 4], words[pair * 2 ..< pair * 2 + 2]) }
            for word in words[(pairs * 2)...] { rest = stir(rest ^ word) }
            rest = stir(rest &+ 1)
        }
        return lanes.reduce(rest) { stir($0 ^ $1) }
    }

    @Test("A word that makes a product zero hides neither the other one nor what came before")
    func zeroProducts() throws {
        let layout = try FileLayout(
            tables: [TableDefinition(name: "t", payloadBytes: 56, capacity: 1, sharing: .partitioned)],
            writerCount: 1, journalBytes: 1 << 20)
        func digest(epoch: UInt64, _ word: UInt64) -> UInt64 {
            let words: [UInt64] = [0, epoch, word] + [UInt64](repeating: 7, count: 509)
            return words.withUnsafeBytes { PageDigest.of(layout.tables[0], page: 0, at: $0.baseAddress!) }
        }
        let (seed, key): (UInt64, UInt64) = (0x5D1F_A3C8_972B_E641, 0xB3C9_51E2_6F8D_04A7)
        #expect(digest(epoch: seed, 1) != digest(epoch: seed, 2))
        #expect(digest(epoch: 1, key) != digest(epoch: 2, key))
    }
}
