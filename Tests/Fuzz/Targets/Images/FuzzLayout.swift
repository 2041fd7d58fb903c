import TandemCore

/// The tables of these targets: as small as they get, and still with several records to a page, one to a page, and a
/// page of 8 KiB.
enum FuzzLayout {
    static let tables = [
        TableDefinition(name: "calls", payloadBytes: 48, capacity: 100, sharing: .shared),
        TableDefinition(name: "trunks", payloadBytes: 8, capacity: 30, sharing: .partitioned),
        TableDefinition(name: "routes", payloadBytes: 4088, capacity: 2, sharing: .shared),
    ]

    static let exchange = make(tables, undoBytes: 40 << 10, undoSegmentBytes: 8 << 10)
    static let single = make([TableDefinition(name: "t", payloadBytes: 1, capacity: 1, sharing: .partitioned)])
    static let most = make(
        (0 ..< 62).map {
            TableDefinition(
                name: "table\($0)", payloadBytes: 1 + $0 * 900, capacity: 1 + $0 * 7,
                sharing: $0 % 2 == 0 ? .shared : .partitioned)
        })

    static let generation = Generation(high: 7, low: 7)

    private static func make(
        _ tables: [TableDefinition], undoBytes: Int? = nil, undoSegmentBytes: Int? = nil
    ) -> FileLayout {
        try! FileLayout(
            tables: tables, writerCount: 3, undoBytes: undoBytes, undoSegmentBytes: undoSegmentBytes,
            journalBytes: 32 << 10)
    }
}

/// What must hold of any layout that was not refused, computed anew from the tables.
enum LayoutRules {
    static func check(_ layout: FileLayout) throws(Finding) {
        var offset = layout.tablesOffset
        var page = 0
        try expect((1 ... 62).contains(layout.tables.count), "\(layout.tables.count) tables")
        for table in layout.tables {
            try expect(
                table.offset == offset && table.firstPage == page && page % 64 == 0,
                "table \(table.number) lies at \(table.offset), page \(table.firstPage)")
            try expect(
                table.slotBytes % 16 == 0 && table.slotBytes >= table.payloadBytes + 16,
                "slots of \(table.slotBytes) bytes")
            try expect(table.pageBytes % 4096 == 0 && table.recordsPerPage > 0, "pages of \(table.pageBytes) bytes")
            try expect(
                table.recordsPerPage * table.slotBytes <= table.pageBytes, "\(table.recordsPerPage) records to a page")
            try expect(
                table.pageCount * table.recordsPerPage >= table.capacity
                    && (table.pageCount - 1) * table.recordsPerPage < table.capacity,
                "\(table.pageCount) pages for \(table.capacity) records")
            for index in [0, table.recordsPerPage - 1, table.recordsPerPage, table.capacity / 2, table.capacity - 1]
            where index < table.capacity {
                let page = table.page(of: index)
                try expect(page == index / table.recordsPerPage, "record \(index) on page \(page)")
                let slot = table.slotOffset(of: index, page: page)
                try expect(slot >= 0 && slot + table.slotBytes <= table.byteCount, "record \(index) at \(slot)")
            }
            offset += table.byteCount
            page += (table.pageCount + 63) & ~63
        }
        try expect(
            layout.tablesEnd == offset && layout.pageCount == page,
            "tables end at \(layout.tablesEnd), page \(layout.pageCount)")
        try expect(
            layout.journalBytes >= 16 << 10 && layout.journalBytes % 4096 == 0,
            "a journal of \(layout.journalBytes) bytes")
        try expect(layout.copyBytes == offset + layout.journalBytes + 4096, "a copy of \(layout.copyBytes) bytes")
        try checkRuntime(layout)
    }

    /// The parts of the runtime area follow one another, each with the room it needs.
    private static func checkRuntime(_ layout: FileLayout) throws(Finding) {
        let runtime = layout.runtime
        let words = layout.pageCount / 64 * 8
        var end = CopyExaminer.headerBytes
        var parts = [(start: runtime.control, bytes: 512)]
        for copy in runtime.copies {
            parts += [
                (copy.replicator, 2048), (copy.descriptors, 62 * 8), (copy.taken, words), (copy.owed, words),
                (copy.missed, words),
            ]
        }
        parts += [
            (runtime.dirty, words), (runtime.dirtySummary, (words / 8 + 63) / 64 * 8),
            (runtime.changes, layout.pageCount * 16), (runtime.writers, layout.writerCount * 256),
            (runtime.segmentWords, layout.undoSegments * 8), (runtime.segments, layout.undoBytes),
        ]
        for (start, bytes) in parts {
            try expect(
                start >= end && start % 128 == 0 && bytes > 0,
                "a part of \(bytes) bytes at \(start), the one before ends at \(end)")
            end = start + bytes
        }
        try expect(
            end <= layout.tablesOffset, "the runtime area ends at \(end), tables begin at \(layout.tablesOffset)")
        let longest = layout.tables.reduce(0) { max($0, $1.payloadBytes) }
        try expect(
            layout.undoSegmentBytes > 32 + longest && layout.undoSegmentBytes.nonzeroBitCount == 1
                && layout.undoSegments >= layout.writerCount,
            "\(layout.undoSegments) segments of \(layout.undoSegmentBytes) bytes for pre-images")
    }
}
