/// 240 bytes of payload: with its header, 256 in the table.
struct BenchRecord: BitwiseCopyable, Sendable {
    var words = InlineArray<30, UInt64>(repeating: 0)

    /// A change of the whole record: every word is read, changed and written.
    @inline(__always)
    mutating func changeAll() {
        for index in 0 ..< 30 { words[index] &+= 1 }
    }

    static let slotBytes = 256
}

/// Repeatable random numbers, a nanosecond each.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Evenly from 0 ..< bound.
    @inline(__always)
    mutating func index(below bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
