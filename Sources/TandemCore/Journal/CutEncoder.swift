internal import CTandemLayout

/// Writes one cut as one journal record, in chunks of staging memory.
///
/// While the window is open the encoder only copies payloads, because writers have to keep pre-images until it is
/// closed. Seals, checksum and writes come when the window is closed, or when the staging memory is full. The first
/// chunk has the header, with the checksum over all the rest, and goes out last: until it is there, whatever is on the
/// copy behind the journal's head means nothing.
package struct CutEncoder {
    package enum Reservation {
        case room(UnsafeMutableRawPointer)
        case waiting
        case noRoom
    }

    /// The chunk that each cut begins with: always the same memory, so that small cuts stay in the cache.
    private static let first = 0
    /// Large enough for one write to reach memory speed, small enough that a small cut wastes little.
    package static let chunkBytes = 256 << 10
    private static let headerBytes = MemoryLayout<tandem_cut>.size
    private static let changeHeaderBytes = MemoryLayout<tandem_change>.size

    private let staging: UnsafeMutableRawBufferPointer
    private let journalOffset: Int
    private let journalBytes: Int
    private let tables: [TableLayout]
    private let generation: Generation
    private let checksum: Checksum

    /// Virtual position of the next cut, and of the oldest one that the copy still needs.
    package private(set) var head: UInt64 = 0
    package var tail: UInt64 = 0

    /// Writes not yet completed, per chunk.
    private var pending: [UInt8]
    private var outstanding = 0
    private var writes = CommandBatch()

    // The cut being filled.
    private var current = 0
    private var ordinal = 0
    private var fill = 0
    /// Full chunks that have not been sealed yet, in order: number and ordinal.
    private var full: [(number: Int, ordinal: Int)] = []
    private var isOpen = false
    private var bodyChecksum: UInt32 = 0
    private var bodyBytes = 0
    package private(set) var count = 0
    private var bytes = 0

    package init(staging: UnsafeMutableRawBufferPointer, layout: FileLayout, generation: Generation, checksum: Checksum)
    {
        // The first is held back until the cut ends: with one other, a third would wait for itself.
        precondition(staging.count >= 3 * Self.chunkBytes, "three chunks at least, \(staging.count) bytes given")
        self.staging = staging
        journalOffset = layout.journalOffset
        journalBytes = layout.journalBytes
        tables = layout.tables
        self.generation = generation
        self.checksum = checksum
        pending = Array(repeating: 0, count: staging.count / Self.chunkBytes)
        full.reserveCapacity(pending.count)
    }

    /// No write is under way and no cut is open.
    package var isIdle: Bool { outstanding == 0 && !isOpen }
    package var used: Int { Int(clamping: head &- tail) }
    package var isEmpty: Bool { head == tail }

    /// Continues a journal that ends at `head`, or starts one there.
    package mutating func restart(head: UInt64, tail: UInt64) {
        precondition(isIdle, "journal moved with \(outstanding) writes under way")
        self.head = head
        self.tail = tail
    }

    /// Opens a cut. The one before is complete.
    package mutating func open() {
        precondition(isIdle, "cut opened with \(outstanding) writes under way")
        current = Self.first
        ordinal = 0
        fill = Self.headerBytes
        bodyChecksum = 0
        bodyBytes = 0
        count = 0
        full.removeAll(keepingCapacity: true)
        isOpen = true
    }

    /// Memory for one change with its payload behind it. The same memory again until `append`.
    @inline(__always)
    mutating func reserve(for table: TableLayout) -> Reservation {
        if fill + table.changeBytes > Self.chunkBytes {
            switch nextChunk() {
            case .room: break
            case let other: return other
            }
        }
        return .room(chunk(current) + fill)
    }

    /// Counts the change whose payload was written at `room`; it is sealed later.
    @inline(__always)
    mutating func append(table: TableLayout, index: Int, epoch: UInt64, at room: UnsafeMutableRawPointer) {
        room.storeBytes(of: epoch, toByteOffset: 16, as: UInt64.self)
        room.storeBytes(of: UInt32(truncatingIfNeeded: table.number), as: UInt32.self)
        room.storeBytes(of: UInt64(truncatingIfNeeded: index), toByteOffset: 8, as: UInt64.self)
        fill += table.changeBytes
        count += 1
    }

    /// Ends the cut: pads it, heads it, and emits what is left of its writes. Its last byte is then at `head`.
    /// False when the journal has no room for it; nothing of it counts then.
    package mutating func finish(cut: UInt64, previous: UInt64, wall: UInt64) -> Bool {
        let padded = (fill + 4095) & ~4095
        bytes = ordinal * Self.chunkBytes + padded
        guard used + bytes <= journalBytes else { return false }
        (chunk(current) + fill).initializeMemory(as: UInt8.self, repeating: 0, count: padded - fill)
        emitFull()
        seal(current, ordinal, upTo: fill)
        var header = tandem_cut()
        header.magic = TANDEM_CUT_MAGIC
        header.generation = (generation.high, generation.low)
        header.cut = cut
        header.previous = previous
        header.position = head
        header.bytes = UInt64(bytes)
        header.count = UInt64(count)
        header.wall_nanoseconds = wall
        header.used = UInt64(bodyBytes)
        header.body_checksum = bodyChecksum
        header.checksum = withUnsafeBytes(of: &header) { checksum($0) }
        chunk(Self.first).copyMemory(from: &header, byteCount: Self.headerBytes)
        if current != Self.first { emit(current, byteCount: padded, ordinal: ordinal) }
        emit(Self.first, byteCount: current == Self.first ? padded : Self.chunkBytes, ordinal: 0)
        head &+= UInt64(bytes)
        isOpen = false
        return true
    }

    /// Drops the open cut. Its writes that are under way end before the next is opened.
    package mutating func cancel() { isOpen = false }

    /// Moves the writes that became due to the batch.
    package mutating func takeCommands(into batch: inout CommandBatch) { batch.take(from: &writes) }

    /// One write of chunk `number` has completed; its memory may be reused when it was the last.
    package mutating func complete(_ number: Int) {
        precondition(pending.indices.contains(number) && pending[number] > 0, "completion for idle chunk \(number)")
        pending[number] -= 1
        outstanding -= 1
    }

    private func chunk(_ number: Int) -> UnsafeMutableRawPointer { staging.baseAddress! + number * Self.chunkBytes }

    @inline(never)
    private mutating func nextChunk() -> Reservation {
        guard used + (ordinal + 2) * Self.chunkBytes <= journalBytes else { return .noRoom }
        let next = (current + 1) % pending.count
        // The first chunk is held back until the end: a cut larger than the staging memory streams through the others.
        let free = next == Self.first ? (next + 1) % pending.count : next
        guard pending[free] == 0, free != current, !full.contains(where: { $0.number == free }) else {
            emitFull()
            return .waiting
        }
        let rest = Self.chunkBytes - fill
        if rest > 0 {
            let pad = chunk(current) + fill
            pad.initializeMemory(as: UInt8.self, repeating: 0, count: rest)
            pad.storeBytes(of: UInt32(bitPattern: Int32(truncatingIfNeeded: TANDEM_CHANGE_PAD)), as: UInt32.self)
            pad.storeBytes(of: UInt64(rest), toByteOffset: 8, as: UInt64.self)
        }
        full.append((current, ordinal))
        current = free
        ordinal += 1
        fill = 0
        return .room(chunk(current))
    }

    /// Seals the chunks that are full, and emits all of them but the first.
    private mutating func emitFull() {
        for chunk in full {
            seal(chunk.number, chunk.ordinal, upTo: Self.chunkBytes)
            if chunk.number != Self.first { emit(chunk.number, byteCount: Self.chunkBytes, ordinal: chunk.ordinal) }
        }
        full.removeAll(keepingCapacity: true)
    }

    /// Gives each change of a chunk its seal, and takes the chunk into the body's checksum.
    private mutating func seal(_ number: Int, _ ordinal: Int, upTo end: Int) {
        let start = ordinal == 0 ? Self.headerBytes : 0
        let base = chunk(number)
        var offset = start
        while offset + Self.changeHeaderBytes <= end {
            let table = Int(base.load(fromByteOffset: offset, as: UInt32.self))
            guard table < tables.count else { break }  // the padding at the end
            offset += sealRun(of: tables[table], from: base + offset, upTo: base + end)
        }
        bodyChecksum = checksum(base + start, end - start, seed: bodyChecksum)
        bodyBytes += end - start
    }

    /// Seals the changes of one table that follow each other, together. Returns their bytes.
    private func sealRun(of table: TableLayout, from first: UnsafeMutableRawPointer, upTo end: UnsafeMutableRawPointer)
        -> Int
    {
        let stride = table.changeBytes
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: recordSealRunMax) { seals in
            var count = 0
            var change = first
            while count < recordSealRunMax, change + Self.changeHeaderBytes <= end,
                change.load(as: UInt32.self) == UInt32(table.number)
            {
                seals[count] = recordSealSeed(
                    table: table.number, index: Int(change.load(fromByteOffset: 8, as: UInt64.self)))
                count += 1
                change += stride
            }
            let made = UnsafeMutableBufferPointer(rebasing: seals[..<count])
            checksum.rows(first + 16, stride: stride, byteCount: table.payloadBytes + 8, sums: made)
            for (place, seal) in made.enumerated() {
                first.storeBytes(of: seal, toByteOffset: place * stride + 4, as: UInt32.self)
            }
            return count * stride
        }
    }

    /// A write for the chunk, in two where the ring wraps.
    private mutating func emit(_ number: Int, byteCount: Int, ordinal: Int) {
        var position = Int((head &+ UInt64(ordinal * Self.chunkBytes)) % UInt64(journalBytes))
        var source = UnsafeRawPointer(chunk(number))
        var rest = byteCount
        while rest > 0 {
            let part = min(rest, journalBytes - position)
            writes.issue(.cutWrite(chunk: number), .write(source, count: part, offset: journalOffset + position))
            pending[number] += 1
            outstanding += 1
            source += part
            rest -= part
            position = 0
        }
    }
}
