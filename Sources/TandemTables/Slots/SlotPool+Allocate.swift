public import TandemCore
public import TandemTypes

extension SlotPool {
    /// A released slot waits for so many others to be released after it, while there are slots that were never used:
    /// enough that a handle which was kept too long finds nothing rather than another's content, and few enough that a
    /// table which is hardly used stays in the cache, and its pages few.
    static var reserve: Int { 64 }

    /// A free slot, held with its list, and not changed yet.
    struct Allocation {
        fileprivate let list: FreeList
        fileprivate let index: Int
        let slot: SlotBytes
        /// It was never used, and is none of the list, whose first one is else `next` then.
        fileprivate let isNew: Bool
        fileprivate let next: UInt32
        /// The list that was asked first, where another has helped out than the last time.
        fileprivate var asked: FreeList?
        fileprivate var helper: UInt32 = 0

        /// What stands in a bucket for it.
        func entry(_ tag: UInt16) -> Bucket.Entry {
            Bucket.Entry(number: UInt32(truncatingIfNeeded: index) &+ 1, tag: tag)
        }
    }

    /// Holds a free slot, of `partition` if it has one.
    ///
    /// - Throws: `.tableFull` only when no partition had a free slot at one moment: each list is held by then.
    @inline(__always)
    func holdFree(in transaction: inout WriterLog, near partition: Int) throws(TandemError) -> Allocation {
        let own = partition < partitions.count ? partition : partition % partitions.count
        let owner = try transaction.owner(in: lists.view)
        // Lists are looked at before they are held: an empty one is not to be in others' way.
        let (isEmpty, helper) = try look(at: own, as: owner)
        if !isEmpty, let found = try holdFree(of: own, in: &transaction) { return found }
        return try holdFree(in: &transaction, besides: own, from: helper, as: owner)
    }

    @inline(never)
    private func holdFree(
        in transaction: inout WriterLog, besides own: Int, from helper: Int, as owner: UInt64
    ) throws(TandemError) -> Allocation {
        for step in 0 ..< partitions.count {
            let other = (helper + step) % partitions.count
            if try look(at: other, as: owner).isEmpty { continue }
            guard var found = try holdFree(of: other, in: &transaction) else { continue }
            if step > 0 { (found.asked, found.helper) = (try holdList(of: own, in: &transaction), UInt32(other)) }
            return found
        }
        for other in 0 ..< partitions.count {
            if let found = try holdFree(of: other, in: &transaction) { return found }
        }
        throw TandemError(.tableFull, UInt64(slots.view.layout.number), UInt64(capacity))
    }

    @inline(__always)
    private func look(
        at partition: Int, as owner: UInt64
    ) throws(TandemError) -> (isEmpty: Bool, helper: Int) {
        let room = partitions.slots(of: partition).count
        return try lists.look(at: ListPlace.firstPartition + partition, as: owner) { payload in
            let list = FreeList(looking: payload)
            return (Int(list.used) >= room && list.count == 0, Int(list.helper))
        }
    }

    @inline(__always)
    private func holdFree(of partition: Int, in transaction: inout WriterLog) throws(TandemError) -> Allocation? {
        let range = partitions.slots(of: partition)
        let list = try holdList(of: partition, in: &transaction)
        let (used, count) = (Int(list.used), Int(list.count))
        let isNew = used < range.count && count <= Self.reserve
        guard isNew || count > 0 else { return nil }
        let index = isNew ? range.lowerBound + used : Int(list.first) - 1
        guard range.contains(index) else { throw lists.damaged(ListPlace.firstPartition + partition) }
        let slot = SlotBytes(try slots.hold(index, in: &transaction))
        guard slot.state == .free, slot.generation < .max else { throw slots.damaged(index) }
        guard !isNew else { return Allocation(list: list, index: index, slot: slot, isNew: true, next: 0) }
        // The last one's link leads nowhere, and every other's somewhere.
        guard (slot.word == 0) == (count == 1), slot.word <= UInt64(capacity) else {
            throw slots.damaged(index)
        }
        return Allocation(list: list, index: index, slot: slot, isNew: false, next: UInt32(slot.word))
    }

    @inline(__always)
    func holdList(of partition: Int, in transaction: inout WriterLog) throws(TandemError)
        -> FreeList
    {
        let place = ListPlace.firstPartition + partition
        let list = try lists.hold(list: place, in: &transaction)
        guard list.counts.isSound(room: partitions.slots(of: partition).count) else { throw lists.damaged(place) }
        return list
    }

    /// A slot of a transaction's own, and where its record is to be put.
    @usableFromInline struct Given {
        @usableFromInline let handle: RecordHandle
        @usableFromInline let record: UnsafeMutableRawPointer
    }

    /// Gives out a slot without a key.
    @usableFromInline
    func allocate(in transaction: inout WriterLog, near partition: Int?) throws(TandemError) -> Given {
        let allocation = try holdFree(in: &transaction, near: preferred(partition, transaction))
        return Given(handle: take(allocation), record: allocation.slot.base + recordOffset)
    }

    /// The partition that was asked for, else the writer's own.
    @inline(__always)
    func preferred(_ partition: Int?, _ transaction: borrowing WriterLog) throws(TandemError) -> Int {
        if let partition { return Int(partition.magnitude % UInt(partitions.count)) }
        return Int(try transaction.owner(in: slots.view)) - 1
    }

    /// Takes what was held.
    @inline(__always)
    func take(_ allocation: Allocation, keyBytes: Int = 0) -> RecordHandle {
        let list = allocation.list
        if allocation.isNew {
            list.used += 1
        } else {
            list.first = allocation.next
            list.count -= 1
            if allocation.next == 0 { list.last = 0 }
        }
        if let asked = allocation.asked { asked.helper = allocation.helper }
        let slot = allocation.slot
        slot.generation += 1
        slot.state = .used
        slot.keyBytes = keyBytes
        slot.word = 0
        return RecordHandle(index: allocation.index, generation: slot.generation)
    }
}
