/// SplitMix64: one word of state, so that a seed is all that a run needs to be run again.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 ..< bound, each about as likely.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int { Int(((next() >> 32) &* UInt64(bound)) >> 32) }

    mutating func chance(_ part: Int, of whole: Int) -> Bool { below(whole) < part }

    /// Around `mean`: mostly shorter, sometimes several times as long.
    mutating func around(_ mean: UInt64) -> UInt64 {
        guard mean > 0 else { return 0 }
        let base = UInt64(below(Int(min(mean * 2, 1 << 31))))
        return below(16) == 0 ? base * 8 : base
    }
}
