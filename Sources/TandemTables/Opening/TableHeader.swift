internal import TandemCore
internal import TandemTypes

/// The first record of a table's free lists: what a keyed table or a table of slots is, beyond the sizes of its tables.
///
/// Written once, by whoever opens the table first, in a transaction; it goes with the other records to the copy, and
/// through a promotion.
struct TableHeader: BitwiseCopyable {
    /// 0: nobody has opened the table yet.
    var mark: UInt64
    /// What the table's keys are hashed with: random, and nobody's who cannot read the memory.
    var secret: (UInt64, UInt64)
    /// Bytes of a key at most; 0 for a table of slots without keys.
    var keyBytesMax: UInt32
    var recordBytes: UInt32
    /// The life of the source whose monotonic clock the deadlines were last set by.
    var clockOf: (UInt64, UInt64)
    /// What is added to that clock to make the table's.
    var clockOffset: UInt64
    /// The table's clock as it was last told, so that it goes on from there in another life.
    var clockTold: UInt64
    private var spare: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    /// "TandemK1", read as a number.
    static let mark: UInt64 = 0x314B_6D65_646E_6154
}
