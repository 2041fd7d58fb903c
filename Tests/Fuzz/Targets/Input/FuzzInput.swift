/// An input, read from its front. Behind its end it is zeros, so that every part of an input is one too.
struct FuzzInput {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func half() -> UInt64 { UInt64(byte()) | UInt64(byte()) << 8 }

    mutating func word() -> UInt64 {
        var word: UInt64 = 0
        for place in 0 ..< 8 { word |= UInt64(byte()) << UInt64(place * 8) }
        return word
    }

    mutating func number(below limit: Int) -> Int { Int(limit <= 256 ? UInt64(byte()) : half()) % limit }

    /// What may be written where `current` stands: a neighbour of it, an edge of a number's range, anything.
    mutating func value(near current: UInt64) -> UInt64 {
        let kind = byte()
        switch kind & 15 {
        case 0: return UInt64(byte())
        case 1: return half()
        case 2: return word()
        case 3: return current &+ UInt64(bitPattern: Int64(Int8(bitPattern: byte())))
        case 4: return current ^ 1 << UInt64(byte() & 63)
        case 5: return Self.edges[number(below: Self.edges.count)]
        case 6: return current &+ Self.edges[number(below: Self.edges.count)]
        case 7: return .max &- UInt64(byte())
        case 8: return UInt64(byte()) << UInt64(byte() & 63)
        case 9: return UInt64(byte()) << 12
        default: return UInt64(kind >> 4)
        }
    }

    private static let edges: [UInt64] = [
        0, 1, .max, 1 << 63, 1 << 63 - 1, 1 << 62, 1 << 56, 1 << 55, 1 << 55 - 1, 1 << 48, 1 << 46, 1 << 32, 1 << 32 - 1, 1 << 31, 1 << 31 - 1,
        1 << 24 - 1, 1 << 20, 1 << 16, 0xFFFF, 65_520, 65_536, 4096, 4095, 4097, 512, 128, 64, 16,
    ]
}

/// A place in an image that means something.
struct Place {
    var offset: Int
    var byteCount: Int

    init(_ offset: Int, _ byteCount: Int) {
        self.offset = offset
        self.byteCount = byteCount
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Up to 8 bytes as a number.
    func number(at place: Place) -> UInt64 {
        var value: UInt64 = 0
        for byte in 0 ..< place.byteCount { value |= UInt64(self[place.offset + byte]) << UInt64(byte * 8) }
        return value
    }

    func store(_ value: UInt64, at place: Place) {
        for byte in 0 ..< place.byteCount { self[place.offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8)) }
    }

    /// Changes one of `places`, or any few bytes.
    func edit(_ places: [Place], _ input: inout FuzzInput) {
        let how = Int(input.byte())
        var place = Place(0, 1 << (how & 3))
        if how < 224 { place = places[input.number(below: places.count)] } else { place.offset = input.number(below: count - 8) }
        change(place, &input)
    }

    func change(_ place: Place, _ input: inout FuzzInput) { store(input.value(near: number(at: place)), at: place) }
}
