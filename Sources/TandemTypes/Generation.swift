/// The 128-bit identity of a source's life: a new one at creation and at each promotion.
public struct Generation: Hashable, Sendable, CustomStringConvertible {
    /// The first 64 bits; never 0 in a generation that was made.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// The generation of these 128 bits, as read from somewhere; `random` makes a new one.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random one, from the system's generator.
    public static func random() -> Generation {
        Generation(high: .random(in: 1 ... .max), low: .random(in: 0 ... .max))
    }

    /// 32 hexadecimal digits.
    public var description: String {
        func digits(_ word: UInt64) -> String {
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits(high) + digits(low)
    }
}
