internal import TandemCore

/// One record of a table's free lists: the slots of one partition that are free, or the overflow buckets that are.
///
/// All zeroes is the list of a partition that was never used: slots are given out by counting, until a list is needed.
struct FreeList: BitwiseCopyable {
    /// So many from the partition's start on have been given out at least once.
    var used: UInt32
    /// The next to be given out again, and the last that was given back: number + 1 in the partition's table; 0: none.
    var first: UInt32
    var last: UInt32
    /// How many are between them.
    var count: UInt32
    /// Slots that have had all their generations, and are given out no more.
    var retired: UInt32
    /// The partition that had a slot when this one last had none: whoever has this one for his own asks there first.
    var helper: UInt32
    /// A record fills 128 bytes with its header: two lists share no line of the cache.
    private var spare: InlineArray<22, UInt32>

    static let payloadBytes = 112

    /// Whether the words can be those of a list over `room` numbers.
    @inline(__always)
    func isSound(room: Int) -> Bool {
        Int(used) <= room && count <= used && retired <= used - count
            && (first == 0) == (count == 0) && (last == 0 || count > 0)
    }
}

/// The records of a table of free lists.
enum ListPlace {
    static let header = 0
    static let overflow = 1
    static let firstPartition = 2
}
