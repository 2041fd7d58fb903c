/// How much of a table a load touches: what it costs to change a record is mostly where the record is.
enum WorkingSet: String, CaseIterable, Hashable {
    /// 1,024 records: 256 KiB, which stay in the second cache.
    case hot
    /// 64 MiB: past the caches of one core, not past what address translations reach.
    case warm
    /// The whole table, random: each record is in no cache.
    case cold

    static let hotRecords = 1024
    static let warmBytes = 64 << 20

    /// Leading records of the table that are touched.
    func records(of capacity: Int, slotBytes: Int = BenchRecord.slotBytes) -> Int {
        switch self {
        case .hot: min(capacity, Self.hotRecords)
        case .warm: min(capacity, Self.warmBytes / slotBytes)
        case .cold: capacity
        }
    }

    /// What to touch, in this order, so often.
    ///
    /// The numbers are made before anything is timed. Hot ones come in turn and few, so that the numbers themselves
    /// stay in the first cache.
    func walk(of capacity: Int, touches: Int, slotBytes: Int = BenchRecord.slotBytes) -> (
        indices: [UInt32], passes: Int
    ) {
        let records = records(of: capacity, slotBytes: slotBytes)
        guard self != .hot else { return ((0 ..< UInt32(records)).map { $0 }, max(1, touches / records)) }
        var random = SplitMix(seed: 7)
        return ((0 ..< touches).map { _ in UInt32(random.index(below: records)) }, 1)
    }

    func described(of capacity: Int) -> String {
        let records = records(of: capacity)
        let size = records * BenchRecord.slotBytes
        let bytes = size >= 1 << 20 ? "\(size >> 20) MiB" : "\(size >> 10) KiB"
        return "\(rawValue): \(records) records, \(bytes), " + (self == .hot ? "in turn" : "at random")
    }
}
