/// What is brought to the cache ahead of images. A record that has changed since the window was opened has its value
/// anywhere in undo room, and where that is stands anywhere in the index: two cache misses, one behind the other. They
/// overlap when they are asked for some pages ahead, a page's records at once: a window that lasts for seconds, as
/// writers change half of the source meanwhile, lasts two thirds as long.
extension RecordReader {
    /// Pages ahead of the one that is read: for the places in the index, and then for the entries.
    private static let (placesAhead, entriesAhead) = (2, 1)

    /// - Parameter page: the page of the table that is read next, of which `end` is the first one that is not.
    @inline(__always)
    func lookAhead(of page: Int, before end: Int, in view: TableView) {
        if hasPreImages { askAhead(of: page, before: end, in: view) }
    }

    @inline(never)
    private func askAhead(of page: Int, before end: Int, in view: TableView) {
        if page + Self.placesAhead < end {
            withChanged(on: page + Self.placesAhead, of: view) { preImages.prefetchHomes(of: $0) }
        }
        if page + Self.entriesAhead < end {
            withChanged(on: page + Self.entriesAhead, of: view) { preImages.prefetchEntries(of: $0) }
        }
    }

    /// Calls `body` with the names of those records of a page that seem to have changed. Only a hint: nothing comes of
    /// what is seen here.
    @inline(__always)
    private func withChanged(
        on page: Int, of view: TableView, _ body: (UnsafeMutableBufferPointer<UndoName>) -> Void
    ) {
        let table = view.layout
        let records = table.records(onPage: page)
        withUnsafeTemporaryAllocation(of: UndoName.self, capacity: records.count) { names in
            var count = 0
            for index in records {
                let record = view.record(index, page: page)
                let isChanged = record.epoch.load() > cut || RecordHeader.owner(record.lockWord.load()) != 0
                names[count] = UndoName(table: table.number, index: index, payloadBytes: table.payloadBytes)
                // No branch: half of them would be guessed wrong.
                count += isChanged ? 1 : 0
            }
            if count > 0 { body(UnsafeMutableBufferPointer(rebasing: names[..<count])) }
        }
    }
}
