internal import TandemCore
internal import TandemTypes

/// Overflow buckets: chained to a home whose own places are all taken.
///
/// All of a chain but its first bucket is full, and a home with a chain is: whatever place comes free there is filled
/// from the chain's first bucket, in the same transaction. A key so moved stays with its home, which is held.
extension KeyIndex {
    /// An entry of a chain's first bucket, held, that is to fill a place which comes free.
    struct Filler {
        let bucket: Bucket
        let place: Int
        fileprivate let number: Int
        /// Held when the bucket has no other entry, and is given back.
        fileprivate let list: FreeList?
    }

    @inline(__always)
    func hold(bucket number: Int, in transaction: inout WriterLog) throws(TandemError) -> Bucket {
        Bucket(UnsafeMutableRawPointer(try buckets.hold(number, as: Bucket.Words.self, in: &transaction)))
    }

    /// Holds what is moved when a place of bucket `home`, held, comes free; nil where it has no chain.
    func holdFiller(of home: Int, _ link: UInt32, in transaction: inout WriterLog) throws(TandemError) -> Filler? {
        guard link != 0 else { return nil }
        let (number, bucket) = try holdFirst(of: home, link, in: &transaction)
        guard let place = bucket.lastUsed else { throw buckets.damaged(number) }
        let list = place == 0 ? try holdOverflowList(in: &transaction) : nil
        return Filler(bucket: bucket, place: place, number: number, list: list)
    }

    /// Takes the filler out of its chain.
    func take(_ filler: Filler, from home: Bucket) -> Bucket.Entry {
        let entry = filler.bucket.entry(filler.place)
        filler.bucket.put(.none, at: filler.place)
        if let list = filler.list {
            home.link = filler.bucket.link
            filler.bucket.link = list.first
            list.first = UInt32(filler.number - homes) + 1
            list.count += 1
        }
        return entry
    }

    /// A place for one more entry in a chain.
    struct ChainPlace {
        let bucket: Bucket
        let place: Int
        /// Where the bucket is a new one: its number + 1 among the overflow buckets, their list, held, and the next one
        /// of it where the bucket comes from there.
        fileprivate let new: (number: UInt32, list: FreeList, next: UInt32?)?
    }

    /// Holds a place in the chain of `home`, which is held and full: of its first bucket, or of a new one before it.
    func holdChainPlace(
        of home: Int, _ link: UInt32, in transaction: inout WriterLog
    ) throws(TandemError) -> ChainPlace {
        if link != 0 {
            let (_, bucket) = try holdFirst(of: home, link, in: &transaction)
            if let place = bucket.firstFree { return ChainPlace(bucket: bucket, place: place, new: nil) }
        }
        let list = try holdOverflowList(in: &transaction)
        let isFromList = list.count > 0
        let number = isFromList ? list.first : list.used + 1
        // There are enough of them: see `overflowCount`.
        guard (1 ... UInt32(overflowCount)).contains(number) else { throw pool.lists.damaged(ListPlace.overflow) }
        let bucket = try hold(bucket: homes + Int(number) - 1, in: &transaction)
        guard bucket.lastUsed == nil, isFromList || bucket.link == 0,
            !isFromList || (bucket.link == 0) == (list.count == 1)
        else { throw buckets.damaged(homes + Int(number) - 1) }
        return ChainPlace(
            bucket: bucket, place: 0, new: (number, list, isFromList ? bucket.link : nil))
    }

    /// Puts an entry there.
    func put(_ entry: Bucket.Entry, at chain: ChainPlace, of home: Bucket) {
        chain.bucket.put(entry, at: chain.place)
        guard let (number, list, next) = chain.new else { return }
        if let next {
            list.first = next
            list.count -= 1
        } else {
            list.used += 1
        }
        chain.bucket.link = home.link
        home.link = number
    }

    private func holdFirst(
        of home: Int, _ link: UInt32, in transaction: inout WriterLog
    ) throws(TandemError) -> (number: Int, bucket: Bucket) {
        guard link <= UInt32(overflowCount) else { throw buckets.damaged(home) }
        let number = homes + Int(link) - 1
        return (number, try hold(bucket: number, in: &transaction))
    }

    private func holdOverflowList(in transaction: inout WriterLog) throws(TandemError)
        -> FreeList
    {
        let list = try pool.lists.hold(list: ListPlace.overflow, in: &transaction)
        guard list.counts.isSound(room: overflowCount) else { throw pool.lists.damaged(ListPlace.overflow) }
        return list
    }
}
