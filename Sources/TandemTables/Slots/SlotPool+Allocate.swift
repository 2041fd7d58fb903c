public import Tandem
internal import TandemCore

extension SlotPool {
    /// A released slot waits for so many others to be released after it, while there are slots that were never used:
    /// enough that a handle which was kept too long finds nothing rather than another's content, and few enough that a
    /// table which is hardly used stays in the cache, and its pages few.
    static var reserve: Int { 64 }

    /// A free slot, held with its list, and not changed yet.
    struct Allocation {
        fileprivate let list: UnsafeMutablePointer<FreeList>
        fileprivate let index: Int
        /// First of what is left of the list, where the slot comes from it; nil where it was never used.
        fileprivate let next: UInt32?
        let slot: SlotBytes
        /// The list that was asked first, and who has helped out, where that is another than the last time.
        fileprivate var asked: (list: UnsafeMutablePointer<FreeList>, helper: UInt32)?
    }

    /// Holds a free slot, of `partition` if it has one.
    ///
    /// - Throws: `.tableFull` only when no partition had a free slot at one moment: each list is held by then.
    func holdFree(in transaction: inout Transaction, near partition: Int) throws(TandemError) -> Allocation {
        let own = partition % partitions.count
        let owner = try transaction.log.owner(in: lists)
        // Lists are looked at before they are held: an empty one is not to be in others' way.
        let (isEmpty, helper) = try look(at: own, as: owner)
        if !isEmpty, let found = try holdFree(of: own, in: &transaction) { return found }
        for step in 0 ..< partitions.count {
            let other = (helper + step) % partitions.count
            if try look(at: other, as: owner).isEmpty { continue }
            guard var found = try holdFree(of: other, in: &transaction) else { continue }
            if step > 0 { found.asked = (try holdList(of: own, in: &transaction), UInt32(other)) }
            return found
        }
        for other in 0 ..< partitions.count {
            if let found = try holdFree(of: other, in: &transaction) { return found }
        }
        throw TandemError(.tableFull, UInt64(slots.layout.number), UInt64(capacity))
    }

    private func look(
        at partition: Int, as owner: UInt64
    ) throws(TandemError) -> (isEmpty: Bool, helper: Int) {
        let room = partitions.slots(of: partition).count
        return try lists.look(at: ListPlace.firstPartition + partition, as: owner) { payload in
            let list = payload.assumingMemoryBound(to: FreeList.self)
            return (Int(list.pointee.used) >= room && list.pointee.count == 0, Int(list.pointee.helper))
        }
    }

    private func holdFree(of partition: Int, in transaction: inout Transaction) throws(TandemError) -> Allocation? {
        let range = partitions.slots(of: partition)
        let list = try holdList(of: partition, in: &transaction)
        let words = list.pointee
        let index: Int
        if Int(words.used) < range.count, Int(words.count) <= Self.reserve {
            index = range.lowerBound + Int(words.used)
        } else if words.count > 0 {
            index = Int(words.first) - 1
        } else {
            return nil
        }
        guard range.contains(index) else { throw damaged(lists, ListPlace.firstPartition + partition) }
        let slot = SlotBytes(try transaction.log.hold(slots, index))
        guard slot.state == .free, slot.generation < .max else { throw damaged(slots, index) }
        guard index != range.lowerBound + Int(words.used) else {
            return Allocation(list: list, index: index, next: nil, slot: slot)
        }
        // The last one's link leads nowhere, and every other's somewhere.
        guard (slot.word == 0) == (words.count == 1), slot.word <= UInt64(capacity) else {
            throw damaged(slots, index)
        }
        return Allocation(list: list, index: index, next: UInt32(slot.word), slot: slot)
    }

    func holdList(of partition: Int, in transaction: inout Transaction) throws(TandemError)
        -> UnsafeMutablePointer<FreeList>
    {
        let place = ListPlace.firstPartition + partition
        let list = try transaction.log.hold(lists, place, as: FreeList.self)
        guard list.pointee.isSound(room: partitions.slots(of: partition).count) else { throw damaged(lists, place) }
        return list
    }

    /// A slot of a transaction's own, and where its record is to be put.
    @usableFromInline struct Given {
        @usableFromInline let handle: RecordHandle
        @usableFromInline let record: UnsafeMutableRawPointer
    }

    /// Gives out a slot without a key.
    @usableFromInline
    func allocate(in transaction: inout Transaction, near partition: Int?) throws(TandemError) -> Given {
        let allocation = try holdFree(in: &transaction, near: preferred(partition, transaction))
        return Given(handle: take(allocation), record: allocation.slot.base + recordOffset)
    }

    /// The partition that was asked for, else the writer's own.
    func preferred(_ partition: Int?, _ transaction: borrowing Transaction) throws(TandemError) -> Int {
        if let partition { return Int(partition.magnitude % UInt(partitions.count)) }
        return Int(try transaction.log.owner(in: slots)) - 1
    }

    /// Takes what was held.
    func take(_ allocation: Allocation, keyBytes: Int = 0) -> RecordHandle {
        if let next = allocation.next {
            allocation.list.pointee.first = next
            allocation.list.pointee.count -= 1
            if next == 0 { allocation.list.pointee.last = 0 }
        } else {
            allocation.list.pointee.used += 1
        }
        if let (list, helper) = allocation.asked { list.pointee.helper = helper }
        let slot = allocation.slot
        slot.generation += 1
        slot.state = .used
        slot.keyBytes = keyBytes
        slot.word = 0
        return RecordHandle(index: allocation.index, generation: slot.generation)
    }
}
