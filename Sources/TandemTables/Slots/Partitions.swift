/// A table's slots, cut into ranges of one size but the last, each with a free list of its own.
struct Partitions: Sendable {
    let count: Int
    let capacity: Int
    /// Slots of each.
    private let size: UInt32

    init(count: Int, capacity: Int) {
        self.count = count
        self.capacity = capacity
        size = UInt32((capacity + count - 1) / count)
    }

    /// The last ones of a table with few slots have none.
    func slots(of partition: Int) -> Range<Int> {
        min(partition * Int(size), capacity) ..< min((partition + 1) * Int(size), capacity)
    }

    func partition(of slot: Int) -> Int { Int(UInt32(truncatingIfNeeded: slot) / size) }
}
