/// A mapped source: the base of its bytes and where things lie in them.
///
/// Holds addresses, owns nothing; whoever maps the file keeps it mapped for longer than any use of this value.
/// Every word read through it may have been written by anybody: load once, then check the range.
@frozen public struct SourceMemory: @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    @usableFromInline let controlBase: UnsafeMutableRawPointer
    @usableFromInline let writersBase: UnsafeMutableRawPointer
    @usableFromInline let undoEntriesBase: UnsafeMutableRawPointer
    @usableFromInline let undoPayloadsBase: UnsafeMutableRawPointer
    @usableFromInline let writerCount: Int
    @usableFromInline let undoEntries: Int
    @usableFromInline let undoBytes: Int
    public let dirty: DirtyBitmap

    package init(base: UnsafeMutableRawPointer, layout: FileLayout) {
        let runtime = layout.runtime
        self.base = base
        controlBase = base + runtime.control
        writersBase = base + runtime.writers
        undoEntriesBase = base + runtime.undoEntries
        undoPayloadsBase = base + runtime.undoPayloads
        writerCount = layout.writerCount
        undoEntries = layout.undoEntries
        undoBytes = layout.undoBytes
        dirty = DirtyBitmap(
            bits: base + runtime.dirty, summary: base + runtime.dirtySummary,
            changes: ChangeMap(bytes: base + runtime.changes))
    }

    @inlinable @inline(__always)
    public func control(_ offset: Int) -> SharedWord { SharedWord(controlBase, at: offset) }

    /// The slot of writer `number`, from 0. The caller has checked the range.
    @inlinable @inline(__always)
    public func writer(_ number: Int) -> WriterSlot {
        WriterSlot(
            base: writersBase + number &* WriterOffset.stride,
            entries: undoEntriesBase + number &* undoEntries &* UndoOffset.stride,
            payloads: undoPayloadsBase + number &* undoBytes, entryCount: undoEntries, payloadBytes: undoBytes)
    }
}
