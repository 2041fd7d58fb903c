/// The one window in which a bulk copy reads all that is owed, where writers outrun one that does so in many.
///
/// The bad interleavings, and why this is enough: docs/internals/cut.md.
struct OnlyWindow {
    enum Stage { case due, open, closed }

    private(set) var stage = Stage.due
    /// The cut that the copy is once all images have landed, and when it was opened.
    private(set) var cut: UInt64 = 0
    private(set) var opened: UInt64 = 0
    private(set) var wall: UInt64 = 0

    mutating func open(_ window: CutWindow, wall: UInt64) {
        (stage, cut, opened, self.wall) = (.open, window.cut, window.opened, wall)
    }

    mutating func close() { stage = .closed }
}

extension BulkCopyController {
    /// Several copies are there: what one of them reads in its only window the others would wait for.
    mutating func forgoOnlyWindow() { onlyWindow = nil }

    /// The window was opened: E has moved. What is dirty may be of its cut, or of an earlier one, and so may be what
    /// other copies took before they went away: both are in this window's images and nowhere else.
    mutating func openOnlyWindow(_ window: CutWindow, wall: UInt64) {
        onlyWindow?.open(window, wall: wall)
        holdsDescriptor = true
        for word in 0 ..< area.owed.wordCount { area.oweLacking(word: word) }
    }

    var isInOnlyWindow: Bool { onlyWindow?.stage == .open }
    /// It is open, and the next page can be read at once.
    var readsOnlyWindow: Bool { isInOnlyWindow && wantsImages }

    /// Reads on in it, some pages in each poll. The window ends with the last page that is owed.
    mutating func readOnlyWindow(with reader: inout RecordReader, pageBudget: Int) -> Capture.Progress {
        if let view = tables.view(ofPage: cursor) {
            reader.pass(view.layout, before: view.layout.records(onPage: cursor - view.layout.firstPage).lowerBound)
        }
        let progress = readImages(with: &reader, pageBudget: pageBudget)
        return progress == .finished && cursor < end ? .unfinished : progress
    }

    /// It has been read whole. All that was owed is as of its cut, and so is what was not, as it was not dirty.
    mutating func closeOnlyWindow() {
        guard isInOnlyWindow, let window = onlyWindow else { return }
        onlyWindow?.close()
        walk = .bulkCopy(start: window.cut)
    }
}
