/// The baseline of keyed tables: linear probing in private memory, half full, with the records in a row beside it. One
/// thread's own: no lock, no version, no journal.
final class PlainHash: @unchecked Sendable {
    private let places: UnsafeMutableBufferPointer<UInt64>
    private let records: UnsafeMutableBufferPointer<BenchRecord>
    private let mask: Int
    private var count = 0

    init(capacity: Int) {
        let size = 1 << (Int.bitWidth - (2 * capacity - 1).leadingZeroBitCount)
        places = .allocate(capacity: size)
        places.initialize(repeating: 0)
        records = .allocate(capacity: capacity)
        records.initialize(repeating: BenchRecord())
        mask = size - 1
    }

    deinit {
        places.deallocate()
        records.deallocate()
    }

    /// A multiplication and a shift: keys here are random, and nobody's who means harm.
    @inline(__always)
    private func place(of key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask }

    /// The key is the record's first word.
    func insert(_ record: BenchRecord) {
        var place = place(of: record.words[0])
        while places[place] != 0 { place = (place + 1) & mask }
        records[count] = record
        count += 1
        places[place] = UInt64(count)
    }

    @inline(never)
    func find(_ keys: [UInt64], after before: UInt64) -> UInt64 {
        var sum = before
        for key in keys {
            var place = place(of: key)
            while places[place] != 0 {
                let record = records.baseAddress! + Int(places[place] - 1)
                if record.pointee.words[0] == key {
                    sum &+= record.pointee.sum
                    break
                }
                place = (place + 1) & mask
            }
        }
        return sum
    }
}
