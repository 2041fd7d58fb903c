internal import CTandemLayout

/// Where the parts of the runtime area lie, from the start of the file.
package struct RuntimeLayout: Sendable, Equatable {
    package let control: Int
    /// Where a tool asks something of the replicator that runs.
    package let request: Int
    /// A block for each copy that the source may know.
    package let copies: [CopyBlockLayout]
    package let dirty: Int
    package let dirtySummary: Int
    package let changes: Int
    package let writers: Int
    package let segmentWords: Int
    package let segments: Int
    package let byteCount: Int
    /// Words of each bitmap and of the dirty summary.
    package let wordCount: Int
    package let summaryCount: Int

    /// Copies that a source knows at a time, there or not.
    package static let copiesMax = Int(TANDEM_COPIES_MAX)

    package init(writerCount: Int, undoSegments: Int, undoSegmentBytes: Int, pageCount: Int) {
        var end = Int(TANDEM_RUNTIME_OFFSET)
        func place(_ bytes: Int) -> Int {
            defer { end += (bytes + 4095) & ~4095 }
            return end
        }
        wordCount = pageCount / 64
        summaryCount = (pageCount / 64 + 63) / 64
        control = place(MemoryLayout<tandem_control>.size + MemoryLayout<tandem_request>.size)
        request = control + MemoryLayout<tandem_control>.size
        copies = (0 ..< Self.copiesMax).map { _ in
            CopyBlockLayout(at: place(CopyBlockLayout.byteCount(wordCount: pageCount / 64)), wordCount: pageCount / 64)
        }
        dirty = place(wordCount * 8)
        dirtySummary = place(summaryCount * 8)
        changes = place(pageCount * Int(TANDEM_MAP_BYTES))
        writers = place(writerCount * WriterOffset.stride)
        segmentWords = place(undoSegments * 8)
        segments = place(undoSegments * undoSegmentBytes)
        byteCount = end - Int(TANDEM_RUNTIME_OFFSET)
    }
}

/// Where the parts of one copy's block lie, from the start of the file.
package struct CopyBlockLayout: Sendable, Equatable {
    package let replicator: Int
    package let descriptors: Int
    package let taken: Int
    package let owed: Int
    package let missed: Int

    private static let wordsBytes = MemoryLayout<tandem_replicator>.size
    private static let descriptorBytes = Int(TANDEM_TABLES_MAX + 2) * 8

    fileprivate init(at start: Int, wordCount: Int) {
        let bitmap = Self.bitmapBytes(wordCount)
        replicator = start
        descriptors = replicator + Self.wordsBytes
        taken = descriptors + Self.descriptorBytes
        owed = taken + bitmap
        missed = owed + bitmap
    }

    fileprivate static func byteCount(wordCount: Int) -> Int {
        wordsBytes + descriptorBytes + 3 * bitmapBytes(wordCount)
    }

    /// Whole lines: what one bitmap's words share with another's would be fetched for both.
    private static func bitmapBytes(_ wordCount: Int) -> Int {
        (wordCount * 8 + Int(TANDEM_LINE_BYTES) - 1) & ~(Int(TANDEM_LINE_BYTES) - 1)
    }
}
