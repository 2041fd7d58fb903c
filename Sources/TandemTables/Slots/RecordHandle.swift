/// The name of a slot's present content: never that of what stands there later.
///
/// Index and generation in one number, so that it fits where a program has room for 64 bits: a contact, a timer, a
/// field of another record. It survives a promotion, as the generation is in the record's payload.
public struct RecordHandle: Hashable, Sendable {
    /// Generation in the upper half, index in the lower; never 0 in a handle that was given out.
    public let rawValue: UInt64

    /// The handle of this number, as it was kept somewhere. Whether it names anything is found out by reading.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable init(index: Int, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    }

    /// Index of the slot in its table.
    @inlinable public var index: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }
    /// How often the slot had been given out by then, from 1 on.
    @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}

extension RecordHandle: LosslessStringConvertible {
    /// Sixteen hexadecimal digits.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A handle from its sixteen digits; nil for any other text.
    public init?(_ description: String) {
        let utf8 = description.utf8
        guard utf8.count == 16, utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let number = UInt64(description, radix: 16)
        else { return nil }
        rawValue = number
    }
}
