/// One call slot of the exchange, 240 bytes. All zeros is a slot that has never been used.
///
/// Whatever its transactions do, a whole record carries the checksum of its own fields and of its place in the table,
/// so that a record put together from two commits, or found at another index, is told from a real one.
struct CallRecord: BitwiseCopyable {
    /// Transactions on this slot so far; each one adds one.
    var sequence: UInt64 = 0
    /// 1 while a call is up.
    var isUp: UInt32 = 0
    /// The trunk that the call occupies.
    var trunk: UInt32 = 0
    /// The accounts between which its release moves `charge`.
    var payer: UInt32 = 0
    var payee: UInt32 = 0
    var charge: Int64 = 0
    /// Stands for numbers, timers and signalling state: follows from the place and the sequence number.
    var signalling = InlineArray<25, UInt64>(repeating: 0)
    var checksum: UInt64 = 0
}

extension CallRecord {
    static let tableName = "calls"
    private static let signallingCount = 25
    private static let summedWords = (MemoryLayout<CallRecord>.size - MemoryLayout<UInt64>.size) / 8

    /// The slot is taken by a new call.
    mutating func setUp(at index: Int, trunk: Int, payer: Int, payee: Int, charge: Int64) {
        isUp = 1
        self.trunk = UInt32(truncatingIfNeeded: trunk)
        self.payer = UInt32(truncatingIfNeeded: payer)
        self.payee = UInt32(truncatingIfNeeded: payee)
        self.charge = charge
        stamp(at: index)
    }

    /// The call is over; its last trunk and accounts stay on record.
    mutating func release(at index: Int) {
        isUp = 0
        stamp(at: index)
    }

    /// Every byte of the record follows the change, so that half of one is never mistaken for a whole one.
    private mutating func stamp(at index: Int) {
        sequence &+= 1
        let seed = sequence &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(truncatingIfNeeded: index)
        for word in 0 ..< Self.signallingCount { signalling[word] = seed &+ UInt64(word) &* 0xBF58_476D_1CE4_E5B9 }
        checksum = sum(at: index)
    }

    /// Whether this is a record that some transaction left behind, at this index.
    func isWhole(at index: Int) -> Bool {
        sequence == 0 ? isUnused : isUp <= 1 && checksum == sum(at: index)
    }

    private var isUnused: Bool {
        withUnsafeBytes(of: self) { bytes in bytes.allSatisfy { $0 == 0 } }
    }

    /// Every word counts with its place: two records' words mixed give another sum.
    private func sum(at index: Int) -> UInt64 {
        withUnsafeBytes(of: self) { bytes in
            var sum = UInt64(truncatingIfNeeded: index) &* 0x94D0_49BB_1331_11EB
            for word in 0 ..< Self.summedWords {
                let factor = (UInt64(truncatingIfNeeded: word) &* 2 &+ 1) &* 0x9E37_79B9_7F4A_7C15
                sum &+= bytes.load(fromByteOffset: word &* 8, as: UInt64.self) &* factor
            }
            return sum ^ sum &>> 29
        }
    }
}
