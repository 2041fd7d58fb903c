/// SipHash: a number from a key and a secret, such that nobody who does not know the secret finds two keys with one
/// number faster than by trying. Call-IDs are chosen by whoever calls.
///
/// One round a word and three at the end, as in the standard libraries of Rust, Python and Swift: the authors' choice
/// for tables. Their own parameters, two and four, are what the test vectors are for besides.
struct KeyedHash: Sendable {
    let secret: (UInt64, UInt64)

    /// SipHash-1-3.
    @inline(__always)
    func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = SipState(secret)
        state.absorb(bytes) { $0.round() }
        return state.finished(rounds: 3)
    }

    /// SipHash-2-4.
    func slower(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = SipState(secret)
        state.absorb(bytes) {
            $0.round()
            $0.round()
        }
        return state.finished(rounds: 4)
    }
}

private struct SipState {
    private var v0, v1, v2, v3: UInt64

    @inline(__always)
    init(_ secret: (UInt64, UInt64)) {
        v0 = secret.0 ^ 0x736F_6D65_7073_6575
        v1 = secret.1 ^ 0x646F_7261_6E64_6F6D
        v2 = secret.0 ^ 0x6C79_6765_6E65_7261
        v3 = secret.1 ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func round() {
        v0 = v0 &+ v1
        v1 = Self.rotated(v1, 13) ^ v0
        v0 = Self.rotated(v0, 32)
        v2 = v2 &+ v3
        v3 = Self.rotated(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = Self.rotated(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = Self.rotated(v1, 17) ^ v2
        v2 = Self.rotated(v2, 32)
    }

    @inline(__always)
    mutating func absorb(_ bytes: UnsafeRawBufferPointer, _ rounds: (inout Self) -> Void) {
        let whole = bytes.count & ~7
        var offset = 0
        while offset < whole {
            absorb(word: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), rounds)
            offset &+= 8
        }
        // The last word has the rest, and the length in its uppermost byte.
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        while offset < bytes.count {
            last |= UInt64(bytes[offset]) << (8 * UInt64(offset & 7))
            offset &+= 1
        }
        absorb(word: last, rounds)
    }

    @inline(__always)
    private mutating func absorb(word: UInt64, _ rounds: (inout Self) -> Void) {
        v3 ^= word
        rounds(&self)
        v0 ^= word
    }

    @inline(__always)
    mutating func finished(rounds: Int) -> UInt64 {
        v2 ^= 0xFF
        for _ in 0 ..< rounds { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }
}
