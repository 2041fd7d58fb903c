internal import TandemCore

/// The look that finds nearly every key that is there: at one slot, which the key's home leads to.
///
/// The home is only asked where to look, and whatever it says is good enough for that, whoever is changing it: a slot
/// in use that has the key is what it means that the key is there. Not finding it so proves nothing.
extension KeyIndex {
    /// The slot of the first entry in the key's home that has its tag, if it has the key.
    @usableFromInline
    package func lookFirst(for key: UnsafeRawBufferPointer) -> SlotLook {
        guard key.count <= pool.keyBytesMax else { return pool.noLook }
        return lookFirst(for: key, at: location(of: key))
    }

    /// The same for who has made sure that the key is not too long, and knows where it may stand.
    @inline(__always)
    func lookFirst(for key: UnsafeRawBufferPointer, at location: Location) -> SlotLook {
        let home = Bucket(looking: buckets.view.hint(location.home, as: Bucket.Words.self))
        // A free place's number is 0, and its slot's -1, which no table has.
        let index = home.matches(location.tag).first.map { Int(home.number($0)) &- 1 } ?? -1
        guard let record = pool.slots.view.standing(index) else { return pool.noLook }
        let slot = SlotBytes(looking: record.payload)
        let generation = slot.generation
        guard slot.isInUse(as: generation), slot.hasKey(key) else { return SlotLook(record, nil) }
        return SlotLook(record, RecordHandle(index: index, generation: generation))
    }
}
