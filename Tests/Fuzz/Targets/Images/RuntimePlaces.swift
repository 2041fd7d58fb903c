import TandemCore

/// Words of a source's runtime area and tables, by what they are: most of the bytes are payloads, which decide nothing.
enum RuntimePlaces {
    static let all = Places(
        all: control + control + writers + writers + undo + segments + bitmaps + headers + headers, name: name)
    private static let layout = FuzzLayout.exchange
    private static let runtime = layout.runtime

    private static let controlNames = [
        (ControlOffset.epoch, "E"), (ControlOffset.captured, "captured"), (ControlOffset.attention, "attention"),
        (ControlOffset.abandoned, "abandoned"), (ControlOffset.committed, "committed"),
        (ControlOffset.shipping, "shipping"),
        (ControlOffset.waiters, "waiters"), (ControlOffset.wanted, "wanted"),
        (ControlOffset.ready, "ready"),
    ]
    private static let control = controlNames.map { Place(runtime.control + $0.0, 8) }

    private static let writerNames = [
        (WriterOffset.status, "status"), (WriterOffset.commitEpoch, "commit epoch"),
        (WriterOffset.undoPosition, "undo position"), (WriterOffset.keptSegment, "kept segment"),
        (WriterOffset.aborts, "aborts"),
    ]
    private static let writers = (0 ..< layout.writerCount).flatMap { writer in
        writerNames.map { Place(runtime.writers + writer * WriterOffset.stride + $0.0, 8) }
    }

    private static let undoNames = [
        (UndoOffset.transaction, "transaction"), (UndoOffset.commitEpoch, "commit epoch"),
        (UndoOffset.epochWord, "epoch"), (UndoOffset.name, "name"),
    ]
    /// The first words of every segment, where entries and their payloads lie.
    private static let undo = (0 ..< layout.undoSegments).flatMap { segment in
        stride(from: 0, to: 192, by: 8).map { Place(runtime.segments + segment * layout.undoSegmentBytes + $0, 8) }
    }
    private static let segments = (0 ..< layout.undoSegments).map { Place(runtime.segmentWords + $0 * 8, 8) }

    private static let bitmapNames = [
        (runtime.dirty, "dirty"), (runtime.dirtySummary, "summary"), (runtime.copies[0].taken, "taken"),
        (runtime.copies[0].owed, "owed"),
        (runtime.copies[0].missed, "missed"), (runtime.changes, "changes"),
    ]
    private static let bitmaps = bitmapNames.flatMap { bitmap, _ in
        (0 ..< wordCount(of: bitmap)).map { Place(bitmap + $0 * 8, 8) }
    }

    private static func wordCount(of bitmap: Int) -> Int {
        switch bitmap {
        case runtime.dirtySummary: runtime.summaryCount
        case runtime.changes: layout.pageCount * ChangeMap.bytesPerPage / 8
        default: runtime.wordCount
        }
    }

    /// Both header words of each table's first and last records.
    private static let headers = layout.tables.flatMap { table in
        [0, 1, 2, table.capacity - 1].filter { $0 < table.capacity }.flatMap { index in
            let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
            return [Place(offset, 8), Place(offset + 8, 8)]
        }
    }

    // MARK: Names

    /// What the byte at `offset` of a source is.
    @Sendable static func name(_ offset: Int) -> String {
        if let table = layout.tables.last(where: { $0.offset <= offset }) {
            return record(of: table, offset - table.offset)
        }
        let (start, part) = parts.filter { $0.0 <= offset }.max { $0.0 < $1.0 } ?? (0, "file")
        let place = offset - start
        switch start {
        case runtime.control: return fieldName(controlNames.sorted { $0.0 < $1.0 }, place)
        case runtime.writers:
            return "writer \(place / WriterOffset.stride)'s " + fieldName(writerNames, place % WriterOffset.stride)
        case runtime.segmentWords: return "owner and link of undo segment \(place / 8)"
        case runtime.segments:
            let (segment, byte) = place.quotientAndRemainder(dividingBy: layout.undoSegmentBytes)
            return "undo segment \(segment): "
                + (byte < UndoOffset.payload ? "first entry's " + fieldName(undoNames, byte) : "byte \(byte)")
        default: return place == 0 ? part : "\(part) + \(place)"
        }
    }

    private static let parts: [(Int, String)] = {
        var parts = [
            (0, "header"), (8192, "slot A"), (12288, "slot B"), (runtime.control, "control"),
            (runtime.copies[0].replicator, "replicator's words"),
            (runtime.copies[0].descriptors, "descriptors"), (runtime.writers, "writer"),
            (runtime.segmentWords, "undo segments"),
            (runtime.segments, "undo room"),
        ]
        parts += bitmapNames.map { ($0.0, $0.1 + " bits") }
        return parts
    }()

    private static func record(of table: TableLayout, _ place: Int) -> String {
        let (page, onPage) = place.quotientAndRemainder(dividingBy: table.pageBytes)
        let index = page * table.recordsPerPage + onPage / table.slotBytes
        return "record \(index) of table \(table.number): "
            + fieldName([(0, "header word"), (8, "epoch"), (16, "payload")], onPage % table.slotBytes)
    }
}
