public import Tandem
internal import TandemCore

extension KeyIndex {
    /// A home that has fewer entries takes every key of its own. From here on the emptier of two does: filling it up
    /// would leave it no room for keys whose second bucket is full.
    private static let preferred = 12

    /// What an insertion came to.
    @usableFromInline struct Placed {
        @usableFromInline let handle: RecordHandle
        /// Where the record is to be written; nil where the key was there, and its record is not wanted.
        @usableFromInline let record: UnsafeMutableRawPointer?
        @usableFromInline let isNew: Bool
    }

    /// Where a new entry goes.
    private enum Target {
        case bucket(UnsafeMutablePointer<Bucket>, place: Int, isAway: Bool)
        case chain(ChainPlace)
    }

    /// Gives the key a slot, or finds the one that it has.
    ///
    /// - Parameter holdsFound: whether the record of a key that is there is held, to be changed.
    @usableFromInline
    func insert(
        _ key: UnsafeRawBufferPointer, in transaction: inout Transaction, near partition: Int?, deadline: UInt64,
        holdsFound: Bool
    ) throws(TandemError) -> Placed {
        try check(key)
        let location = location(of: key)
        let owner = try transaction.log.owner(in: buckets)
        // The home first of all: from here on nobody else inserts or removes this key.
        let home = try hold(bucket: location.home, in: &transaction)
        if let found = try find(key, at: location, as: owner, into: nil) {
            guard holdsFound else { return Placed(handle: found.handle, record: nil, isNew: false) }
            // Its home is held: only scribbled memory makes it another's by now.
            guard let record = try pool.holdRecord(found.handle, in: &transaction) else {
                throw pool.damaged(pool.slots, found.handle.index)
            }
            return Placed(handle: found.handle, record: record, isNew: false)
        }
        let allocation = try pool.holdFree(in: &transaction, near: pool.preferred(partition, transaction))
        let target = try holdTarget(location, home, in: &transaction)
        // Everything is held and checked: from here on nothing can fail.
        let handle = pool.take(allocation, keyBytes: key.count)
        allocation.slot.word = deadline
        if let bytes = key.baseAddress { allocation.slot.key.copyMemory(from: bytes, byteCount: key.count) }
        let entry = Bucket.Entry(number: UInt32(handle.index) + 1, tag: location.tag)
        switch target {
        case .bucket(let bucket, let place, let isAway):
            bucket.pointee.put(entry, at: place)
            if isAway { home.pointee.away &+= 1 }
        case .chain(let place):
            put(entry, at: place, of: home)
        }
        return Placed(handle: handle, record: allocation.slot.base + pool.recordOffset, isNew: true)
    }

    private func holdTarget(
        _ location: Location, _ home: UnsafeMutablePointer<Bucket>, in transaction: inout Transaction
    ) throws(TandemError) -> Target {
        let count = home.pointee.count
        if count >= Self.preferred {
            // Looked at before it is held, so that a fuller one is not in others' way.
            let owner = try transaction.log.owner(in: buckets)
            if try bucket(location.second, as: owner).count < count {
                let second = try hold(bucket: location.second, in: &transaction)
                if let place = second.pointee.firstFree { return .bucket(second, place: place, isAway: true) }
            }
        }
        if let place = home.pointee.firstFree { return .bucket(home, place: place, isAway: false) }
        return .chain(try holdChainPlace(of: location.home, home.pointee, in: &transaction))
    }

    /// The record of `key`, held; nil when the key was not there.
    @usableFromInline
    func holdRecord(
        _ key: UnsafeRawBufferPointer, in transaction: inout Transaction
    ) throws(TandemError) -> UnsafeMutableRawPointer? {
        let owner = try transaction.log.owner(in: buckets)
        while let handle = try find(key, as: owner, into: nil) {
            // Removed between the two, by a transaction that has committed: whether it is there again is looked for.
            if let record = try pool.holdRecord(handle, in: &transaction) { return record }
        }
        return nil
    }

    /// Takes the key out and gives its slot back; false when it was not there.
    @usableFromInline
    func remove(_ key: UnsafeRawBufferPointer, in transaction: inout Transaction) throws(TandemError) -> Bool {
        try check(key)
        return try remove(key, in: &transaction) { _ in true }
    }

    /// The same for the record that `handle` names.
    @usableFromInline
    func remove(_ handle: RecordHandle, in transaction: inout Transaction) throws(TandemError) -> Bool {
        // Its slot is held first, so that its key stays the same while its home is looked for.
        guard let slot = try pool.hold(handle, in: &transaction) else { return false }
        guard slot.keyBytes <= pool.keyBytesMax else { throw pool.damaged(pool.slots, handle.index) }
        let key = UnsafeRawBufferPointer(start: slot.key, count: slot.keyBytes)
        guard try remove(key, in: &transaction, where: { $0 == handle }) else {
            // A slot in use whose key leads elsewhere.
            throw pool.damaged(pool.slots, handle.index)
        }
        return true
    }

    private func remove(
        _ key: UnsafeRawBufferPointer, in transaction: inout Transaction, where isMeant: (RecordHandle) -> Bool
    ) throws(TandemError) -> Bool {
        let location = location(of: key)
        let owner = try transaction.log.owner(in: buckets)
        let home = try hold(bucket: location.home, in: &transaction)
        guard let found = try find(key, at: location, as: owner, into: nil), isMeant(found.handle) else { return false }
        guard let slot = try pool.hold(found.handle, in: &transaction) else {
            throw pool.damaged(pool.slots, found.handle.index)
        }
        let release = try pool.holdRelease(of: found.handle.index, slot, in: &transaction)
        let bucket = try hold(bucket: found.bucket, in: &transaction)
        // The place is filled from the chain of whose bucket it is; that of a key in a chain from its home's.
        let owning = found.bucket < homes ? found.bucket : location.home
        let chained = owning == location.home ? home : bucket
        let filler = try holdFiller(of: owning, chained.pointee, in: &transaction)
        let isAway = found.bucket == location.second
        guard !isAway || home.pointee.away > 0 else { throw pool.damaged(buckets, location.home) }
        // Everything is held and checked: from here on nothing can fail.
        if isAway { home.pointee.away -= 1 }
        bucket.pointee.put(.none, at: found.place)
        if let filler {
            let isItself = filler.bucket == bucket && filler.place == found.place
            let entry = take(filler, from: chained)
            if !isItself { bucket.pointee.put(entry, at: found.place) }
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
