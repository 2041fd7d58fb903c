internal import TandemCore

/// Sixteen places, each for a slot's number and sixteen bits of its key's hash: with the record's header 128 bytes, two
/// neighbouring lines of the cache, which the processor fetches together.
///
/// A value with the address of a payload, as `SlotBytes` is: of one that a transaction holds, or of one that is only
/// looked at, which may be torn. Nothing is copied to look at some of it. Two are equal when they are one bucket.
struct Bucket: Equatable {
    private let base: UnsafeMutableRawPointer

    init(_ base: UnsafeMutableRawPointer) { self.base = base }
    init(looking base: UnsafeRawPointer) { self.base = UnsafeMutableRawPointer(mutating: base) }

    static let places = 16
    static let payloadBytes = 112
    /// A payload's bytes, for who moves them as a whole: tags, slots, link, away, and a word to spare.
    typealias Words = InlineArray<14, UInt64>

    private static let slotsOffset = 32
    private static let linkOffset = 96
    private static let awayOffset = 100

    /// First of the overflow buckets of the keys whose home this is: number + 1; 0: none. In an overflow bucket the
    /// next, of the same home or of the list of free ones.
    var link: UInt32 {
        get { base.loadShared(at: Self.linkOffset, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: Self.linkOffset) }
    }

    /// How many of the keys whose home this is stand in their second bucket.
    var away: UInt32 {
        get { base.loadShared(at: Self.awayOffset, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: Self.awayOffset) }
    }

    /// Places whose tag is `tag`, as a set to be walked by `next`.
    @inline(__always)
    func matches(_ tag: UInt16) -> PlaceSet {
        func word(_ number: Int) -> UInt64 { base.loadShared(at: number &* 8, as: UInt64.self) }
        return PlaceSet(bits: Sixteenths.places(of: tag, in: word(0), word(1), word(2), word(3)))
    }

    /// Number + 1 of the slot in `place`; 0: it is free.
    @inline(__always)
    func number(_ place: Int) -> UInt32 { base.loadShared(at: Self.slotsOffset &+ place &* 4, as: UInt32.self) }

    @inline(__always)
    func tag(_ place: Int) -> UInt16 { base.loadShared(at: place &* 2, as: UInt16.self) }

    @inline(__always)
    func put(_ entry: Entry, at place: Int) {
        base.storeShared(entry.tag, at: place &* 2)
        base.storeShared(entry.number, at: Self.slotsOffset &+ place &* 4)
    }

    @inline(__always)
    func entry(_ place: Int) -> Entry { Entry(number: number(place), tag: tag(place)) }

    static var allTaken: UInt32 { 0xFFFF }

    /// The places that are taken, a bit each.
    @inline(__always)
    var taken: UInt32 {
        var free = SIMD4<UInt32>()
        for part in 0 ..< 4 {
            let numbers = base.loadShared(at: Self.slotsOffset &+ part &* 16, as: SIMD4<UInt32>.self)
            let bits = SIMD4<UInt32>(1, 2, 4, 8) &<< SIMD4(repeating: UInt32(4 &* part))
            free |= SIMD4().replacing(with: bits, where: numbers .== 0)
        }
        return ~(free.x | free.y | free.z | free.w) & Self.allTaken
    }

    /// What stands in a place.
    struct Entry {
        /// Number of a slot + 1; 0: nothing.
        let number: UInt32
        let tag: UInt16
        static var none: Entry { Entry(number: 0, tag: 0) }
    }
}

extension Bucket {
    @inline(__always) var count: Int { taken.nonzeroBitCount }

    @inline(__always)
    var firstFree: Int? {
        let taken = taken
        return taken == Self.allTaken ? nil : (~taken).trailingZeroBitCount
    }

    var lastUsed: Int? {
        let taken = taken
        return taken == 0 ? nil : 31 - taken.leadingZeroBitCount
    }
}

/// Places of one bucket, lowest bit first.
struct PlaceSet {
    fileprivate(set) var bits: UInt32

    /// The first place of the set; nil of an empty one.
    @inline(__always)
    var first: Int? { bits == 0 ? nil : bits.trailingZeroBitCount }

    /// That place, which is then no longer in it.
    @inline(__always)
    mutating func next() -> Int? {
        guard let first else { return nil }
        bits &= bits &- 1
        return first
    }
}
