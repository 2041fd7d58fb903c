internal import CTandemLayout

/// One cut's changes in chunks of staging memory, sealed and summed: what is the same for every copy.
///
/// While the window is open payloads are only copied, because writers have to keep pre-images until it is closed. Seals
/// and checksum come when the window is closed, or when the staging memory is full. What is sealed can be written. The
/// first chunk has room for the header, with the checksum over all the rest, and goes out last: until it is there,
/// whatever is on a copy behind its journal's end means nothing.
package struct CutBody {
    package enum Reservation {
        case room(UnsafeMutableRawPointer)
        /// No chunk is free until some writes complete.
        case waiting
        /// The journal's free part would not hold it.
        case noRoom
    }

    /// Bytes that are final, to be written at this place of the record.
    struct Chunk {
        let number: Int
        let ordinal: Int
        let byteCount: Int
    }

    /// The chunk that each cut begins with: always the same memory, so that small cuts stay in the cache.
    private static let first = 0
    /// Large enough for one write to reach memory speed, small enough that a small cut wastes little.
    package static let usualChunkBytes = 256 << 10
    /// The first is held back until the cut ends: with one other, a third would wait for itself.
    private static let chunksMin = 3
    private static let headerBytes = MemoryLayout<tandem_cut>.size

    private let staging: UnsafeMutableRawBufferPointer
    /// Whole pages of the journal.
    let chunkBytes: Int
    private let tables: [TableLayout]
    private let summer: Checksum

    /// What the record may take at most, header and padding included: what is free in the journal.
    var bytesMax = 0
    /// Writes not yet completed, per chunk; one that is sealed and not yet taken counts as such.
    private var pending: [UInt8]
    private var outstanding = 0

    // The cut being filled.
    private var isOpen = false
    private var current = 0
    private var ordinal = 0
    private var fill = 0
    /// Full chunks that have not been sealed yet, in order: number and ordinal.
    private var full: [(number: Int, ordinal: Int)] = []
    /// Those that can be written, in order, and how many of them have been taken.
    private var sealed: [Chunk] = []
    private var sealedTaken = 0
    /// The changed pages that were added since they were last told of, in order.
    private(set) var pages: [Int] = []
    /// Over all that lies behind the header, once it is sealed.
    private(set) var checksum: UInt32 = 0
    private(set) var sealedBytes = 0
    package private(set) var count = 0

    package init(
        staging: UnsafeMutableRawBufferPointer, chunkBytes: Int = usualChunkBytes, layout: FileLayout,
        checksum: Checksum
    ) {
        let largest = layout.tables.map(\.changeBytes).max() ?? 0
        precondition(
            chunkBytes % FileLayout.pageBytes == 0 && chunkBytes >= Self.headerBytes + largest,
            "chunks of \(chunkBytes) bytes, for changes of \(largest)")
        precondition(
            staging.count >= Self.chunksMin * chunkBytes,
            "\(Self.chunksMin) chunks at least, \(staging.count) bytes given")
        self.staging = staging
        self.chunkBytes = chunkBytes
        tables = layout.tables
        summer = checksum
        pending = Array(repeating: 0, count: staging.count / chunkBytes)
        full.reserveCapacity(pending.count)
        sealed.reserveCapacity(pending.count)
    }

    /// No write is under way and no cut is open.
    package var isIdle: Bool { outstanding == 0 && !isOpen }
    /// What the record takes, if it ends here: whole pages of the journal.
    package var byteCount: Int { ordinal * chunkBytes + paddedFill }

    /// Records are whole pages, so that a device writes nothing twice.
    private var paddedFill: Int {
        (fill + FileLayout.pageBytes - 1) / FileLayout.pageBytes * FileLayout.pageBytes
    }

    /// Opens a cut. The one before is complete.
    package mutating func open() {
        precondition(isIdle, "cut opened with \(outstanding) writes under way")
        current = Self.first
        ordinal = 0
        fill = Self.headerBytes
        checksum = 0
        sealedBytes = 0
        count = 0
        full.removeAll(keepingCapacity: true)
        pages.removeAll(keepingCapacity: true)
        isOpen = true
    }

    /// Memory for one change with its payload behind it. The same memory again until `append`.
    @inline(__always)
    mutating func reserve(for table: TableLayout) -> Reservation {
        if fill + table.changeBytes > chunkBytes {
            switch nextChunk() {
            case .room: break
            case let other: return other
            }
        }
        return .room(memory(of: current) + fill)
    }

    /// Counts the change of a record on `page` whose payload was written at `room`; it is sealed later.
    @inline(__always)
    mutating func append(table: TableLayout, index: Int, epoch: UInt64, page: Int, at room: UnsafeMutableRawPointer) {
        room.storeBytes(of: epoch, toByteOffset: ChangeOffset.epoch, as: UInt64.self)
        room.storeBytes(of: UInt32(truncatingIfNeeded: table.number), toByteOffset: ChangeOffset.table, as: UInt32.self)
        room.storeBytes(of: UInt64(truncatingIfNeeded: index), toByteOffset: ChangeOffset.index, as: UInt64.self)
        fill += table.changeBytes
        count += 1
        if pages.last != page { pages.append(page) }
    }

    /// The pages have been told of; those of later changes are others.
    mutating func forgetPages() { pages.removeAll(keepingCapacity: true) }

    /// Ends the cut: pads it and seals what is left.
    mutating func close() {
        let padded = paddedFill
        (memory(of: current) + fill).initializeMemory(as: UInt8.self, repeating: 0, count: padded - fill)
        sealFull()
        seal(current, ordinal, upTo: fill)
        if current != Self.first { addSealed(Chunk(number: current, ordinal: ordinal, byteCount: padded)) }
        addSealed(
            Chunk(number: Self.first, ordinal: 0, byteCount: current == Self.first ? padded : chunkBytes))
        isOpen = false
    }

    /// Puts the header where the record begins.
    func begin(with header: tandem_cut) {
        withUnsafeBytes(of: header) {
            memory(of: Self.first).copyMemory(from: $0.baseAddress!, byteCount: Self.headerBytes)
        }
    }

    /// Drops the open cut. Its writes that are under way end before the next is opened.
    package mutating func cancel() {
        isOpen = false
        while takeSealed() != nil {}
    }

    // MARK: Writes

    /// The next chunk that can be written, in order; whoever writes it says so before anything else is asked.
    mutating func takeSealed() -> Chunk? {
        guard sealedTaken < sealed.count else {
            sealed.removeAll(keepingCapacity: true)
            sealedTaken = 0
            return nil
        }
        defer { sealedTaken += 1 }
        release(sealed[sealedTaken].number)
        return sealed[sealedTaken]
    }

    /// A write of chunk `number` is on its way.
    mutating func noteWriting(_ number: Int) {
        pending[number] += 1
        outstanding += 1
    }

    /// One write of chunk `number` has completed; its memory may be reused when it was the last.
    package mutating func complete(_ number: Int) {
        precondition(pending.indices.contains(number) && pending[number] > 0, "completion for idle chunk \(number)")
        release(number)
    }

    func memory(of number: Int) -> UnsafeMutableRawPointer { staging.baseAddress! + number * chunkBytes }

    private mutating func release(_ number: Int) {
        pending[number] -= 1
        outstanding -= 1
    }

    private mutating func addSealed(_ chunk: Chunk) {
        sealed.append(chunk)
        noteWriting(chunk.number)
    }

    // MARK: Chunks

    /// The chunk behind the present one, if it is free. The first is held back until the end: a cut larger than the
    /// staging memory streams through the others.
    private var free: Int? {
        let next = (current + 1) % pending.count
        let free = next == Self.first ? (next + 1) % pending.count : next
        return pending[free] == 0 && free != current && !full.contains { $0.number == free } ? free : nil
    }

    /// Most of the memory waits for no write.
    var hasRoom: Bool { outstanding * 2 <= pending.count && free != nil }

    @inline(never)
    private mutating func nextChunk() -> Reservation {
        guard (ordinal + 2) * chunkBytes <= bytesMax else { return .noRoom }
        guard let free else {
            sealFull()
            return .waiting
        }
        let rest = chunkBytes - fill
        if rest > 0 {
            let pad = memory(of: current) + fill
            pad.initializeMemory(as: UInt8.self, repeating: 0, count: rest)
            pad.storeBytes(
                of: UInt32(bitPattern: Int32(truncatingIfNeeded: TANDEM_CHANGE_PAD)),
                toByteOffset: ChangeOffset.table, as: UInt32.self)
            pad.storeBytes(of: UInt64(rest), toByteOffset: ChangeOffset.index, as: UInt64.self)
        }
        full.append((current, ordinal))
        current = free
        ordinal += 1
        fill = 0
        return .room(memory(of: current))
    }

    /// Seals the chunks that are full; all but the first can be written then.
    mutating func sealFull() {
        for chunk in full {
            seal(chunk.number, chunk.ordinal, upTo: chunkBytes)
            if chunk.number != Self.first {
                addSealed(Chunk(number: chunk.number, ordinal: chunk.ordinal, byteCount: chunkBytes))
            }
        }
        full.removeAll(keepingCapacity: true)
    }

    /// Gives each change of a chunk its seal, and takes the chunk into the checksum.
    private mutating func seal(_ number: Int, _ ordinal: Int, upTo end: Int) {
        let start = ordinal == 0 ? Self.headerBytes : 0
        let base = memory(of: number)
        var offset = start
        while offset + ChangeOffset.payload <= end {
            let table = Int(base.load(fromByteOffset: offset + ChangeOffset.table, as: UInt32.self))
            guard table < tables.count else { break }  // the padding at the end
            offset += sealRun(of: tables[table], from: base + offset, upTo: base + end)
        }
        checksum = summer(base + start, end - start, seed: checksum)
        sealedBytes += end - start
    }

    /// Seals the changes of one table that follow each other, together. Returns their bytes.
    private func sealRun(of table: TableLayout, from first: UnsafeMutableRawPointer, upTo end: UnsafeMutableRawPointer)
        -> Int
    {
        let stride = table.changeBytes
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: recordSealRunMax) { seals in
            var count = 0
            var change = first
            while count < recordSealRunMax, change + ChangeOffset.payload <= end,
                change.load(fromByteOffset: ChangeOffset.table, as: UInt32.self) == UInt32(table.number)
            {
                let index = Int(change.load(fromByteOffset: ChangeOffset.index, as: UInt64.self))
                seals[count] = recordSealSeed(table: table.number, index: index)
                count += 1
                change += stride
            }
            let made = UnsafeMutableBufferPointer(rebasing: seals[..<count])
            summer.rows(
                first + ChangeOffset.epoch, stride: stride,
                byteCount: table.payloadBytes + ChangeOffset.payload - ChangeOffset.epoch, sums: made)
            for (place, seal) in made.enumerated() {
                first.storeBytes(of: seal, toByteOffset: place * stride + ChangeOffset.seal, as: UInt32.self)
            }
            return count * stride
        }
    }
}
