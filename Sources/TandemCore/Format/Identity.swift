internal import CTandemLayout

/// Identity and schema: the first 8 KiB of a source and, byte for byte, of each of its copies.
package enum Identity {
    package static let byteCount = Int(TANDEM_IDENTITY_BYTES)

    /// The bytes that say `layout`.
    package static func encode(_ layout: FileLayout, checksum: Checksum) -> [UInt8] {
        var identity = tandem_identity()
        identity.magic = TANDEM_MAGIC
        identity.format = UInt32(TANDEM_FORMAT)
        identity.table_count = UInt32(layout.tables.count)
        identity.writer_count = UInt32(layout.writerCount)
        identity.undo_segment = UInt32(layout.undoSegmentBytes)
        identity.undo_bytes = UInt64(layout.undoBytes)
        identity.page_count = UInt64(layout.pageCount)
        identity.tables_offset = UInt64(layout.tablesOffset)
        identity.tables_end = UInt64(layout.tablesEnd)
        identity.journal_bytes = UInt64(layout.journalBytes)
        withUnsafeMutableBytes(of: &identity.tables) { rows in
            for (row, table) in layout.tables.enumerated() {
                let base = rows.baseAddress! + row * MemoryLayout<tandem_table>.stride
                base.copyMemory(
                    from: Array(layout.definitions[row].name.utf8), byteCount: layout.definitions[row].name.utf8.count)
                let entry = base.assumingMemoryBound(to: tandem_table.self)
                entry.pointee.payload_bytes = UInt32(table.payloadBytes)
                entry.pointee.slot_bytes = UInt32(table.slotBytes)
                entry.pointee.page_bytes = UInt32(table.pageBytes)
                entry.pointee.sharing = table.sharing.rawValue
                entry.pointee.capacity = UInt64(table.capacity)
                entry.pointee.offset = UInt64(table.offset)
                entry.pointee.first_page = UInt64(table.firstPage)
                entry.pointee.page_count = UInt64(table.pageCount)
                entry.pointee.record_type = layout.definitions[row].recordType
            }
        }
        identity.checksum = withUnsafeBytes(of: &identity) { checksum($0) }
        return withUnsafeBytes(of: &identity) { Array($0) }
    }

    /// The layout that `bytes` say, with every number checked: those that follow from others are recomputed and
    /// compared.
    ///
    /// - Parameter path: the file, for the error.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, checksum: Checksum
    ) throws(TandemError) -> FileLayout {
        guard bytes.count >= byteCount else {
            throw TandemError(
                .notTandem, path, "the file is shorter than a Tandem header",
                remedy: "Give the path of a Tandem source or copy")
        }
        var identity = tandem_identity()
        withUnsafeMutableBytes(of: &identity) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
        }
        guard identity.magic == TANDEM_MAGIC else {
            throw TandemError(
                .notTandem, path, "the file is not a Tandem source or copy",
                remedy: "Give the path of a Tandem source or copy")
        }
        guard identity.format == UInt32(TANDEM_FORMAT) else { throw foreignFormat(identity.format, path) }
        let expected = identity.checksum
        identity.checksum = 0
        guard withUnsafeBytes(of: &identity, { checksum($0) }) == expected else {
            throw TandemError(
                .corrupt, path, "the header's checksum does not match", remedy: "Restore the file, or use another copy")
        }
        let layout = try rebuild(&identity, path: path)
        // A valid checksum over wrong numbers is a hostile file, not a damaged one; the same words serve.
        let again = encode(layout, checksum: checksum)
        guard again.withUnsafeBytes({ $0.isEqual(to: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount])) }) else {
            throw TandemError(
                .corrupt, path, "the header's numbers contradict each other",
                remedy: "Restore the file, or use another copy")
        }
        return layout
    }

    private static func foreignFormat(_ format: UInt32, _ path: String) -> TandemError {
        let problem = "the file has format \(format), this program reads format \(TANDEM_FORMAT)"
        guard format < UInt32(TANDEM_FORMAT) else {
            return TandemError(.formatVersion, path, problem, remedy: "Use the version of Tandem that wrote it")
        }
        // What a source holds is the program's to carry over; its copies are made anew.
        return TandemError(
            .formatVersion, path, "\(problem), and does not convert it",
            remedy: """
                Use the version of Tandem that wrote it, or begin with a new source, and a new copy of it, at other \
                paths
                """)
    }

    private static func rebuild(_ identity: inout tandem_identity, path: String) throws(TandemError) -> FileLayout {
        let impossible = TandemError(
            .corrupt, path, "the header holds impossible numbers", remedy: "Restore the file, or use another copy")
        let tableCount = Int(identity.table_count)
        guard (1 ... Int(TANDEM_TABLES_MAX)).contains(tableCount),
            let undoBytes = Int(exactly: identity.undo_bytes), let journalBytes = Int(exactly: identity.journal_bytes)
        else { throw impossible }
        var definitions: [TableDefinition]? = []
        withUnsafeBytes(of: &identity.tables) { rows in
            for row in 0 ..< tableCount {
                let base = rows.baseAddress! + row * MemoryLayout<tandem_table>.stride
                let entry = base.assumingMemoryBound(to: tandem_table.self).pointee
                let name = UnsafeRawBufferPointer(start: base, count: Int(TANDEM_NAME_BYTES)).prefix { $0 != 0 }
                guard let sharing = Sharing(rawValue: entry.sharing), let capacity = Int(exactly: entry.capacity) else {
                    definitions = nil
                    return
                }
                definitions?.append(
                    TableDefinition(
                        name: String(decoding: name, as: UTF8.self), payloadBytes: Int(entry.payload_bytes),
                        capacity: capacity, sharing: sharing, recordType: entry.record_type))
            }
        }
        guard let definitions else { throw impossible }
        do throws(TandemError) {
            return try FileLayout(
                tables: definitions, writerCount: Int(identity.writer_count), undoBytes: undoBytes,
                undoSegmentBytes: Int(identity.undo_segment), journalBytes: journalBytes)
        } catch {
            throw impossible
        }
    }
}
