/// Where a source's memory lies on a machine with several memory nodes.
public enum MemoryNode: Sendable, Equatable {
    /// Near the thread that creates it.
    case auto
    /// On the node of this number, from 0.
    case number(Int)
    /// Spread over all nodes: for writers on every socket.
    case interleave
}

/// Sizes fixed when a source is created.
public struct SourceOptions: Sendable {
    /// Writers that can be registered at once, 1 … 4096. Each has 64 KiB of the undo room to itself, more where
    /// records are longer than 32 KB.
    public var writers = 16
    /// Bytes for old values of records, up to 64 GiB, which all writers draw on. Nil: those of all records and a
    /// quarter more, each with 32 bytes besides its payload, but at least 64 MiB.
    ///
    /// Bounds how many different records may change while one cut is read. With less than that a cut that covers much
    /// comes to nothing and is begun again, so that the copy grows older for as long as writers are that fast; they
    /// never wait for it. `SourceStatus.undoBytesWanted` says what would have done. A transaction may take a quarter.
    public var undoBytes: Int?
    /// Bytes of a segment of it; nil for what suits the tables. For tests, which have little to fill one with.
    package var undoSegmentBytes: Int?
    /// Bytes of each copy's journal, 16 KiB … 64 TiB. Nil: a quarter of the tables, 64 MiB to 1 GiB.
    public var journalBytes: Int?
    /// A wish: a source whose pages cannot lie there is made all the same, and says why in `placementProblem`.
    public var node = MemoryNode.auto

    /// 16 writers, undo room for all records and a quarter more, a journal of a quarter of the tables.
    public init() {}
}
