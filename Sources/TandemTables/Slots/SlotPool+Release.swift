public import TandemCore
public import TandemTypes

extension SlotPool {
    /// A slot in use, held with what its release changes, and not changed yet.
    struct Release {
        fileprivate let list: FreeList
        /// The one that was given back last before it.
        fileprivate let last: SlotBytes?
        fileprivate let index: Int
        fileprivate let slot: SlotBytes
    }

    /// Gives the slot that `handle` names back; false when it had been before.
    @usableFromInline
    func release(_ handle: RecordHandle, in transaction: inout WriterLog) throws(TandemError) -> Bool {
        guard let slot = try hold(handle, in: &transaction) else { return false }
        give(try holdRelease(of: handle.index, slot, in: &transaction))
        return true
    }

    /// Holds what the release of a slot changes: its list, and the slot that was given back last.
    ///
    /// - Precondition: `slot` is slot `index`, held and in use.
    @inline(__always)
    func holdRelease(of index: Int, _ slot: SlotBytes, in transaction: inout WriterLog) throws(TandemError) -> Release {
        let partition = partitions.partition(of: index)
        let list = try holdList(of: partition, in: &transaction)
        var last: SlotBytes?
        if list.last != 0 {
            let number = Int(list.last) - 1
            guard partitions.slots(of: partition).contains(number), number != index else {
                throw lists.damaged(ListPlace.firstPartition + partition)
            }
            let found = SlotBytes(try slots.hold(number, in: &transaction))
            guard found.state == .free, found.word == 0 else { throw slots.damaged(number) }
            last = found
        } else if list.count != 0 {
            throw lists.damaged(ListPlace.firstPartition + partition)
        }
        // In use, so there is one that was given out and is not in the list.
        guard list.count + list.retired < list.used else {
            throw lists.damaged(ListPlace.firstPartition + partition)
        }
        return Release(list: list, last: last, index: index, slot: slot)
    }

    /// Gives back what was held: behind all others of its list, so that its number comes again as late as possible.
    @inline(__always)
    func give(_ release: Release) {
        release.slot.keyBytes = 0
        release.slot.word = 0
        guard release.slot.generation < .max else {
            release.slot.state = .retired
            release.list.retired += 1
            return
        }
        release.slot.state = .free
        let number = UInt32(release.index) + 1
        if let last = release.last { last.word = UInt64(number) } else { release.list.first = number }
        release.list.last = number
        release.list.count += 1
    }
}
