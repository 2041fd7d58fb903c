public import Tandem
internal import TandemCore

/// When which record of some partitions of a table is due: a worker's own, beside the table.
///
/// A deadline is a field of the record, set by `insert` or `setDeadline`, and travels with it. The wheel is derived
/// from these fields: made by a scan when the worker attaches, kept by what the worker tells it, and set right by a
/// scan that goes on a little with each call, as other workers give out slots of the partitions, and move deadlines,
/// too. So a deadline that the wheel was not told is found within one round of the scan.
///
/// Only who owns the partitions on the source fires: one worker for each, by the program's own arrangement. A copy has
/// no writer, so nothing on it fires; a source that was superseded says so. Two who fire the same do no harm: a handle
/// is removed once.
///
/// *Threads:* one at a time. *Crash:* nothing is lost; the next owner makes another.
public struct DeadlineWheel<Key: TableKey, Record: BitwiseCopyable>: ~Copyable {
    private let table: KeyedTable<Key, Record>
    private let partitions: [Int]
    private let resolution: UInt64
    /// By the time at which they are due, modulo one turn; what is due in a later turn stays.
    private var spokes: [[Due]]
    /// The spoke up to which all have been looked at, counted from the clock's start.
    private var turned: UInt64
    private var scan = Scan()
    private var toldAt: UInt64 = 0

    private struct Due {
        let handle: RecordHandle
        let deadline: UInt64
    }

    /// Where the scan has got to.
    private struct Scan {
        var partition = 0
        var slot = 0
    }

    /// Spokes of one turn.
    private static var spokeCount: Int { 4096 }
    /// How often the table is told its clock, in nanoseconds: so much later may deadlines be for a promotion.
    private static var tellingInterval: UInt64 { 100_000_000 }

    /// Makes the wheel by a scan of the partitions.
    ///
    /// - Parameters:
    ///   - partitions: 0 ..< `table.partitionCount`; others are left out.
    ///   - resolution: what deadlines are rounded up to, 1 ms … 10 s.
    /// - Throws: what `KeyedTable.forEach` throws.
    /// - Complexity: O(slots ever used of the partitions).
    public init(
        _ table: KeyedTable<Key, Record>, partitions: some Sequence<Int>, resolution: Duration = .milliseconds(16)
    ) throws(TandemError) {
        self.table = table
        self.partitions = Set(partitions).filter { (0 ..< table.partitionCount).contains($0) }.sorted()
        let (seconds, attoseconds) = min(max(resolution, .milliseconds(1)), .seconds(10)).components
        self.resolution = UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        spokes = Array(repeating: [], count: Self.spokeCount)
        turned = table.clock.now() / self.resolution
        for partition in self.partitions {
            for slot in table.index.pool.partitions.slots(of: partition) { try look(at: slot) }
        }
    }

    /// Tells the wheel of a deadline that was set, when the transaction has committed: it is then found in time and not
    /// only by the scan.
    public mutating func note(_ handle: RecordHandle, deadline: UInt64) {
        guard deadline != 0 else { return }
        // What is due already is found at the next turn.
        let spoke = max(deadline / resolution, turned)
        spokes[Int(spoke % UInt64(Self.spokeCount))].append(Due(handle: handle, deadline: deadline))
    }

    /// The records that are due: they are as they were, and to be removed or given another deadline by who asked.
    ///
    /// A record that is neither is told again, after one round of the scan. Tells the table its clock, ten times a
    /// second at most.
    ///
    /// - Parameters:
    ///   - now: on the table's clock.
    ///   - scanning: slots that the scan goes on by.
    ///   - writer: by which the clock is told.
    /// - Throws: `.superseded`, and what `KeyedTable.read` throws.
    /// - Complexity: O(due + scanned), and O(kept) once each turn of 4,096 times the resolution.
    public mutating func expire(
        now: UInt64, scanning: Int = 256, with writer: inout Writer
    ) throws(TandemError) -> [RecordHandle] {
        try tell(now, writer: &writer)
        try goOn(by: scanning)
        var due: [RecordHandle] = []
        let end = now / resolution
        // After a long pause each spoke is looked at once.
        let first = end >= UInt64(Self.spokeCount) ? max(turned, end - UInt64(Self.spokeCount) + 1) : turned
        for spoke in stride(from: first, through: end, by: 1) {
            let place = Int(spoke % UInt64(Self.spokeCount))
            let looked = spokes[place]
            spokes[place] = []
            for entry in looked {
                // What the record says counts: it may have been removed, or been given another deadline.
                guard let deadline = try table.deadline(of: entry.handle), deadline != 0 else { continue }
                if deadline <= now { due.append(entry.handle) } else { note(entry.handle, deadline: deadline) }
            }
            turned = spoke
        }
        return Array(Set(due))
    }

    private mutating func tell(_ now: UInt64, writer: inout Writer) throws(TandemError) {
        guard now >= toldAt &+ Self.tellingInterval || toldAt == 0 else { return }
        let lists = table.index.pool.lists
        try writer.transaction { transaction throws(TandemError) in
            let header = try transaction.log.hold(lists, ListPlace.header, as: TableHeader.self)
            if header.pointee.clockTold < now { header.pointee.clockTold = now }
        }
        toldAt = now
    }

    private mutating func goOn(by slots: Int) throws(TandemError) {
        guard !partitions.isEmpty else { return }
        let ranges = table.index.pool.partitions
        for _ in 0 ..< max(slots, 0) {
            let range = ranges.slots(of: partitions[scan.partition])
            if scan.slot < range.count { try look(at: range.lowerBound + scan.slot) }
            scan.slot += 1
            if scan.slot >= range.count { scan = Scan(partition: (scan.partition + 1) % partitions.count) }
        }
    }

    /// Notes what the slot says, unless the wheel knows.
    private mutating func look(at slot: Int) throws(TandemError) {
        let header = try table.index.pool.look(at: slot, as: 0) { $0.header }
        guard header.state == .used, header.word != 0 else { return }
        let handle = RecordHandle(index: slot, generation: header.generation)
        let place = Int(max(header.word / resolution, turned) % UInt64(Self.spokeCount))
        guard !spokes[place].contains(where: { $0.handle == handle }) else { return }
        note(handle, deadline: header.word)
    }
}

extension KeyedTable {
    /// The deadline of the record that `handle` names, on the table's clock; 0 for none, nil when it was removed.
    ///
    /// - Throws: as `read`.
    /// - Complexity: O(1), one record read.
    public func deadline(of handle: RecordHandle) throws(TandemError) -> UInt64? {
        guard handle.index < capacity else { return nil }
        return try index.pool.look(at: handle.index, as: 0) { slot in
            slot.isInUse(as: handle.generation) ? slot.word : nil
        }
    }
}

extension Transaction {
    /// Gives the record that `handle` names another deadline.
    ///
    /// - Parameter deadline: on the table's clock; 0 for none.
    /// - Returns: false, and nothing is changed, when its key was removed.
    /// - Throws: what `update` of another table throws.
    /// - Complexity: as `update` of another table.
    @discardableResult
    public mutating func setDeadline<Key, Record>(
        _ table: KeyedTable<Key, Record>, _ handle: RecordHandle, to deadline: UInt64
    ) throws(TandemError) -> Bool {
        guard let slot = try table.index.pool.hold(handle, in: &self) else { return false }
        slot.word = deadline
        return true
    }
}
