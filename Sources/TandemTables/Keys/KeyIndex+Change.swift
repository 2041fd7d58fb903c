public import TandemCore
public import TandemTypes

extension KeyIndex {
    /// A home that has fewer entries takes every key of its own. From here on the emptier of two does: filling it up
    /// would leave it no room for keys whose second bucket is full.
    private static let preferred = 12

    /// What an insertion came to.
    @usableFromInline package struct Placed {
        @usableFromInline package let handle: RecordHandle
        /// Where the record is to be written; nil where the key was there, and its record is not wanted.
        @usableFromInline package let record: UnsafeMutableRawPointer?
        @usableFromInline package let isNew: Bool
    }

    /// Gives the key a slot, or finds the one that it has.
    ///
    /// - Parameter holdsFound: whether the record of a key that is there is held, to be changed.
    @usableFromInline
    package func insert(
        _ key: UnsafeRawBufferPointer, in transaction: inout WriterLog, near partition: Int?, deadline: UInt64,
        holdsFound: Bool
    ) throws(TandemError) -> Placed {
        try check(key)
        let location = location(of: key)
        let owner = try transaction.owner(in: buckets.view)
        // The home first of all: from here on nobody else inserts or removes this key.
        let home = try hold(bucket: location.home, in: &transaction)
        if let found = try look(for: key, at: location, holding: home, as: owner) {
            guard holdsFound else { return Placed(handle: found.handle, record: nil, isNew: false) }
            // Its home is held: only scribbled memory makes it another's by now.
            guard let record = try pool.holdRecord(found.handle, in: &transaction) else {
                throw pool.slots.damaged(found.handle.index)
            }
            return Placed(handle: found.handle, record: record, isNew: false)
        }
        let allocation = try pool.holdFree(in: &transaction, near: pool.preferred(partition, transaction))
        let taken = home.taken
        var (bucket, place) = (home, (~taken).trailingZeroBitCount)
        var isAway = false
        if taken.nonzeroBitCount >= Self.preferred {
            if let second = try holdSecond(location, emptierThan: taken, in: &transaction) {
                (bucket, place) = (second.bucket, second.place)
                isAway = true
            } else if taken == Bucket.allTaken {
                let chain = try holdChainPlace(of: location.home, home.link, in: &transaction)
                return put(key, location, chain, of: home, allocation, deadline: deadline)
            }
        }
        // Everything is held and checked: from here on nothing can fail.
        bucket.put(allocation.entry(location.tag), at: place)
        if isAway { home.away &+= 1 }
        return take(allocation, for: key, deadline: deadline)
    }

    /// A place in the key's second bucket, held, when that has fewer entries than its home.
    @inline(never)
    private func holdSecond(
        _ location: Location, emptierThan taken: UInt32, in transaction: inout WriterLog
    ) throws(TandemError) -> (bucket: Bucket, place: Int)? {
        // Looked at before it is held, so that a fuller one is not in others' way.
        let owner = try transaction.owner(in: buckets.view)
        guard try look(at: location.second, as: owner, { $0.count }) < taken.nonzeroBitCount else { return nil }
        let second = try hold(bucket: location.second, in: &transaction)
        return second.firstFree.map { (second, $0) }
    }

    @inline(never)
    private func put(
        _ key: UnsafeRawBufferPointer, _ location: Location, _ chain: ChainPlace, of home: Bucket,
        _ allocation: SlotPool.Allocation, deadline: UInt64
    ) -> Placed {
        put(allocation.entry(location.tag), at: chain, of: home)
        return take(allocation, for: key, deadline: deadline)
    }

    @inline(__always)
    private func take(
        _ allocation: SlotPool.Allocation, for key: UnsafeRawBufferPointer, deadline: UInt64
    ) -> Placed {
        let handle = pool.take(allocation, keyBytes: key.count)
        let slot = allocation.slot
        slot.word = deadline
        if let bytes = key.baseAddress { slot.key.copyShared(from: bytes, byteCount: key.count) }
        return Placed(handle: handle, record: slot.base + pool.recordOffset, isNew: true)
    }

    /// The record of `key`, held; nil when the key was not there.
    @usableFromInline
    package func holdRecord(
        _ key: UnsafeRawBufferPointer, in transaction: inout WriterLog
    ) throws(TandemError) -> UnsafeMutableRawPointer? {
        let owner = try transaction.owner(in: buckets.view)
        while let handle = try find(key, as: owner, into: nil) {
            // Removed between the two, by a transaction that has committed: whether it is there again is looked for.
            if let record = try pool.holdRecord(handle, in: &transaction) { return record }
        }
        return nil
    }

    /// Takes the key out and gives its slot back; false when it was not there.
    @usableFromInline
    package func remove(_ key: UnsafeRawBufferPointer, in transaction: inout WriterLog) throws(TandemError) -> Bool {
        try check(key)
        return try remove(key, in: &transaction) { _ in true }
    }

    /// The same for the record that `handle` names.
    @usableFromInline
    package func remove(_ handle: RecordHandle, in transaction: inout WriterLog) throws(TandemError) -> Bool {
        // Its slot is held first, so that its key stays the same while its home is looked for.
        guard let slot = try pool.hold(handle, in: &transaction) else { return false }
        guard slot.keyBytes <= pool.keyBytesMax else { throw pool.slots.damaged(handle.index) }
        let isRemoved = try slot.key.withShared(byteCount: slot.keyBytes) { key throws(TandemError) in
            try remove(key, in: &transaction) { $0 == handle }
        }
        guard isRemoved else {
            // A slot in use whose key leads elsewhere.
            throw pool.slots.damaged(handle.index)
        }
        return true
    }

    private func remove(
        _ key: UnsafeRawBufferPointer, in transaction: inout WriterLog, where isMeant: (RecordHandle) -> Bool
    ) throws(TandemError) -> Bool {
        let location = location(of: key)
        let owner = try transaction.owner(in: buckets.view)
        let home = try hold(bucket: location.home, in: &transaction)
        guard let found = try look(for: key, at: location, holding: home, as: owner), isMeant(found.handle) else {
            return false
        }
        guard let slot = try pool.hold(found.handle, in: &transaction) else {
            throw pool.slots.damaged(found.handle.index)
        }
        let release = try pool.holdRelease(of: found.handle.index, slot, in: &transaction)
        let bucket = found.bucket == location.home ? home : try hold(bucket: found.bucket, in: &transaction)
        // The place is filled from the chain of whose bucket it is; that of a key in a chain from its home's.
        let owning = found.bucket < homes ? found.bucket : location.home
        let chained = owning == location.home ? home : bucket
        let filler = try holdFiller(of: owning, chained.link, in: &transaction)
        let isAway = found.bucket == location.second
        guard !isAway || home.away > 0 else { throw buckets.damaged(location.home) }
        // Everything is held and checked: from here on nothing can fail.
        if isAway { home.away -= 1 }
        bucket.put(.none, at: found.place)
        if let filler {
            let isItself = filler.bucket == bucket && filler.place == found.place
            let entry = take(filler, from: chained)
            if !isItself { bucket.put(entry, at: found.place) }
        }
        pool.give(release)
        return true
    }

    /// A longer key than the table's can be nowhere in it.
    @inline(__always)
    func check(_ key: UnsafeRawBufferPointer) throws(TandemError) {
        guard key.count <= pool.keyBytesMax else {
            throw TandemError(.keyTooLong, UInt64(key.count), UInt64(pool.keyBytesMax))
        }
    }
}
