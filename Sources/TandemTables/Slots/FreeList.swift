internal import TandemCore

/// One record of a table's free lists: the slots of one partition that are free, or the overflow buckets that are.
///
/// All zeroes is the list of a partition that was never used: slots are given out by counting, until a list is needed.
/// A value with the address of a payload, as `SlotBytes` is.
struct FreeList {
    private let base: UnsafeMutableRawPointer

    init(_ base: UnsafeMutableRawPointer) { self.base = base }
    init(looking base: UnsafeRawPointer) { self.base = UnsafeMutableRawPointer(mutating: base) }

    /// A record fills 128 bytes with its header: two lists share no line of the cache.
    static let payloadBytes = 112
    /// A payload's bytes, for who moves them as a whole: six numbers, and room to spare.
    typealias Words = InlineArray<14, UInt64>

    /// So many from the partition's start on have been given out at least once.
    var used: UInt32 {
        get { base.loadShared(at: 0, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 0) }
    }

    /// The next to be given out again, and the last that was given back: number + 1 in the partition's table; 0: none.
    var first: UInt32 {
        get { base.loadShared(at: 4, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 4) }
    }

    var last: UInt32 {
        get { base.loadShared(at: 8, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 8) }
    }

    /// How many are between them.
    var count: UInt32 {
        get { base.loadShared(at: 12, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 12) }
    }

    /// Slots that have had all their generations, and are given out no more.
    var retired: UInt32 {
        get { base.loadShared(at: 16, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 16) }
    }

    /// The partition that had a slot when this one last had none: whoever has this one for his own asks there first.
    var helper: UInt32 {
        get { base.loadShared(at: 20, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 20) }
    }

    /// What a list says of its slots, brought here.
    struct Counts {
        let used: UInt32
        fileprivate let first: UInt32
        fileprivate let last: UInt32
        let count: UInt32
        let retired: UInt32

        var inUse: Int { Int(used) - Int(count) - Int(retired) }

        /// Whether the words can be those of a list over `room` numbers.
        @inline(__always)
        func isSound(room: Int) -> Bool {
            Int(used) <= room && count <= used && retired <= used - count
                && (first == 0) == (count == 0) && (last == 0 || count > 0)
        }
    }

    @inline(__always)
    var counts: Counts { Counts(used: used, first: first, last: last, count: count, retired: retired) }
}

/// The records of a table of free lists.
enum ListPlace {
    static let header = 0
    static let overflow = 1
    static let firstPartition = 2
}
