internal import CTandemLayout

/// Where everything lies in a source and in its copies. Follows from the tables and four sizes, so that it can be
/// recomputed and compared rather than trusted.
package struct FileLayout: Sendable, Equatable {
    /// The tables as they were given, in the order of the schema.
    package let definitions: [TableDefinition]
    /// Where each table lies, in the same order.
    package let tables: [TableLayout]
    /// Slots for writers, 1 … 4,096.
    package let writerCount: Int
    /// Segments of the undo room: a home for each writer, and what they share.
    package let undoSegments: Int
    /// Bytes of a segment, a power of two.
    package let undoSegmentBytes: Int
    /// Bits of each bitmap; a multiple of 64.
    package let pageCount: Int
    /// Where the first table starts, in bytes from the start of the file.
    package let tablesOffset: Int
    /// Where the tables end; the length of a source.
    package let tablesEnd: Int
    /// Bytes of a copy's journal ring, a multiple of 4,096.
    package let journalBytes: Int
    /// Where what processes share lies; follows from the others.
    package let runtime: RuntimeLayout

    /// What of a file is written and tracked at once, where a record needs no more.
    package static let pageBytes = Int(TANDEM_PAGE_BYTES)

    package static let tablesMax = Int(TANDEM_TABLES_MAX)

    // Limits, and the reason for each.
    package static let writerCountMax = 4096  // an owner number has 16 bits; 4096 slots keep every scan short
    package static let undoBytesMax = 1 << 36  // 16,384 segments of 4 MiB
    package static let undoSegmentBytesMax = 1 << 27  // positions have 28 bits, in units of 16 bytes
    package static let undoSegmentsMax = 1 << 15  // few enough to look through in some microseconds
    package static let fileBytesMax = 1 << 46
    package static let journalBytesMin = 16 << 10  // four cuts of a page: a tighter ring is all sweeps

    /// - Parameters:
    ///   - undoBytes: of all undo room; nil for the pre-images of all records and a quarter more, or 64 MiB, besides
    ///     the homes.
    ///   - undoSegmentBytes: nil for what suits the tables.
    ///   - journalBytes: nil for a quarter of the tables, 64 MiB to 1 GiB.
    /// - Throws: `.badArgument`, naming what is out of its range and what the range is.
    package init(
        tables definitions: [TableDefinition], writerCount: Int, undoBytes: Int? = nil, undoSegmentBytes: Int? = nil,
        journalBytes: Int?
    ) throws(TandemError) {
        try Self.check(definitions)
        try Self.check("writers", writerCount, 1 ... Self.writerCountMax)
        self.definitions = definitions
        self.writerCount = writerCount
        let tooLarge = TandemError(
            .badArgument, "tables", "together they take more than 64 TiB", remedy: "Lower their capacities")
        var pages = 0
        var bytes = 0
        for definition in definitions {
            let table = TableLayout(number: 0, definition: definition, offset: 0, firstPage: 0)
            guard table.pageCount <= Self.fileBytesMax / table.pageBytes else {
                throw TandemError(
                    .badArgument, "table '\(definition.name)'", "it would take more than 64 TiB",
                    remedy: "Lower its capacity or record size")
            }
            pages += (table.pageCount + 63) & ~63
            bytes += table.byteCount
        }
        guard bytes <= Self.fileBytesMax else { throw tooLarge }
        pageCount = pages
        let room = try UndoRoom(
            tables: definitions, writerCount: writerCount, bytes: undoBytes, segmentBytes: undoSegmentBytes)
        undoSegments = room.segments
        self.undoSegmentBytes = room.segmentBytes
        runtime = RuntimeLayout(
            writerCount: writerCount, undoSegments: room.segments, undoSegmentBytes: room.segmentBytes,
            pageCount: pages)
        tablesOffset = Int(TANDEM_RUNTIME_OFFSET) + runtime.byteCount

        var laid: [TableLayout] = []
        var offset = tablesOffset
        var firstPage = 0
        for (number, definition) in definitions.enumerated() {
            let table = TableLayout(number: number, definition: definition, offset: offset, firstPage: firstPage)
            laid.append(table)
            offset += table.byteCount
            firstPage += (table.pageCount + 63) & ~63
        }
        tables = laid
        tablesEnd = offset
        guard offset <= Self.fileBytesMax else { throw tooLarge }
        // A quarter of the tables holds the changes of some seconds at full speed and is walked by one sweep.
        let usual = min(max((offset - tablesOffset) / 4, 64 << 20), 1 << 30)
        let journal = journalBytes ?? usual
        try Self.check("journal bytes", journal, Self.journalBytesMin ... Self.fileBytesMax)
        self.journalBytes = (journal + 4095) & ~4095
    }

    /// Length of a copy: the tables, the journal ring behind them, and a page that is never written.
    ///
    /// The last page shows that a copy was cut short. If the journal came last, the next write to the ring's end would
    /// make such a copy as long as it was before, with a hole where tables were, and nobody could tell.
    package var copyBytes: Int { tablesEnd + journalBytes + Int(TANDEM_PAGE_BYTES) }
    package var journalOffset: Int { tablesEnd }
    /// Bytes of all undo room.
    package var undoBytes: Int { undoSegments * undoSegmentBytes }

    private static func check(_ definitions: [TableDefinition]) throws(TandemError) {
        guard (1 ... Int(TANDEM_TABLES_MAX)).contains(definitions.count) else {
            throw TandemError(
                .badArgument, "tables", "\(definitions.count) tables are not possible",
                remedy: "Give 1 to \(TANDEM_TABLES_MAX) tables")
        }
        var names: Set<String> = []
        for definition in definitions {
            try definition.validate()
            guard names.insert(definition.name).inserted else {
                throw TandemError(
                    .badArgument, "table '\(definition.name)'", "the name is given twice",
                    remedy: "Name each table once")
            }
        }
    }

    static func check(_ what: String, _ value: Int, _ range: ClosedRange<Int>) throws(TandemError) {
        guard range.contains(value) else {
            throw TandemError(
                .badArgument, what, "\(value) is not possible", remedy: "Use \(range.lowerBound) to \(range.upperBound)"
            )
        }
    }
}
