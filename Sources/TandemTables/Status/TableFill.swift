public import Tandem
internal import TandemCore

/// How full a keyed table is.
public struct TableFill: Hashable, Sendable, Encodable {
    /// Slots: so many keys fit.
    public let capacity: Int
    /// Keys that are there.
    public let count: Int
    /// Slots that have had all of their 4,294,967,295 generations, and are given out no more.
    public let retired: Int
    /// Buckets of sixteen places in which keys have their homes.
    public let buckets: Int
    /// Overflow buckets, of which there are enough whatever the keys are.
    public let overflowBuckets: Int
    /// Overflow buckets that are chained to a bucket now.
    public let overflowBucketsUsed: Int

    /// Keys for each place in the buckets, 0 … 1.
    public var load: Double { Double(count) / Double(buckets * Bucket.places) }
}

/// How the keys lie in a keyed table's buckets: found by looking at all of them, each of some moment.
public struct TableSurvey: Hashable, Sendable, Encodable {
    /// How many buckets have 0, 1, … 16 entries.
    public internal(set) var bucketsByEntries = [Int](repeating: 0, count: Bucket.places + 1)
    /// Keys that stand in their second bucket.
    public internal(set) var keysAway = 0
    /// How many buckets have chains of 0, 1, … overflow buckets.
    public internal(set) var bucketsByChain = [0]

    /// Overflow buckets of the longest chain.
    public var longestChain: Int { bucketsByChain.count - 1 }
}

extension KeyedTable {
    /// How full the table is, each number of some moment.
    ///
    /// - Throws: `.tableDamaged`, `.readContended`, which only scribbled memory brings about.
    /// - Complexity: O(partitions).
    public func fill() throws(TandemError) -> TableFill { try index.fill() }

    /// How the keys lie in the buckets.
    ///
    /// - Throws: as `fill`.
    /// - Complexity: O(buckets).
    public func survey() throws(TandemError) -> TableSurvey { try index.survey() }
}

extension KeyIndex {
    func fill() throws(TandemError) -> TableFill {
        let overflow = try pool.lists.look(at: ListPlace.overflow, as: 0) { FreeList(looking: $0).counts }
        guard overflow.isSound(room: overflowCount) else { throw pool.lists.damaged(ListPlace.overflow) }
        return TableFill(
            capacity: pool.capacity, count: try pool.count(), retired: try pool.retired(), buckets: homes,
            overflowBuckets: overflowCount, overflowBucketsUsed: overflow.inUse)
    }

    func survey() throws(TandemError) -> TableSurvey {
        var survey = TableSurvey()
        for home in 0 ..< homes {
            let (count, away) = try look(at: home, as: 0) { ($0.count, $0.away) }
            survey.bucketsByEntries[count] += 1
            survey.keysAway += Int(away)
            let length = try chainLength(of: home)
            while survey.bucketsByChain.count <= length { survey.bucketsByChain.append(0) }
            survey.bucketsByChain[length] += 1
        }
        return survey
    }

    /// Looked at again where a chain was changed meanwhile.
    private func chainLength(of home: Int) throws(TandemError) -> Int {
        for _ in 0 ..< 1 << 20 {
            let version = buckets.committedVersion(home)
            var link = try look(at: home, as: 0) { $0.link }
            var length = 0
            while link != 0, link <= UInt32(overflowCount), length <= overflowCount {
                length += 1
                link = try look(at: homes + Int(link) - 1, as: 0) { $0.link }
            }
            guard buckets.committedVersion(home) == version else { continue }
            guard link == 0 else { throw buckets.damaged(home) }
            return length
        }
        throw TandemError(.readContended, UInt64(buckets.view.layout.number), UInt64(home))
    }
}
