package import Tandem
internal import TandemCore

/// What a `DeadlineWheel` does, whatever the table's keys and records are.
package struct RawDeadlineWheel: ~Copyable {
    private let table: RawSlotTable
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
    package init(
        _ table: RawSlotTable, partitions: some Sequence<Int>, resolution: Duration
    ) throws(TandemError) {
        self.table = table
        self.partitions = Set(partitions).filter { (0 ..< table.partitionCount).contains($0) }.sorted()
        self.resolution = min(max(resolution, .milliseconds(1)), .seconds(10)).nanoseconds
        spokes = Array(repeating: [], count: Self.spokeCount)
        turned = table.clock.now() / self.resolution
        for partition in self.partitions {
            for slot in table.pool.partitions.slots(of: partition) { try look(at: slot) }
        }
    }

    package mutating func note(_ handle: RecordHandle, deadline: UInt64) {
        guard deadline != 0 else { return }
        // What is due already is found at the next turn.
        let spoke = max(deadline / resolution, turned)
        spokes[Int(spoke % UInt64(Self.spokeCount))].append(Due(handle: handle, deadline: deadline))
    }

    /// The records that are due, so many at most: the others come with the next call.
    package mutating func expire(
        now: UInt64, scanning: Int, max limit: Int, with writer: inout Writer
    ) throws(TandemError) -> [RecordHandle] {
        try tell(now, writer: &writer)
        try goOn(by: scanning)
        var due: Set<RecordHandle> = []
        let end = now / resolution
        // After a long pause each spoke is looked at once.
        let first = end >= UInt64(Self.spokeCount) ? Swift.max(turned, end - UInt64(Self.spokeCount) + 1) : turned
        for spoke in stride(from: first, through: end, by: 1) {
            turned = spoke
            let place = Int(spoke % UInt64(Self.spokeCount))
            var looked = spokes[place][...]
            spokes[place] = []
            while let entry = looked.popFirst() {
                // What the record says counts: it may have been removed, or been given another deadline.
                guard let deadline = try table.pool.deadline(of: entry.handle), deadline != 0 else { continue }
                if deadline <= now { due.insert(entry.handle) } else { note(entry.handle, deadline: deadline) }
                guard due.count < limit else {
                    spokes[place] += looked
                    return Array(due)
                }
            }
        }
        return Array(due)
    }

    private mutating func tell(_ now: UInt64, writer: inout Writer) throws(TandemError) {
        guard now >= toldAt &+ Self.tellingInterval || toldAt == 0 else { return }
        let lists = table.pool.lists
        try writer.transaction { transaction throws(TandemError) in
            let header = try lists.hold(ListPlace.header, as: TableHeader.self, in: &transaction.log)
            if header.pointee.clockTold < now { header.pointee.clockTold = now }
        }
        toldAt = now
    }

    private mutating func goOn(by slots: Int) throws(TandemError) {
        guard !partitions.isEmpty else { return }
        let ranges = table.pool.partitions
        for _ in 0 ..< Swift.max(slots, 0) {
            let range = ranges.slots(of: partitions[scan.partition])
            if scan.slot < range.count { try look(at: range.lowerBound + scan.slot) }
            scan.slot += 1
            if scan.slot >= range.count { scan = Scan(partition: (scan.partition + 1) % partitions.count) }
        }
    }

    /// Notes what the slot says, unless the wheel knows.
    private mutating func look(at slot: Int) throws(TandemError) {
        let header = try table.pool.look(at: slot, as: 0) { $0.header }
        guard header.state == .used, header.word != 0 else { return }
        let handle = RecordHandle(index: slot, generation: header.generation)
        let place = Int(Swift.max(header.word / resolution, turned) % UInt64(Self.spokeCount))
        guard !spokes[place].contains(where: { $0.handle == handle }) else { return }
        note(handle, deadline: header.word)
    }
}

extension SlotPool {
    /// The deadline of the record that `handle` names; 0 for none, nil when it was removed.
    func deadline(of handle: RecordHandle) throws(TandemError) -> UInt64? {
        guard handle.index < capacity else { return nil }
        return try look(at: handle.index, as: 0) { slot in
            slot.isInUse(as: handle.generation) ? slot.word : nil
        }
    }

    /// Gives that record another one; false when it was removed.
    func setDeadline(
        _ handle: RecordHandle, to deadline: UInt64, in transaction: inout WriterLog
    ) throws(TandemError) -> Bool {
        guard let slot = try hold(handle, in: &transaction) else { return false }
        slot.word = deadline
        return true
    }
}
