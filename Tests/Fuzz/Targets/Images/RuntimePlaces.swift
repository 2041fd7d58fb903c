import TandemCore

/// Words of a source's runtime area and tables, by what they are: most of the bytes are payloads, which decide nothing.
enum RuntimePlaces {
    static let all = control + control + writers + writers + undo + bitmaps + headers + headers
    static let layout = FuzzLayout.exchange
    static let runtime = layout.runtime

    static let control = [
        ControlOffset.epoch, ControlOffset.captured, ControlOffset.attention, ControlOffset.fenced, ControlOffset.abandoned,
        ControlOffset.committed, ControlOffset.shipping, ControlOffset.waiters, ControlOffset.ready,
    ].map { Place(runtime.control + $0, 8) }

    static let writers = (0 ..< layout.writerCount).flatMap { writer in
        [WriterOffset.status, WriterOffset.commitEpoch, WriterOffset.undoPosition, WriterOffset.aborts].map {
            Place(runtime.writers + writer * WriterOffset.stride + $0, 8)
        }
    }

    /// The first entries of every log.
    static let undo = (0 ..< layout.writerCount).flatMap { writer in
        (0 ..< 3).flatMap { entry in
            stride(from: 0, to: 56, by: 8).map {
                Place(runtime.undoEntries + (writer * layout.undoEntries + entry) * UndoOffset.stride + $0, 8)
            }
        }
    }

    static let bitmaps = [runtime.dirty, runtime.dirtySummary, runtime.taken, runtime.owed, runtime.missed].flatMap { bitmap in
        (0 ..< (bitmap == runtime.dirtySummary ? runtime.summaryCount : runtime.wordCount)).map { Place(bitmap + $0 * 8, 8) }
    }

    /// Both header words of each table's first and last records.
    static let headers = layout.tables.flatMap { table in
        [0, 1, 2, table.capacity - 1].filter { $0 < table.capacity }.flatMap { index in
            let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
            return [Place(offset, 8), Place(offset + 8, 8)]
        }
    }
}
