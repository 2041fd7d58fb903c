/// A record of the bench: words, all of which a change reads and writes.
protocol BenchPayload: BitwiseCopyable, Sendable {
    init()
    /// A change of the whole record: every word is read, changed and written.
    mutating func changeAll()
    /// Sum of all words: a reader that uses it cannot leave any out.
    var sum: UInt64 { get }
}

/// 240 bytes of payload: with its header, 256 in the table.
struct BenchRecord: BenchPayload {
    var words = InlineArray<30, UInt64>(repeating: 0)

    @inline(__always)
    mutating func changeAll() {
        for index in 0 ..< 30 { words[index] &+= 1 }
    }

    /// Through memory: indexing the array of a value copies all of it each time, which is 30 times.
    @inline(__always)
    var sum: UInt64 {
        withUnsafeBytes(of: self) { bytes in
            var sum: UInt64 = 0
            for offset in stride(from: 0, to: 240, by: 8) {
                sum &+= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            }
            return sum
        }
    }

    static let slotBytes = 256
}

/// 16 bytes of payload, 32 in the table.
struct SmallRecord: BenchPayload {
    var first: UInt64 = 0
    var second: UInt64 = 0

    @inline(__always)
    mutating func changeAll() {
        first &+= 1
        second &+= 1
    }

    @inline(__always)
    var sum: UInt64 { first &+ second }

    static let slotBytes = 32
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
