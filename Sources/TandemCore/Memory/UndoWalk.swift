/// The entries of one writer's undo log from one position to another, as memory has them that anybody may have written:
/// what does not fit ends the walk.
///
/// Each step goes on by three units or more, so that a walk is over when as many entries as the pool can hold were
/// looked at, wherever its links lead.
struct UndoWalk {
    private let pool: UndoPool
    private let writer: Int
    private let end: Int
    private(set) var position: Int
    /// Which segment the position is in; nil when there is no telling.
    private(set) var segment: Int?

    init(_ pool: UndoPool, of writer: Int, from position: Int, in segment: Int?, to end: Int) {
        self.pool = pool
        self.writer = writer
        self.position = position
        self.segment = segment
        self.end = end
    }

    /// The entries of the writer's current transaction.
    init(_ pool: UndoPool, of writer: Int, _ slot: WriterSlot, at position: UndoPosition) {
        self.init(
            pool, of: writer, from: position.kept, in: pool.segment(named: slot.keptSegment.load(), of: writer),
            to: position.count)
    }

    /// Every entry has been seen. Of a walk that ended before, nobody can tell what it has not found.
    var isWhole: Bool { position >= end }

    mutating func next() -> UndoEntry? {
        while position < end, let segment {
            let offset = position & (pool.segmentUnits - 1)
            guard offset + UndoOffset.payload >> 4 <= pool.segmentUnits else {
                follow()
                continue
            }
            let entry = UndoEntry(base: pool.start(of: segment) + offset << 4)
            let name = UndoName(word: entry.name.load())
            if name == .end {
                follow()
                continue
            }
            // No entry comes to its segment's end: a position there is the next segment's. None is of no bytes, as
            // memory is that nobody has written.
            guard name.payloadBytes > 0, offset + name.units < pool.segmentUnits, position + name.units <= end else {
                break
            }
            position += name.units
            return entry
        }
        if position < end { segment = nil }
        return nil
    }

    /// Goes on in the next segment, from its start.
    private mutating func follow() {
        position = (position | (pool.segmentUnits - 1)) + 1
        segment = segment.flatMap { pool.next(behind: $0, of: writer) }
    }

    /// The entry at the walk's end, which `hold` has begun and not counted, if there is room for one.
    var uncounted: UndoEntry? {
        let offset = position & (pool.segmentUnits - 1)
        guard position == end, let segment, offset + UndoOffset.payload >> 4 <= pool.segmentUnits else { return nil }
        return UndoEntry(base: pool.start(of: segment) + offset << 4)
    }
}
