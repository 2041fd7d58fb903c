/// How large the undo room is, and its segments.
struct UndoRoom {
    let segments: Int
    let segmentBytes: Int

    /// - Parameter bytes: of all segments, the writers' homes included; nil for what suits the tables.
    /// - Throws: `.badArgument`.
    init(
        tables: [TableDefinition], writerCount: Int, bytes: Int?, segmentBytes: Int?
    ) throws(TandemError) {
        let longest = tables.map { RecordShape(payloadBytes: $0.payloadBytes).undoBytes }.max() ?? 0
        let shared = Self.usual(tables)
        self.segmentBytes = segmentBytes ?? Self.segmentBytes(longest: longest, of: bytes ?? shared)
        let isPossible =
            self.segmentBytes.nonzeroBitCount == 1 && self.segmentBytes > longest
            && self.segmentBytes <= FileLayout.undoSegmentBytesMax
        guard isPossible else {
            throw TandemError(
                .badArgument, "undo segments", "\(self.segmentBytes) bytes are not possible",
                remedy: "Use a power of two above \(longest)")
        }
        let homes = writerCount * self.segmentBytes
        let wanted = bytes ?? homes + shared
        try FileLayout.check("undo bytes", wanted, homes ... max(homes, FileLayout.undoBytesMax))
        segments = (wanted + self.segmentBytes - 1) / self.segmentBytes
        try FileLayout.check("undo segments", segments, 1 ... FileLayout.undoSegmentsMax)
    }

    /// A window over everything must end before it is full, or its capture is abandoned, and so is the next: a copy
    /// that comes back is never whole. Where writers leave the engine little processor time, all N records change
    /// meanwhile, and a transaction keeps all of its pre-images for one that is wanted. With room for half of N the
    /// copy of an exchange whose two writers had two processors came to no cut; with this no capture was abandoned.
    private static func usual(_ tables: [TableDefinition]) -> Int {
        let all = tables.reduce(0.0) {
            $0 + Double($1.capacity) * Double(RecordShape(payloadBytes: $1.payloadBytes).undoBytes)
        }
        return min(max(Int(min(all / 4 * 5, 1e15)), 64 << 20), FileLayout.undoBytesMax / 2)
    }

    /// From 64 KiB on, so that one is claimed every few hundred records; at least two of the longest records to each,
    /// or half of it may lie idle; and so few that all of their words are looked through in some microseconds.
    private static func segmentBytes(longest: Int, of bytes: Int) -> Int {
        var size = 64 << 10
        while size <= longest * 2 || bytes / size > FileLayout.undoSegmentsMax / 2,
            size < FileLayout.undoSegmentBytesMax
        { size *= 2 }
        return size
    }
}
