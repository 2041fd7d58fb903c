import TandemCore

/// CRC-32C by table, so that Core's tests need no C library.
private let table: [UInt32] = (0 ..< 256).map { byte in
    (0 ..< 8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
}

let testChecksum = Checksum { bytes, count, seed in
    var crc = ~seed
    let raw = UnsafeRawBufferPointer(start: bytes, count: count)
    table.withUnsafeBufferPointer { table in
        for byte in raw { crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
    }
    return ~crc
}
