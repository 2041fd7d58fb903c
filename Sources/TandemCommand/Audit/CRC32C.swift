/// CRC-32C by table, eight bytes a step: the audit's own, as it shares nothing with the engine.
struct CRC32C {
    /// Eight tables of 256, one after the other: table k takes a byte that lies k bytes before the end of the step.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0 ..< 256 {
            var sum = UInt32(byte)
            for _ in 0 ..< 8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
            tables[byte] = sum
        }
        for entry in 256 ..< 8 * 256 {
            let sum = tables[entry - 256]
            tables[entry] = tables[Int(sum & 0xFF)] ^ sum >> 8
        }
        return tables
    }()

    static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var sum: UInt32 = ~0
            var offset = 0
            while offset &+ 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ UInt64(sum)
                sum = 0
                for place in 0 ..< 8 {
                    sum ^= table[(7 &- place) &* 256 &+ Int(word &>> UInt64(place &* 8) & 0xFF)]
                }
                offset &+= 8
            }
            while offset < bytes.count {
                sum = table[Int((sum ^ UInt32(bytes[offset])) & 0xFF)] ^ sum &>> 8
                offset &+= 1
            }
            return ~sum
        }
    }
}
