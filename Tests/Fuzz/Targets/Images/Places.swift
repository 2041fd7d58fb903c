import CTandemLayout

/// Fields of identity and schema.
enum IdentityPlaces {
    static let checksum = Place(MemoryLayout<tandem_identity>.offset(of: \.checksum)!, 4)

    private static let headerFields: [Place] = [
        Place(0, 8), Place(8, 4), Place(12, 4), Place(16, 4), Place(20, 4), Place(24, 8), Place(32, 8), Place(40, 8),
        Place(48, 8),
        Place(56, 8), Place(64, 8), Place(240, 8), Place(248, 4), checksum,
    ]

    private static let tables = MemoryLayout<tandem_identity>.offset(of: \.tables)!
    private static let stride = MemoryLayout<tandem_table>.stride

    /// Name's ends, payload, slot, page, sharing, capacity, offset, first page, page count, reserved.
    private static func row(_ number: Int) -> [Place] {
        let start = tables + number * stride
        return [
            Place(start, 1), Place(start + 31, 1), Place(start + 32, 4), Place(start + 36, 4), Place(start + 40, 4),
            Place(start + 44, 4),
            Place(start + 48, 8), Place(start + 56, 8), Place(start + 64, 8), Place(start + 72, 8),
            Place(start + 120, 8),
        ]
    }

    static let header = Places(all: headerFields, name: name)
    static let all = Places(
        all: headerFields + headerFields + row(0) + row(0) + (0 ..< Int(TANDEM_TABLES_MAX)).flatMap(row), name: name)

    @Sendable private static func name(_ offset: Int) -> String {
        if offset >= tables {
            let (number, place) = (offset - tables).quotientAndRemainder(dividingBy: stride)
            return "header: table \(number)'s " + fieldName(rowNames, place)
        }
        return "header: " + fieldName(names, offset)
    }

    private static let names = [
        (0, "magic"), (8, "format"), (12, "table count"), (16, "writer count"), (20, "undo segment"),
        (24, "undo bytes"), (32, "page count"),
        (40, "tables' offset"), (48, "tables' end"), (56, "journal bytes"), (64, "reserved bytes"), (252, "checksum"),
    ]
    private static let rowNames = [
        (0, "name"), (32, "payload bytes"), (36, "slot bytes"), (40, "page bytes"), (44, "sharing"), (48, "capacity"),
        (56, "offset"),
        (64, "first page"), (72, "page count"), (80, "reserved bytes"),
    ]
}

/// Fields of a state slot at the start of a sector.
enum StatePlaces {
    static let all = Places(
        all: [
            Place(0, 8), Place(8, 8), Place(16, 8), Place(24, 8), Place(32, 4), Place(36, 4), Place(40, 8),
            Place(48, 8), Place(56, 8),
            Place(64, 8), Place(72, 8), Place(80, 8), Place(192, 8), Place(200, 8), Place(504, 4), Place(508, 4),
        ]
    ) { fieldName(names, $0) }

    private static let names = [
        (0, "magic"), (8, "sequence"), (16, "generation"), (32, "role"), (36, "ancestor count"), (40, "journal's tail"),
        (48, "tail's cut"),
        (56, "cut"), (64, "time"), (72, "ancestors"), (200, "reserved bytes"), (508, "checksum"),
    ]

    /// Those of both slots of a file that has the first at `first` and the second at `second`.
    static func both(_ first: Int, _ second: Int) -> Places {
        .joined(all.moved(by: first) { "slot A: " + $0 }, all.moved(by: second) { "slot B: " + $0 }, at: second)
    }
}

/// Fields of a cut's header.
enum CutPlaces {
    static let generation = Place(8, 8), cut = Place(24, 8), previous = Place(32, 8), position = Place(40, 8),
        bytes = Place(48, 8)
    static let count = Place(56, 8), used = Place(64, 8), bodyChecksum = Place(120, 4), checksum = Place(124, 4)
    static let all = Places(
        all: [
            Place(0, 8), generation, Place(16, 8), cut, previous, position, bytes, count, used, Place(72, 8),
            Place(80, 8), bodyChecksum, checksum,
        ]
    ) { fieldName(names, $0) }
    static let headerBytes = MemoryLayout<tandem_cut>.size

    private static let names = [
        (0, "magic"), (8, "generation"), (24, "cut"), (32, "cut before"), (40, "position"), (48, "bytes"),
        (56, "count"), (64, "used bytes"),
        (72, "time"), (80, "reserved bytes"), (120, "body's checksum"), (124, "checksum"), (128, "its body"),
    ]
}
