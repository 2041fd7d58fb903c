/// A table's slots, cut into ranges of nearly one size, each with a free list of its own.
struct Partitions: Sendable {
    let count: Int
    let capacity: Int

    func slots(of partition: Int) -> Range<Int> { start(partition) ..< start(partition + 1) }

    func partition(of slot: Int) -> Int {
        // The inverse of `start`, which rounds down.
        ((slot + 1) * count - 1) / capacity
    }

    private func start(_ partition: Int) -> Int { partition * capacity / count }
}
