import Testing

@testable import TandemTables

@Suite("The keyed hash")
struct KeyedHashTests {
    /// As OpenSSL 3 makes them, which takes the rounds as parameters: the key is the bytes 0 … 15, a message of n bytes
    /// 0 … n - 1. Those of two and four rounds are the authors' own.
    private static let vectors: [(byteCount: Int, oneThree: String, twoFour: String)] = [
        (0, "dcc40f055801acab", "310e0edd47db6f72"), (1, "93ca577df39bf4c9", "fd67dc93c539f874"),
        (7, "4011b19b987d92d3", "37d1018bf50002ab"), (8, "8e9a298d11959036", "6224939a79f5f593"),
        (9, "e43d066cb38ea425", "b0e4a90bdf82009e"), (15, "5699512a6dd820d3", "e545be4961ca29a1"),
        (16, "668b907d1add4fcc", "db9bc2577fcc2a3f"), (33, "bff98f7ae5b9544d", "e37859f94623f3a7"),
    ]

    /// In the order of its bytes, lowest first.
    private static func text(_ number: UInt64) -> String {
        let digits = String(number.byteSwapped, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test(
        "SipHash-1-3 and SipHash-2-4 of keys of every length are those of another implementation",
        arguments: vectors.indices)
    func otherImplementation(row: Int) {
        let (byteCount, oneThree, twoFour) = Self.vectors[row]
        let hash = KeyedHash(secret: (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908))
        let message = (0 ..< byteCount).map { UInt8($0) }
        message.withUnsafeBytes {
            #expect(Self.text(hash($0)) == oneThree)
            #expect(Self.text(hash.slower($0)) == twoFour)
        }
    }

    @Test("A bucket's tags are found wherever they stand, and nowhere else")
    func tags() {
        let room = UnsafeMutableRawPointer.allocate(byteCount: Bucket.payloadBytes, alignment: 16)
        defer { room.deallocate() }
        room.initializeMemory(as: UInt8.self, repeating: 0, count: Bucket.payloadBytes)
        let bucket = Bucket(room)
        for tag in [0, 1, 0x7FFF, 0x8000, 0xFFFF] as [UInt16] {
            for place in 0 ..< Bucket.places {
                bucket.put(Bucket.Entry(number: UInt32(place) + 1, tag: tag), at: place)
                #expect(bucket.tag(place) == tag && bucket.number(place) == UInt32(place) + 1)
                #expect(bucket.count == place + 1 && bucket.lastUsed == place)
                #expect(bucket.firstFree == (place == 15 ? nil : place + 1))
                var places = bucket.matches(tag)
                var found: Set<Int> = []
                while let next = places.next() { found.insert(next) }
                let right = Set((0 ..< Bucket.places).filter { bucket.tag($0) == tag })
                #expect(found == right, "\(tag) at \(place)")
            }
            for place in 0 ..< Bucket.places {
                bucket.put(.none, at: place)
                #expect(bucket.firstFree == 0 && bucket.count == 15 - place)
            }
            #expect(bucket.lastUsed == nil && bucket.link == 0 && bucket.away == 0)
        }
    }
}
