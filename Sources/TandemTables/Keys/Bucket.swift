/// Sixteen places, each for a slot's number and sixteen bits of its key's hash: with the record's header 128 bytes, two
/// neighbouring lines of the cache, which the processor fetches together.
@frozen @usableFromInline struct Bucket: BitwiseCopyable {
    /// That of place `p` stands at bit 16 × (p mod 4) of word p ∕ 4: four are compared at a time.
    private var tags: InlineArray<4, UInt64>
    /// Number + 1; 0: the place is free.
    private var slots: InlineArray<16, UInt32>
    /// First of the overflow buckets of the keys whose home this is: number + 1; 0: none. In an overflow bucket the
    /// next, of the same home or of the list of free ones.
    var link: UInt32
    /// How many of the keys whose home this is stand in their second bucket.
    var away: UInt32
    private var spare: UInt64

    static let places = 16
    static let payloadBytes = 112

    /// Places whose tag may be `tag`, as a set to be walked by `next`: all that have it are in it.
    ///
    /// A place above one that has the tag may be in it without having it, as the subtraction borrows: keys are compared
    /// anyway.
    @inline(__always)
    func matches(_ tag: UInt16) -> PlaceSet {
        let pattern = UInt64(tag) &* 0x0001_0001_0001_0001
        var bits: UInt64 = 0
        for word in 0 ..< 4 {
            let different = tags[word] ^ pattern
            let zero = (different &- 0x0001_0001_0001_0001) & ~different & 0x8000_8000_8000_8000
            bits |= zero &>> UInt64(3 &- word)
        }
        return PlaceSet(bits: bits)
    }

    /// Number of the slot in `place`; nil when it is free.
    @inline(__always)
    func slot(_ place: Int) -> Int? { slots[place] == 0 ? nil : Int(slots[place]) - 1 }

    func tag(_ place: Int) -> UInt16 { UInt16(truncatingIfNeeded: tags[place / 4] >> UInt64(place % 4 * 16)) }

    mutating func put(_ entry: Entry, at place: Int) {
        let shift = UInt64(place % 4 * 16)
        tags[place / 4] = tags[place / 4] & ~(0xFFFF << shift) | UInt64(entry.tag) << shift
        slots[place] = entry.number
    }

    func entry(_ place: Int) -> Entry { Entry(number: slots[place], tag: tag(place)) }

    /// The places that are taken, a bit each.
    @inline(__always)
    private var taken: UInt32 {
        var bits: UInt32 = 0
        for place in 0 ..< Self.places { bits |= (slots[place] != 0 ? 1 : 0) &<< UInt32(place) }
        return bits
    }

    var count: Int { taken.nonzeroBitCount }
    var isFull: Bool { taken == 0xFFFF }
    var firstFree: Int? { isFull ? nil : (~taken).trailingZeroBitCount }
    var lastUsed: Int? { taken == 0 ? nil : 31 - taken.leadingZeroBitCount }

    /// What stands in a place.
    struct Entry {
        /// Number of a slot + 1; 0: nothing.
        let number: UInt32
        let tag: UInt16
        static let none = Entry(number: 0, tag: 0)
    }
}

/// Places of one bucket, lowest bit first.
struct PlaceSet {
    fileprivate(set) var bits: UInt64

    /// A place of the set, which is then no longer in it.
    @inline(__always)
    mutating func next() -> Int? {
        guard bits != 0 else { return nil }
        let bit = bits.trailingZeroBitCount
        bits &= bits &- 1
        // Word w's marks stand at bits 16 × i + 12 + w.
        return (bit & 15 &- 12) &* 4 &+ bit &>> 4
    }
}
