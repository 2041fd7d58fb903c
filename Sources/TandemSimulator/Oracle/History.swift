import TandemCore

/// What was committed, as those who committed it know it: each change a stamp that is written into every word of its
/// record, later stamps being later changes. Knows nothing of the engine.
struct History {
    struct Record: Hashable { var table, index: Int }
    struct Change {
        var table, index: Int
        var stamp: UInt64
    }

    /// What one record was changed to, in order.
    private struct Version { var stamp, epoch: UInt64 }

    private var versions: [[Version]]
    private let firstRecord: [Int]
    private(set) var lastStamp: UInt64 = 0
    /// By stamp.
    private var isCommitted: [Bool] = [false]
    private(set) var transactions = 0
    private(set) var lastEpoch: UInt64 = 0
    /// A transaction of this epoch saw this record at this stamp or a later one.
    private var seen: [(record: Int, stamp: UInt64, epoch: UInt64)] = []
    /// Values that committed reads gave.
    private var reads: [UInt64] = []

    /// - Parameter capacities: each table's number of records.
    init(capacities: [Int]) {
        var first: [Int] = []
        var count = 0
        for capacity in capacities {
            first.append(count)
            count += capacity
        }
        firstRecord = first
        versions = Array(repeating: [], count: count)
    }

    mutating func clear() {
        for record in versions.indices { versions[record].removeAll(keepingCapacity: true) }
        lastStamp = 0
        isCommitted.removeAll(keepingCapacity: true)
        isCommitted.append(true)
        transactions = 0
        lastEpoch = 0
        seen.removeAll(keepingCapacity: true)
        reads.removeAll(keepingCapacity: true)
    }

    mutating func makeStamp() -> UInt64 {
        lastStamp += 1
        isCommitted.append(false)
        return lastStamp
    }

    mutating func commit(_ changes: [Change], epoch: UInt64, saw: [Change] = []) {
        transactions += 1
        lastEpoch = max(lastEpoch, epoch)
        for change in changes {
            isCommitted[Int(change.stamp)] = true
            versions[firstRecord[change.table] + change.index].append(Version(stamp: change.stamp, epoch: epoch))
        }
        for change in saw { seen.append((firstRecord[change.table] + change.index, change.stamp, epoch)) }
    }

    mutating func noteRead(_ stamp: UInt64) { reads.append(stamp) }

    /// The newest committed stamp of a record; 0 if it was never changed.
    func newest(_ table: Int, _ index: Int) -> UInt64 {
        versions[firstRecord[table] + index].reduce(0) { max($0, $1.stamp) }
    }

    /// The stamp of a record in cut `cut`.
    func stamp(_ table: Int, _ index: Int, at cut: UInt64) -> UInt64 { stamp(firstRecord[table] + index, at: cut) }

    // A commit is noted when its writer has returned, so versions may stand out of order by some; the newest is meant.
    private func stamp(_ record: Int, at cut: UInt64) -> UInt64 {
        versions[record].reduce(0) { $1.epoch <= cut ? max($0, $1.stamp) : $0 }
    }

    /// The records of which a cut has not the newest change.
    func changedBehind(_ cut: UInt64) -> [(table: Int, index: Int)] {
        versions.indices.filter { stamp($0, at: cut) != stamp($0, at: .max) }.map { record in
            let table = firstRecord.lastIndex { $0 <= record }!
            return (table, record - firstRecord[table])
        }
    }

    /// The stamps of a record's committed changes, in their order.
    func stamps(_ table: Int, _ index: Int) -> [UInt64] { versions[firstRecord[table] + index].map(\.stamp).sorted() }

    /// A record's last versions, for people.
    func story(_ table: Int, _ index: Int) -> String {
        versions[firstRecord[table] + index].suffix(6).map { "\($0.stamp) in epoch \($0.epoch)" }.joined(
            separator: ", ")
    }

    /// A transaction in the cut saw something that the cut does not have: nil if there is none.
    func unseen(at cut: UInt64) -> String? {
        for view in seen where view.epoch <= cut {
            let has = stamp(view.record, at: cut)
            if has < view.stamp {
                return "a transaction of epoch \(view.epoch) saw stamp \(view.stamp) where cut \(cut) has \(has)"
            }
        }
        return nil
    }

    /// A read that gave what nobody committed; nil if there is none.
    func dirtyRead() -> String? {
        reads.first { !isCommitted[Int($0)] }.map { "a committed read gave stamp \($0), which was never committed" }
    }
}
