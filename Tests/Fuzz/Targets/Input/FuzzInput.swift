/// An input, read from its front. Behind its end it is zeros, so that every part of an input is one too.
package struct FuzzInput {
    private let bytes: UnsafeRawBufferPointer
    private let tells: ((String) -> Void)?
    private var position = 0

    /// - Parameter tells: is told in words what the input does, for people.
    package init(_ bytes: UnsafeRawBufferPointer, tells: ((String) -> Void)? = nil) {
        self.bytes = bytes
        self.tells = tells
    }

    /// Nothing is put together for a fuzzer, which tells nobody.
    @inline(__always)
    func tell(_ line: @autoclosure () -> String) {
        if let tells { tells(line()) }
    }

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
        0, 1, .max, 1 << 63, 1 << 63 - 1, 1 << 62, 1 << 56, 1 << 55, 1 << 55 - 1, 1 << 48, 1 << 46, 1 << 32,
        1 << 32 - 1, 1 << 31, 1 << 31 - 1,
        1 << 24 - 1, 1 << 20, 1 << 16, 0xFFFF, 65_520, 65_536, 4096, 4095, 4097, 512, 128, 64, 16,
    ]
}
