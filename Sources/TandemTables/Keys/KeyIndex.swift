internal import TandemCore
public import TandemTypes

/// From keys to slots: buckets that are ordinary records, two for each key, and overflow buckets chained to the first.
///
/// A key's *home* bucket guards it. Whoever makes the key appear, vanish or stand elsewhere holds the home, whichever
/// bucket the entry is in. So one key is never there twice; and a reader that has not found a key, and finds the home's
/// committed version as it was before it began, knows that it was not there. See docs/internals/keyed.md.
///
/// A class, made once for a table that is opened: as a value it would be copied for every call.
@usableFromInline package final class KeyIndex: Sendable {
    let buckets: SharedTable
    @usableFromInline package let pool: SlotPool
    let hash: KeyedHash
    /// Buckets 0 ..< homes are homes, those behind them overflow buckets.
    package let homes: Int
    let overflowCount: Int

    package init(buckets: SharedTable, pool: SlotPool, secret: (UInt64, UInt64)) {
        self.buckets = buckets
        self.pool = pool
        hash = KeyedHash(secret: secret)
        overflowCount = Self.overflowCount(capacity: pool.capacity)
        homes = buckets.capacity - overflowCount
    }

    /// Enough for every way in which `capacity` keys can fall: a home has a chain only while it is full, all of a chain
    /// but its first bucket is full, so no chain's bucket stands for fewer than sixteen keys of its own home.
    package static func overflowCount(capacity: Int) -> Int { (capacity + Bucket.places - 1) / Bucket.places }

    /// A key's second bucket is another than its home.
    static var homesMin: Int { 2 }

    /// Where a key may stand.
    package struct Location {
        package let home: Int
        package let second: Int
        package let tag: UInt16
    }

    @inline(__always)
    package func location(of key: UnsafeRawBufferPointer) -> Location {
        let number = hash(key)
        let low = number & 0xFFFF_FFFF
        let high = number >> 32
        // Multiplied rather than divided: the upper bits choose the bucket, and the tag is made of the lower ones.
        let home = Int((low &* UInt64(homes)) &>> 32)
        let step = 1 &+ Int((high &* UInt64(homes &- 1)) &>> 32)
        let second = home &+ step
        return Location(
            home: home, second: second >= homes ? second &- homes : second, tag: UInt16(truncatingIfNeeded: high))
    }

    /// Where an entry was found, and what it leads to.
    struct Found {
        let bucket: Int
        let place: Int
        let handle: RecordHandle
    }

    /// The entry of `key`, as the transaction of `owner` has left it, or, for an owner of 0, as it is committed.
    ///
    /// - Parameter record: where the record is copied to.
    /// - Returns: nil when there was a moment, while this ran, at which the key was not there.
    func find(
        _ key: UnsafeRawBufferPointer, at location: Location, as owner: UInt64, into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Found? {
        // Each further look means that a transaction which held the home has committed or rolled back since: others
        // move on. Beyond that number somebody scribbles.
        for _ in 0 ..< 1 << 20 {
            let isHeld = buckets.view.payload(location.home, heldBy: owner) != nil
            let version = isHeld ? 0 : buckets.committedVersion(location.home)
            var damage: TandemError?
            do throws(TandemError) {
                if let found = try look(for: key, at: location, as: owner, into: record) { return found }
            } catch {
                damage = error
            }
            guard isHeld || buckets.committedVersion(location.home) == version else { continue }
            if let damage { throw damage }
            return nil
        }
        throw TandemError(.readContended, UInt64(buckets.view.layout.number), UInt64(location.home))
    }

    /// The record of `key`, copied to `record` if that is not nil; nil when the key was not there.
    @usableFromInline
    package func find(
        _ key: UnsafeRawBufferPointer, as owner: UInt64, into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> RecordHandle? {
        try check(key)
        let location = location(of: key)
        let look = lookFirst(for: key, at: location)
        if look.handle != nil {
            record?.readShared(from: look.slot.payload + pool.recordOffset, byteCount: pool.recordBytes)
            if look.isRight { return look.handle }
        }
        return try find(key, at: location, as: owner, into: record)?.handle
    }

    /// The same where the first look has not found it.
    @usableFromInline @inline(never)
    package func findFurther(
        _ key: UnsafeRawBufferPointer, as owner: UInt64, into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> RecordHandle? {
        try check(key)
        return try find(key, at: location(of: key), as: owner, into: record)?.handle
    }

    /// Home, second, chain: whatever is read may have been overtaken, but an entry that is found is right.
    @inline(__always)
    private func look(
        for key: UnsafeRawBufferPointer, at location: Location, as owner: UInt64, into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Found? {
        let home = try glance(location.home, location.tag, as: owner)
        return try look(for: key, at: location, home, as: owner, into: record)
    }

    /// The same for who holds the home, and is overtaken by nobody.
    @inline(__always)
    func look(
        for key: UnsafeRawBufferPointer, at location: Location, holding home: Bucket, as owner: UInt64
    ) throws(TandemError) -> Found? {
        try look(for: key, at: location, Glance(home, location.tag), as: owner, into: nil)
    }

    @inline(__always)
    private func look(
        for key: UnsafeRawBufferPointer, at location: Location, _ home: Glance, as owner: UInt64,
        into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Found? {
        if let found = try match(home, location.home, key, as: owner, into: record) { return found }
        guard home.away | home.link != 0 else { return nil }
        return try lookFurther(for: key, at: location, home, as: owner, into: record)
    }

    @inline(never)
    private func lookFurther(
        for key: UnsafeRawBufferPointer, at location: Location, _ home: Glance, as owner: UInt64,
        into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Found? {
        if home.away != 0 {
            let second = try glance(location.second, location.tag, as: owner)
            if let found = try match(second, location.second, key, as: owner, into: record) { return found }
        }
        var link = home.link
        var passed = 0
        while link != 0 {
            // A chain that leads elsewhere or in a circle is none; so may one be that was overtaken, which its home's
            // version tells.
            passed += 1
            guard link <= UInt32(overflowCount), passed <= overflowCount else {
                throw buckets.damaged(location.home)
            }
            let number = homes + Int(link) - 1
            let bucket = try glance(number, location.tag, as: owner)
            if let found = try match(bucket, number, key, as: owner, into: record) { return found }
            link = bucket.link
        }
        return nil
    }

    /// What a look for a key takes from a bucket.
    private struct Glance {
        /// Those that may be the key's, and the number in the first of them.
        let places: PlaceSet
        let number: UInt32
        let link: UInt32
        let away: UInt32

        @inline(__always)
        init(_ bucket: Bucket, _ tag: UInt16) {
            places = bucket.matches(tag)
            number = places.first.map(bucket.number) ?? 0
            link = bucket.link
            away = bucket.away
        }
    }

    @inline(__always)
    private func glance(_ number: Int, _ tag: UInt16, as owner: UInt64) throws(TandemError) -> Glance {
        try look(at: number, as: owner) { Glance($0, tag) }
    }

    @inline(__always)
    func look<Result>(
        at number: Int, as owner: UInt64, _ body: (Bucket) -> Result
    ) throws(TandemError) -> Result {
        try buckets.look(at: number, as: owner) { body(Bucket(looking: $0)) }
    }

    /// The entry of a bucket whose slot has the key. Key, generation and record are of one moment: the slot's.
    @inline(__always)
    private func match(
        _ bucket: Glance, _ number: Int, _ key: UnsafeRawBufferPointer, as owner: UInt64,
        into record: UnsafeMutableRawPointer?
    ) throws(TandemError) -> Found? {
        var places = bucket.places
        var slot = bucket.number
        while let place = places.next() {
            if let handle = try pool.find(key, in: slot, as: owner, into: record) {
                return Found(bucket: number, place: place, handle: handle)
            }
            // Another of the same tag: one look in some thousands gets here.
            if let next = places.first { slot = try look(at: number, as: owner) { $0.number(next) } }
        }
        return nil
    }
}
