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
    /// Writers that can be registered at once, 1 … 4096. Each takes `undoEntries` × 64 + `undoBytes` bytes.
    public var writers = 16
    /// Records whose old values one writer's undo log holds, 16 … 1,048,576. Bounds a transaction, and how much may be
    /// written while one cut is read: a writer at full speed fills 32,768 entries in 0.5 ms with records that are in
    /// the cache (15 ns each), and in some 12 ms with records all over memory (380 ns each).
    public var undoEntries = 32_768
    /// Payload bytes of one writer's undo log, 65,536 … 1 GiB.
    public var undoBytes = 8 << 20
    /// Bytes of each copy's journal, 16 KiB … 64 TiB. Nil: a quarter of the tables, 64 MiB to 1 GiB.
    public var journalBytes: Int?
    /// A wish: a source whose pages cannot lie there is made all the same, and says why in `placementProblem`.
    public var node = MemoryNode.auto

    /// 16 writers, some 10 MB of undo log each, a journal of a quarter of the tables.
    public init() {}
}
