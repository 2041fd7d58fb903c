internal import CTandemLayout

/// Reads the valid, consecutive cuts of a journal, one after the other.
///
/// A cut is read where it lies when the copy is in memory and the ring does not wrap in it, else into a buffer that the
/// next one takes over.
package struct JournalReader<Bytes: CopyBytes> {
    /// Valid until the reader goes on.
    package struct Cut {
        package let number: UInt64
        package let count: Int
        package let wallNanoseconds: UInt64
        let body: UnsafeRawBufferPointer
        let layout: FileLayout
    }

    private let bytes: Bytes
    private let layout: FileLayout
    private let generation: Generation
    private let checksum: Checksum
    private let buffer: RecordBuffer
    /// Bytes of the ring that the records read so far leave for others: records that overlap are a forgery.
    private var bytesLeft: UInt64
    private var headerBytes: Int { MemoryLayout<tandem_cut>.size }
    package private(set) var end: JournalEnd

    package init(_ bytes: Bytes, layout: FileLayout, slot: StateSlot, checksum: Checksum) {
        self.init(
            bytes, layout: layout, generation: slot.generation,
            from: JournalEnd(position: slot.journalTail, cut: slot.tailCut), through: RecordBuffer(), checksum: checksum
        )
    }

    /// - Parameter buffer: used again from reader to reader, as memory that is new to a process is cleared for it.
    init(
        _ bytes: Bytes, layout: FileLayout, generation: Generation, from start: JournalEnd,
        through buffer: RecordBuffer, checksum: Checksum
    ) {
        self.bytes = bytes
        self.layout = layout
        self.generation = generation
        self.checksum = checksum
        self.buffer = buffer
        end = start
        bytesLeft = UInt64(layout.journalBytes)
    }

    /// The next cut; nil at the first record that is not whole, not of this generation, or not the successor of the
    /// last.
    package mutating func next() throws(CopyFailure) -> Cut? {
        guard let header = try header(), header.position == end.position,
            header.previous == end.cut, header.cut > end.cut,
            header.bytes % UInt64(FileLayout.pageBytes) == 0, header.bytes >= FileLayout.pageBytes,
            header.bytes <= bytesLeft,
            header.used <= header.bytes - UInt64(headerBytes)
        else { return nil }
        let record = try record(Int(header.bytes))
        let body = UnsafeRawBufferPointer(rebasing: record[headerBytes ..< headerBytes + Int(header.used)])
        guard checksum(body) == header.body_checksum else { return nil }
        bytesLeft -= header.bytes
        end = JournalEnd(position: end.position &+ header.bytes, cut: header.cut)
        return Cut(
            number: header.cut, count: Int(clamping: header.count), wallNanoseconds: header.wall_nanoseconds,
            body: body,
            layout: layout)
    }

    /// The header where the journal ends, if one of this life stands there, whatever place and cut it speaks of.
    func header() throws(CopyFailure) -> tandem_cut? {
        // Records start with pages, so that the ring does not wrap in a header; a tail that says otherwise is forged.
        guard end.position % UInt64(FileLayout.pageBytes) == 0 else { return nil }
        return CutHeader.decode(try record(headerBytes), generation: generation, checksum: checksum)
    }

    private func record(_ count: Int) throws(CopyFailure) -> UnsafeRawBufferPointer {
        let start = Int(end.position % UInt64(layout.journalBytes))
        let first = min(count, layout.journalBytes - start)
        let offset = layout.journalOffset + start
        if first == count, let memory = bytes.memory, count <= memory.count - offset {
            return UnsafeRawBufferPointer(rebasing: memory[offset ..< offset + count])
        }
        let room = buffer.room(count)
        try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<first]), at: offset)
        if first < count {
            try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: room[first...]), at: layout.journalOffset)
        }
        return UnsafeRawBufferPointer(room)
    }
}

/// How a journal record begins.
enum CutHeader {
    /// The header in the first of `bytes`; nil if there is none, or it is of another life.
    static func decode(_ bytes: UnsafeRawBufferPointer, generation: Generation, checksum: Checksum) -> tandem_cut? {
        // Most places hold none: asked before anything is copied.
        guard bytes.load(as: UInt64.self) == TANDEM_CUT_MAGIC else { return nil }
        var header = tandem_cut()
        withUnsafeMutableBytes(of: &header) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<MemoryLayout<tandem_cut>.size]))
        }
        let expected = header.checksum
        header.checksum = 0
        guard withUnsafeBytes(of: &header, { checksum($0) }) == expected,
            header.generation == (generation.high, generation.low)
        else { return nil }
        return header
    }
}

/// Memory for one journal record, or for a page, as large as the largest so far.
final class RecordBuffer {
    private var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if bytes.count < count {
            bytes.deallocate()
            bytes = .allocate(byteCount: max(count, FileLayout.pageBytes), alignment: FileLayout.pageBytes)
        }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
    }

    deinit { bytes.deallocate() }
}
