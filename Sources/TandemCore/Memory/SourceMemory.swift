/// A mapped source: the base of its bytes and where things lie in them.
///
/// Holds addresses, owns nothing; whoever maps the file keeps it mapped for longer than any use of this value.
/// Every word read through it may have been written by anybody: load once, then check the range.
@frozen public struct SourceMemory: @unchecked Sendable {
    public let base: UnsafeMutableRawPointer
    @usableFromInline let controlBase: UnsafeMutableRawPointer
    @usableFromInline let writersBase: UnsafeMutableRawPointer
    @usableFromInline let writerCount: Int
    public let dirty: DirtyBitmap
    @usableFromInline let pool: UndoPool

    package init(base: UnsafeMutableRawPointer, layout: FileLayout) {
        let runtime = layout.runtime
        self.base = base
        controlBase = base + runtime.control
        writersBase = base + runtime.writers
        writerCount = layout.writerCount
        dirty = DirtyBitmap(
            bits: base + runtime.dirty, summary: base + runtime.dirtySummary,
            changes: ChangeMap(bytes: base + runtime.changes))
        pool = UndoPool(base: base, layout: layout)
    }

    @inlinable @inline(__always)
    public func control(_ offset: Int) -> SharedWord { SharedWord(controlBase, at: offset) }

    /// The slot of writer `number`, from 0. The caller has checked the range.
    @inlinable @inline(__always)
    public func writer(_ number: Int) -> WriterSlot {
        WriterSlot(base: writersBase + number &* WriterOffset.stride)
    }
}
