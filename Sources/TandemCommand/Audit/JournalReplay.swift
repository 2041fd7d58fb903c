import CTandemLayout

/// Brings the audit's view of a consistent copy to its last whole cut, by the documented layout of the journal.
struct JournalReplay {
    private(set) var cut: UInt64
    private(set) var cuts = 0
    private(set) var changes = 0

    private static let headerBytes = MemoryLayout<tandem_cut>.size
    private static let changeBytes = MemoryLayout<tandem_change>.size

    init(over file: AuditedFile) {
        cut = file.state.tail_cut
        var position = file.state.journal_tail
        // A ring holds no more than its length; a forged one whose changes lie in the ring itself could go on for ever.
        var left = file.journal.count
        while let record = Self.record(at: position, after: cut, in: file), record.bytes.count <= left {
            left -= record.bytes.count
            // A record that contradicts itself ends the journal as one that is not whole does.
            guard let applied = Self.apply(record.bytes, used: record.used, to: file) else { break }
            cut = record.cut
            cuts += 1
            changes += applied
            position &+= UInt64(record.bytes.count)
        }
    }

    /// The cut at `position` of the ring, if it is whole and the successor of `previous`.
    private static func record(
        at position: UInt64, after previous: UInt64, in file: AuditedFile
    ) -> (cut: UInt64, used: Int, bytes: [UInt8])? {
        let head = ring(headerBytes, at: position, in: file)
        var header = head.withUnsafeBytes { $0.loadUnaligned(as: tandem_cut.self) }
        let expected = header.checksum
        header.checksum = 0
        guard header.magic == TANDEM_CUT_MAGIC, withUnsafeBytes(of: &header, CRC32C.sum) == expected,
            header.generation == file.generation, header.position == position, header.previous == previous,
            header.cut > previous, header.bytes % 4096 == 0, header.bytes >= 4096,
            header.bytes <= UInt64(file.journal.count), header.used <= header.bytes - UInt64(headerBytes)
        else { return nil }
        let bytes = ring(Int(header.bytes), at: position, in: file)
        let used = Int(header.used)
        let sum = bytes.withUnsafeBytes {
            CRC32C.sum(UnsafeRawBufferPointer(rebasing: $0[headerBytes ..< headerBytes + used]))
        }
        return sum == header.body_checksum ? (header.cut, used, bytes) : nil
    }

    /// `count` bytes of the ring from virtual `position` on.
    private static func ring(_ count: Int, at position: UInt64, in file: AuditedFile) -> [UInt8] {
        let start = file.journal.lowerBound + Int(position % UInt64(file.journal.count))
        let first = min(count, file.journal.upperBound - start)
        return Array(file.bytes[start ..< start + first])
            + Array(file.bytes[file.journal.lowerBound ..< file.journal.lowerBound + count - first])
    }

    /// Number of changes brought into the tables; nil when one makes no sense.
    private static func apply(_ record: [UInt8], used: Int, to file: AuditedFile) -> Int? {
        record.withUnsafeBytes { raw in
            let end = headerBytes + used
            var offset = headerBytes
            var applied = 0
            while offset + 16 <= end {
                let number = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                let index = raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
                if number == UInt32.max {  // TANDEM_CHANGE_PAD
                    guard index >= 16, index <= UInt64(end - offset) else { return nil }
                    offset += Int(index)
                    continue
                }
                guard number < UInt32(clamping: file.tables.count) else { return nil }
                let table = file.tables[Int(number)]
                let length = (changeBytes + table.payloadBytes + 15) & ~15
                guard index < UInt64(table.capacity), offset + length <= end else { return nil }
                let slot = file.bytes.baseAddress! + table.slot(Int(index))
                slot.storeBytes(of: 0, as: UInt64.self)
                slot.storeBytes(
                    of: raw.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self), toByteOffset: 8,
                    as: UInt64.self)
                (slot + 16).copyMemory(from: raw.baseAddress! + offset + changeBytes, byteCount: table.payloadBytes)
                applied += 1
                offset += length
            }
            return applied
        }
    }
}
