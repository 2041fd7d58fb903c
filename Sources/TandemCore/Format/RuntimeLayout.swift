internal import CTandemLayout

/// Where the parts of the runtime area lie, from the start of the file.
package struct RuntimeLayout: Sendable, Equatable {
    package let control: Int
    package let replicator: Int
    package let descriptors: Int
    package let dirty: Int
    package let dirtySummary: Int
    package let changes: Int
    package let taken: Int
    package let owed: Int
    package let missed: Int
    package let writers: Int
    package let segmentWords: Int
    package let segments: Int
    package let byteCount: Int
    /// Words of each bitmap and of the dirty summary.
    package let wordCount: Int
    package let summaryCount: Int

    package init(writerCount: Int, undoSegments: Int, undoSegmentBytes: Int, pageCount: Int) {
        var end = Int(TANDEM_RUNTIME_OFFSET)
        func place(_ bytes: Int) -> Int {
            defer { end += (bytes + 4095) & ~4095 }
            return end
        }
        wordCount = pageCount / 64
        summaryCount = (pageCount / 64 + 63) / 64
        control = place(MemoryLayout<tandem_control>.size)
        replicator = place(MemoryLayout<tandem_replicator>.size)
        descriptors = place(Int(TANDEM_TABLES_MAX) * 8)
        dirty = place(wordCount * 8)
        dirtySummary = place(summaryCount * 8)
        changes = place(pageCount * Int(TANDEM_MAP_BYTES))
        taken = place(wordCount * 8)
        owed = place(wordCount * 8)
        missed = place(wordCount * 8)
        writers = place(writerCount * WriterOffset.stride)
        segmentWords = place(undoSegments * 8)
        segments = place(undoSegments * undoSegmentBytes)
        byteCount = end - Int(TANDEM_RUNTIME_OFFSET)
    }
}
