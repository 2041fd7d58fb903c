internal import CTandemLayout

/// Reads the valid, consecutive cuts of a journal, one after the other.
package struct JournalReader<Bytes: CopyBytes> {
    package struct Cut {
        package var number: UInt64
        package var changes: Int
        package var wallNanoseconds: UInt64
        /// The whole record, header included.
        package var bytes: [UInt8]
        var used: Int
    }

    private let bytes: Bytes
    private let layout: FileLayout
    private let generation: Generation
    private let checksum: Checksum
    private var headerBytes: Int { MemoryLayout<tandem_cut>.size }
    package private(set) var end: JournalEnd

    package init(_ bytes: Bytes, layout: FileLayout, slot: StateSlot, checksum: Checksum) {
        self.bytes = bytes
        self.layout = layout
        generation = slot.generation
        self.checksum = checksum
        end = JournalEnd(position: slot.journalTail, cut: slot.tailCut)
    }

    /// The next cut; nil at the first record that is not whole, not of this generation, or not the successor of the last.
    package mutating func next() throws(CopyFailure) -> Cut? {
        guard let header = try header(), header.position == end.position,
            header.previous == end.cut, header.cut > end.cut,
            header.bytes % 4096 == 0, header.bytes >= 4096, header.bytes <= UInt64(layout.journalBytes),
            header.used <= header.bytes - UInt64(headerBytes)
        else { return nil }
        var record = [UInt8](repeating: 0, count: Int(header.bytes))
        try read(into: &record, at: end.position)
        let used = Int(header.used)
        let sum = record.withUnsafeBytes {
            checksum(UnsafeRawBufferPointer(rebasing: $0[headerBytes ..< headerBytes + used]))
        }
        guard sum == header.body_checksum else { return nil }
        end = JournalEnd(position: end.position &+ header.bytes, cut: header.cut)
        return Cut(
            number: header.cut, changes: Int(clamping: header.count), wallNanoseconds: header.wall_nanoseconds,
            bytes: record, used: used)
    }

    /// The header where the journal ends, if one of this life stands there, whatever place and cut it speaks of.
    func header() throws(CopyFailure) -> tandem_cut? {
        var header = tandem_cut()
        var raw = [UInt8](repeating: 0, count: headerBytes)
        try read(into: &raw, at: end.position)
        withUnsafeMutableBytes(of: &header) { $0.copyBytes(from: raw) }
        guard header.magic == TANDEM_CUT_MAGIC else { return nil }
        let expected = header.checksum
        header.checksum = 0
        guard withUnsafeBytes(of: &header, { checksum($0) }) == expected,
            header.generation == (generation.high, generation.low)
        else { return nil }
        return header
    }

    private func read(into buffer: inout [UInt8], at position: UInt64) throws(CopyFailure) {
        let ring = layout.journalBytes
        let start = Int(position % UInt64(ring))
        let first = min(buffer.count, ring - start)
        let bytes = bytes
        let journal = layout.journalOffset
        try buffer.withMutableBytes { all throws(CopyFailure) in
            try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: all[..<first]), at: journal + start)
            guard first < all.count else { return }
            try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: all[first...]), at: journal)
        }
    }
}

/// One change of a cut, pointing into the cut's bytes.
package struct JournalChange {
    package let table: TableLayout
    package let index: Int
    package let epoch: UInt64
    package let seal: UInt32
    package let payload: UnsafeRawPointer
}

extension JournalReader.Cut {
    /// Calls `body` with each change in order; false if an entry makes no sense, which a valid checksum makes a forgery.
    package func forEachChange(
        _ layout: FileLayout, _ checksum: Checksum, _ body: (JournalChange) throws(CopyFailure) -> Void
    ) throws(CopyFailure) -> Bool {
        try bytes.withBytes { raw throws(CopyFailure) -> Bool in
            let headerBytes = MemoryLayout<tandem_cut>.size
            let end = headerBytes + used
            var offset = headerBytes
            while offset + 16 <= end {
                let tableNumber = Int(raw.load(fromByteOffset: offset, as: UInt32.self))
                let index = raw.load(fromByteOffset: offset + 8, as: UInt64.self)
                if tableNumber == Int(UInt32(bitPattern: Int32(truncatingIfNeeded: TANDEM_CHANGE_PAD))) {
                    guard index >= 16, index <= UInt64(end - offset) else { return false }
                    offset += Int(index)
                    continue
                }
                guard tableNumber < layout.tables.count else { return false }
                let table = layout.tables[tableNumber]
                let need = (MemoryLayout<tandem_change>.size + table.payloadBytes + 15) & ~15
                guard index < UInt64(table.capacity), offset + need <= end else { return false }
                let change = JournalChange(
                    table: table, index: Int(index), epoch: raw.load(fromByteOffset: offset + 16, as: UInt64.self),
                    seal: raw.load(fromByteOffset: offset + 4, as: UInt32.self), payload: raw.baseAddress! + offset + 24
                )
                let sum = recordSeal(
                    table: tableNumber, index: Int(index), epochAndPayload: raw.baseAddress! + offset + 16,
                    payloadBytes: table.payloadBytes, by: checksum)
                guard sum == change.seal else { return false }
                try body(change)
                offset += need
            }
            return true
        }
    }
}
