internal import TandemCore
internal import TandemTypes

extension SlotPool {
    /// How many slots of a partition have ever been given out, are free of those, and are retired.
    func list(of partition: Int) throws(TandemError) -> FreeList.Counts {
        let place = ListPlace.firstPartition + partition
        let list = try lists.look(at: place, as: 0) { FreeList(looking: $0).counts }
        guard list.isSound(room: partitions.slots(of: partition).count) else { throw lists.damaged(place) }
        return list
    }

    /// Slots in use, each partition's of some moment.
    func count() throws(TandemError) -> Int {
        var sum = 0
        for partition in 0 ..< partitions.count { sum += try list(of: partition).inUse }
        return sum
    }

    /// Slots that have had all their generations.
    func retired() throws(TandemError) -> Int {
        var sum = 0
        for partition in 0 ..< partitions.count { sum += Int(try list(of: partition).retired) }
        return sum
    }

    /// The slots in use of one partition or of all, each as it is committed when its turn comes.
    func walk(
        _ partition: Int?, _ body: (Int, Copy) throws(TandemError) -> Void
    ) throws(TandemError) {
        for number in 0 ..< partitions.count where partition == nil || partition == number {
            for index in partitions.slots(of: number).prefix(Int(try list(of: number).used)) {
                if let copy = try copy(slot: index, as: 0) { try body(index, copy) }
            }
        }
    }
}
