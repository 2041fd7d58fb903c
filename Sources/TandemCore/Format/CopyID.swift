/// What a copy is known by, wherever it lies and whatever it is called: 128 random bits in its state slots, and in the
/// block that its source has for it.
package struct CopyID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A block that is nobody's has this one, and a copy that was never given one.
    package static let none = CopyID(high: 0, low: 0)
}
