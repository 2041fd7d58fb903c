internal import CTandemLayout

/// One copy's journal: where it begins and ends, and what its next record goes on from. Positions are virtual: they
/// only grow, and the ring has each of them modulo its size.
package struct JournalRing {
    private let offset: Int
    private let byteCount: Int
    private let generation: Generation
    private let checksum: Checksum

    /// What the copy still needs begins behind this cut.
    package private(set) var start = JournalEnd(position: 0, cut: 0)
    /// Where the next record goes, and the last cut before it.
    package private(set) var end = JournalEnd(position: 0, cut: 0)

    package init(layout: FileLayout, generation: Generation, checksum: Checksum) {
        offset = layout.journalOffset
        byteCount = layout.journalBytes
        self.generation = generation
        self.checksum = checksum
    }

    package var used: Int { Int(clamping: end.position &- start.position) }
    package var free: Int { byteCount - used }
    package var isEmpty: Bool { end.position == start.position }

    /// Continues a journal from `start` to `end`, or begins one there.
    package mutating func restart(from start: JournalEnd, to end: JournalEnd) {
        self.start = start
        self.end = end
    }

    /// What lies before `start` is not needed any more.
    package mutating func moveStart(to start: JournalEnd) { self.start = start }

    /// Ends the record of cut `cut`, and issues what is left of its writes, its header last. False when the ring has no
    /// room for it; nothing of it counts then.
    package mutating func append(_ body: inout CutBody, cut: UInt64, wall: UInt64, into batch: inout CommandBatch)
        -> Bool
    {
        let bytes = body.byteCount
        guard bytes <= free else { return false }
        body.close()
        var header = tandem_cut()
        header.magic = TANDEM_CUT_MAGIC
        header.generation = (generation.high, generation.low)
        header.cut = cut
        header.previous = end.cut
        header.position = end.position
        header.bytes = UInt64(bytes)
        header.count = UInt64(body.count)
        header.wall_nanoseconds = wall
        header.used = UInt64(body.sealedBytes)
        header.body_checksum = body.checksum
        header.checksum = withUnsafeBytes(of: &header) { checksum($0) }
        body.begin(with: header)
        write(&body, into: &batch)
        end = JournalEnd(position: end.position &+ UInt64(bytes), cut: cut)
        return true
    }

    /// Issues the writes of what is sealed, in two where the ring ends in the middle.
    package func write(_ body: inout CutBody, into batch: inout CommandBatch) {
        while let chunk = body.takeSealed() {
            var position = Int((end.position &+ UInt64(chunk.ordinal * body.chunkBytes)) % UInt64(byteCount))
            var source = UnsafeRawPointer(body.memory(of: chunk.number))
            var rest = chunk.byteCount
            while rest > 0 {
                let part = min(rest, byteCount - position)
                batch.issue(.cutWrite(chunk: chunk.number), .write(source, count: part, offset: offset + position))
                body.noteWriting(chunk.number)
                source += part
                rest -= part
                position = 0
            }
        }
    }
}
