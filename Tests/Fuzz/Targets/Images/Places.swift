import CTandemLayout

/// Fields of identity and schema.
enum IdentityPlaces {
    static let checksum = Place(MemoryLayout<tandem_identity>.offset(of: \.checksum)!, 4)

    static let header: [Place] = [
        Place(0, 8), Place(8, 4), Place(12, 4), Place(16, 4), Place(20, 4), Place(24, 8), Place(32, 8), Place(40, 8), Place(48, 8),
        Place(56, 8), Place(64, 8), Place(240, 8), Place(248, 4), checksum,
    ]

    /// Name's ends, payload, slot, page, sharing, capacity, offset, first page, page count, reserved.
    static func row(_ number: Int) -> [Place] {
        let start = MemoryLayout<tandem_identity>.offset(of: \.tables)! + number * MemoryLayout<tandem_table>.stride
        return [
            Place(start, 1), Place(start + 31, 1), Place(start + 32, 4), Place(start + 36, 4), Place(start + 40, 4), Place(start + 44, 4),
            Place(start + 48, 8), Place(start + 56, 8), Place(start + 64, 8), Place(start + 72, 8), Place(start + 120, 8),
        ]
    }

    static let all = header + header + row(0) + row(0) + (0 ..< Int(TANDEM_TABLES_MAX)).flatMap(row)
}

/// Fields of a state slot at the start of a sector.
enum StatePlaces {
    static let all: [Place] = [
        Place(0, 8), Place(8, 8), Place(16, 8), Place(24, 8), Place(32, 4), Place(36, 4), Place(40, 8), Place(48, 8), Place(56, 8),
        Place(64, 8), Place(72, 8), Place(80, 8), Place(192, 8), Place(200, 8), Place(504, 4), Place(508, 4),
    ]

    /// The same behind `offset`.
    static func from(_ offset: Int) -> [Place] { all.map { Place(offset + $0.offset, $0.byteCount) } }
}

/// Fields of a cut's header.
enum CutPlaces {
    static let generation = Place(8, 8), cut = Place(24, 8), previous = Place(32, 8), position = Place(40, 8), bytes = Place(48, 8)
    static let count = Place(56, 8), used = Place(64, 8), bodyChecksum = Place(120, 4), checksum = Place(124, 4)
    static let all = [
        Place(0, 8), generation, Place(16, 8), cut, previous, position, bytes, count, used, Place(72, 8), Place(80, 8), bodyChecksum, checksum,
    ]
    static let headerBytes = MemoryLayout<tandem_cut>.size
}
