package import TandemCore
public import TandemTypes
package import TandemSystem

/// A source data file: tables in shared memory that several processes write and one replicator follows.
///
/// Put it on a memory file system (`/dev/shm`). It outlives the processes that use it: whoever opens it again finds
/// every committed transaction, and finishes or rolls back what a dead writer left.
///
/// *Threads:* any. *Crash:* a creator that dies leaves no file; an opener that dies leaves it as it was.
public final class SourceDataFile: Sendable {
    /// As it was given.
    public let path: String
    /// Tables, sizes, and where everything lies; fixed for the file's life.
    package let layout: FileLayout
    /// Its tables, in the order in which they were given when it was made.
    public var tables: [TableDefinition] { layout.definitions }
    /// This life of the source; a promotion begins another.
    public let generation: Generation
    /// Earlier lives, newest first.
    public let ancestors: [Generation]
    /// Why its pages do not lie where `SourceOptions.node` asked for. Nil where they do, where nothing was asked for,
    /// and for a source that was opened: placement makes things faster, never right.
    public let placementProblem: String?
    package let life: Life
    /// The last connection to a standby over which the copy was written that this source was promoted from.
    let session: UInt64
    /// That of the state slot which was the newest when it was opened.
    private let slotSequence: UInt64
    package let file: MappedFile
    package let memory: SourceMemory

    package var area: RuntimeArea { RuntimeArea(memory: memory, layout: layout) }

    private init(path: String, file: MappedFile, layout: FileLayout, state: StateSlot, placementProblem: String? = nil)
    {
        self.path = path
        self.file = file
        self.placementProblem = placementProblem
        self.layout = layout
        generation = state.generation
        ancestors = state.ancestors
        life = state.life
        session = state.session
        slotSequence = state.sequence
        memory = SourceMemory(base: file.base, layout: layout)
        _ = HugePages.advise(file.base + layout.tablesOffset, layout.tablesEnd - layout.tablesOffset)
    }

    /// Makes a source with zeroed records. It appears under `path` whole, or not at all; of two creators one wins.
    ///
    /// - Parameters:
    ///   - path: a name that is free, in a directory on a memory file system. The file gets mode 0600.
    ///   - tables: 1 to 62.
    /// - Throws: `.exists`, `.noSpace` (all space is taken now, so that no write faults later), `.badArgument` and what
    ///   the kernel refuses.
    /// - Complexity: O(bytes), at memory speed.
    public static func create(
        at path: String, tables: [TableDefinition], options: SourceOptions = SourceOptions()
    ) throws(TandemError) -> SourceDataFile {
        let layout = try FileLayout(
            tables: tables, writerCount: options.writers, undoBytes: options.undoBytes,
            undoSegmentBytes: options.undoSegmentBytes, journalBytes: options.journalBytes)
        let state = StateSlot(
            sequence: 0, generation: .random(), role: .source, wallNanoseconds: WallClock.now())
        let file = try MappedFile.create(
            path: path, bytes: layout.tablesEnd, placement: placement(options.node)
        ) { base throws(TandemError) in
            let header = CopyFormatter.header(layout: layout, slot: state, checksum: LinuxChecksum.crc32c)
            header.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            RuntimeArea(memory: SourceMemory(base: base, layout: layout), layout: layout)
                .initialize(afterCut: 0)
        }
        return SourceDataFile(
            path: path, file: file, layout: layout, state: state,
            placementProblem: options.node == .auto ? nil : file.placement.problem)
    }

    /// Attaches to a source.
    ///
    /// - Throws: `.notFound`, `.unsafeFile` (a link, not a regular file, somebody else's, open to others),
    ///   `.notTandem`, `.formatVersion`, `.corrupt`, `.wrongLength`, `.wrongRole` (a copy: promote it first). The file
    ///   is never changed.
    public static func open(at path: String) throws(TandemError) -> SourceDataFile {
        let file = try MappedFile.open(path: path, writable: true)
        let found = try examine(file)
        // A file that was copied with holes: each would be filled at its first touch, or be the end of who touches it.
        try file.fillHoles()
        return SourceDataFile(path: path, file: file, layout: found.layout, state: found.state)
    }

    /// A source to be looked at: opened for reading, whatever its mode lets in besides its owner, and never changed.
    /// Writing through it ends the process.
    package static func look(at path: String) throws(TandemError) -> SourceDataFile {
        let file = try MappedFile.look(path: path)
        let found = try examine(file)
        return SourceDataFile(path: path, file: file, layout: found.layout, state: found.state)
    }

    private static func examine(_ file: MappedFile) throws(TandemError) -> (layout: FileLayout, state: StateSlot) {
        // All that is looked at there: the header, and the first words of the runtime area.
        try file.withHead(CopyExaminer.headerBytes + 4096) { bytes throws(TandemError) in
            try SourceExaminer.examine(bytes, path: file.path, checksum: LinuxChecksum.crc32c)
        }
    }

    /// Attaches to the source at `path`, or makes it where there is none: what a program does at its start.
    ///
    /// - Parameters:
    ///   - tables: what it must have, in this order; a record type that is known on both sides must be the same.
    ///   - options: for a source that is made; one that is there keeps its own.
    /// - Throws: `.wrongSchema` when the source that is there has other tables, naming the first difference, and what
    ///   `open` and `create` throw.
    /// - Complexity: as `open`, or as `create`.
    public static func openOrCreate(
        at path: String, tables: [TableDefinition], options: SourceOptions = SourceOptions()
    ) throws(TandemError) -> SourceDataFile {
        while true {
            do throws(TandemError) {
                let source = try open(at: path)
                try source.admit(tables)
                return source
            } catch { guard error.code == .notFound else { throw error } }
            // Another process may make it between the two, or take it away.
            do throws(TandemError) { return try create(at: path, tables: tables, options: options) } catch {
                guard error.code == .exists else { throw error }
            }
        }
    }

    /// Whether the file is what was opened. One that was superseded may be another's copy by now, or a source again, of
    /// another life: then what is known here of its life is a predecessor's, and the bytes are not this source's.
    ///
    /// To be asked under a lock of the file, which keeps a demotion out for as long as it is held.
    func checkLife() throws(TandemError) {
        guard let slot = StateSlot.newest(in: UnsafeRawPointer(file.base), checksum: LinuxChecksum.crc32c),
            slot.sequence > slotSequence, slot.role != .source || slot.generation != generation
        else { return }
        throw TandemError(
            .superseded, path, "it has been made a copy of the source that took over, since it was opened here",
            remedy: "Attach to the source that took over")
    }

    private static func placement(_ node: MemoryNode) -> MemoryPlacement {
        switch node {
        case .auto: NUMA.nodeCount > 1 ? .node(NUMA.currentNode) : .automatic
        case .number(let number): .node(number)
        case .interleave: .interleaved
        }
    }

    /// For handlers of signals, which may not ask for more.
    package var descriptor: Int32 { file.fd }

    /// What is looked at is as the file is now, where it is a picture of one with holes.
    package func refresh() throws(TandemError) { try file.refresh() }
}
