internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// What a source's shared memory says at one moment. Reading it disturbs nobody.
public struct SourceStatus: Sendable, Encodable {
    /// One table.
    public struct Table: Sendable, Encodable {
        /// As it was given when the source was made.
        public let name: String
        /// Records.
        public let capacity: Int
        /// Bytes of each record's payload.
        public let payloadBytes: Int
        /// Whether its records are shared by writers, or each is one's own.
        public let sharing: Sharing
        /// Leading records that have been copied: the synchronization descriptor.
        public let descriptor: Int
    }

    /// A page of a table.
    public struct Page: Sendable, Encodable {
        /// The table's name.
        public let table: String
        /// From 0, in that table.
        public let page: Int
    }

    /// One writer slot that has been used.
    public struct Writer: Sendable, Encodable {
        /// How far a transaction has come.
        public enum State: String, Sendable, CaseIterable, Encodable {
            /// None is under way.
            case idle
            /// It changes records.
            case active
            /// Which cut it belongs to is being decided.
            case committing
            /// Its changes are valid; some of its records may still be locked.
            case committed
            /// The word for it was scribbled over.
            case unknown
        }

        /// Number of the slot, from 0.
        public let slot: Int
        /// For people: who made the writer; whether it lives, `isAlive` tells.
        public let process: Int
        /// For people: the thread that made it, as the kernel numbers threads.
        public let thread: Int
        /// Its lock is held: the thread lives.
        public let isAlive: Bool
        /// How far its transaction has come.
        public let state: State
        /// Transactions committed since the source was made, by all writers that this slot has had.
        public let commits: UInt64
        /// Transactions rolled back, for whatever reason.
        public let aborts: UInt64
        /// Records that were found held by another transaction.
        public let conflicts: UInt64
        /// Captures that it made the engine drop, as it found no undo room.
        public let abandonedCaptures: UInt64
        /// Times that a dead writer of this slot was put right.
        public let recoveries: UInt64
        /// Transactions that were held back, as the replicator was told of an age that its copy must not exceed.
        public let slowedTransactions: UInt64
        /// For how long, all of them together.
        public let slowedMicroseconds: Double
    }

    /// How far a copy in sync is behind its writers.
    public struct Behind: Sendable, Encodable {
        /// `behind: 1.9 s old, 3.1 M/s changed, 2.4 M/s carried`
        public let words: String
        /// Since it does not keep pace.
        public let seconds: Double
        /// That writers commit.
        public let transactionsPerSecond: UInt64
        /// That cuts bring over. A record that changed several times between two cuts is carried once.
        public let recordsPerSecond: UInt64
    }

    /// What a copy that is syncing is to expect, as the replicator judged it within the last tenth of a second.
    public struct Outlook: Sendable, Encodable {
        /// Whether it will be in sync.
        public let verdict: SyncVerdict
        /// Until it is in sync, at this rate. Nil unless it converges.
        public let secondsLeft: Double?
        /// Bytes a second that become dirty below the descriptors while a cut is brought over; 0 before the first cut
        /// was whole.
        public let dirtyingBytesPerSecond: UInt64
        /// Bytes a second that the cut brings over; 0 before the first cut was whole.
        public let copyingBytesPerSecond: UInt64
    }

    /// As it was given.
    public let path: String
    /// This life of the source: 32 hexadecimal digits.
    public let generation: String
    /// Where the copy is in its life; offline where no replicator runs.
    public let copyState: CopyState
    /// The same in words: offline, syncing, in sync or refused.
    public var state: String { copyState.words }
    /// Why it is in that state.
    public let reason: String
    /// As the replicator was given it; empty before the first one.
    public let copyPath: String
    /// How the copy is written, and why so.
    public let driver: String
    /// A replicator holds the source's lock and was polling within the last second.
    public let isReplicatorAlive: Bool
    /// For people: its number, 0 if none runs. Whether it lives, its lock tells.
    public let replicatorProcess: Int
    /// Monotonic nanoseconds of this reading; differences of two readings give rates.
    public let readAt: UInt64
    /// Since the copy entered its state.
    public let secondsInState: Double
    /// E, which transactions take at their commit.
    public let epoch: UInt64
    /// The last cut that is whole on the copy.
    public let cut: UInt64
    /// Microseconds since the state that the copy holds was the newest one; nil unless in sync.
    public let ageMicroseconds: Double?
    /// Nil while a copy in sync keeps pace with the writers, and while it is not in sync. The last cut can be promoted
    /// all the same.
    public let behind: Behind?
    /// For so long each transaction is held back now; nil when none is. See `ReplicationOptions.maxAge`.
    public let slowdownMicroseconds: Double?
    /// Pages of all tables.
    public let pageCount: Int
    /// Changed, and in no cut yet.
    public let dirtyPages: Int
    /// With an image on the copy that is behind.
    public let owedPages: Int
    /// Changed while the copy was away.
    public let missedPages: Int
    /// Pages that this bulk copy or sweep has to bring over.
    public let bulkPagesTotal: Int
    /// Pages of them that have arrived.
    public let bulkPagesDone: Int
    /// Since the last bulk copy began.
    public let bulkSeconds: Double
    /// Nil unless the copy is syncing.
    public let outlook: Outlook?
    /// What of the journal's ring the copy still needs.
    public let journalUsedBytes: Int
    /// The size of the journal's ring.
    public let journalBytes: Int
    /// The journal again and again did not hold a cut; one of this size would. Nil while it does.
    public let journalBytesWanted: Int?
    /// The page that was last found to be damaged on the copy; nil if none ever was. How many were, `pagesDamaged` of
    /// the counters tells.
    public let lastDamagedPage: Page?
    /// Since every record of the copy had last been read and compared with its seal; nil before the first time.
    public let secondsSinceScrub: Double?
    /// Room for old values of records that change while a cut is read.
    public let undoBytes: Int
    /// Cuts came to nothing, as writers found no undo room; so much would have done. Nil while there is enough.
    public let undoBytesWanted: Int?
    /// A new copy is being made beside the old one, which stays promotable until the new one is whole.
    public let isRebuildingBeside: Bool
    /// A promoted copy has taken over; writers are told to stop.
    public let isSuperseded: Bool
    /// The copy that it is being handed over to, and no transaction begins. Nil while it is not.
    public let handingOverTo: String?
    /// In the order of the schema.
    public let tables: [Table]
    /// Those that have been used, by slot.
    public let writers: [Writer]
    /// The copies that the replicator follows, in the order in which it was given them, and then those that the source
    /// knows besides. What is said above of the copy is of the first.
    public let copies: [Copy]
    /// By the names of `Counter`: of the source, and of the first copy.
    public let counters: [String: UInt64]

    /// Reads the shared words, one after the other: figures that change together may be a moment apart.
    ///
    /// *Threads:* any. *Crash:* nothing is written.
    /// - Complexity: O(pages / 64 + writers), and a system call for each writer slot in use.
    public static func read(from source: SourceDataFile) -> SourceStatus { SourceStatus(source) }

    /// The same, and where no replicator follows the source, whether that is since one follows the file that had the
    /// name before.
    ///
    /// - Complexity: without a replicator also O(files that all processes have open).
    package static func readAround(_ source: SourceDataFile) -> SourceStatus { SourceStatus(source, looksAround: true) }

    private init(_ source: SourceDataFile, looksAround: Bool = false) {
        let followed = source.area.followed
        // What is not one copy's stands in the first block.
        let shared = source.area.replicator
        let area = followed[0]
        let layout = source.layout
        let block = area.replicator
        let epoch = area.epoch.load()
        dirtyPages = area.memory.dirty.count(wordCount: layout.runtime.wordCount)
        let isNothingUnderWay =
            area.taken.isEmpty && area.missed.isEmpty && block.shipping.load() == block.committed.load()
        // Nothing dirty and no cut on its way: the copy is the present. A page may be taken, put back and taken again
        // while the two are looked at, and be in neither each time; looked for in *dirty* before and behind, it needs a
        // second cut for that, and E moves before a cut takes anything.
        let isPresent =
            dirtyPages == 0 && isNothingUnderWay && !area.memory.dirty.isAnyMarked(wordCount: layout.runtime.wordCount)
            && area.epoch.load() == epoch
        let text = CopyStateText(
            state: CopyState(rawValue: block[.state].loadAcquiring()) ?? .offline,
            reason: CopyReason(rawValue: block[.reason].load()) ?? .starting, detail: block[.detail].load())
        let isHeld = (try? SlotLock.isHeld(file: source.file, byte: layout.lockByteOfEngine)) ?? false
        let moments = ReplicatorMoments(of: block)
        let alive = isHeld && moments.isPolling
        path = source.path
        generation = source.generation.description
        // Without a replicator nobody keeps the copy: what the last one said is history.
        copyState = alive || !moments.hasPolled ? text.state : .offline
        let copyPath = block.copyPath.loadText()
        let room = text.reason == .noSpace ? CopyRoom(of: copyPath, layout: layout) : nil
        reason =
            alive
            ? text.reasonWords + (room.map { ": \($0)" } ?? "")
            : isHeld
                ? "the replicator does not answer"
                : (moments.hasPolled ? "no replicator is running" : "no replicator has run yet")
                    + (looksAround ? DeletedSource.account(of: path) : "")
        self.copyPath = copyPath
        let wanted = Int(clamping: block[.journalWanted].load())
        journalBytesWanted = alive && wanted > 0 ? wanted : nil
        undoBytes = layout.undoBytes
        let undoWanted = Int(clamping: shared[.undoWanted].load())
        undoBytesWanted = alive && undoWanted > 0 ? undoWanted : nil
        driver = block.driverName.loadText()
        isReplicatorAlive = alive
        replicatorProcess = Int(clamping: block[.process].load())
        readAt = moments.now
        secondsInState = moments.secondsInState
        self.epoch = epoch
        cut = block.committed.load()
        // Else it is as old as the last cut that is whole on the copy.
        ageMicroseconds = text.state != .inSync || !alive ? nil : isPresent ? 0 : moments.age
        let since = block[.behindSince].loadAcquiring()
        behind =
            text.state == .inSync && alive && since > 0 && since <= readAt
            ? Behind(block, since: since, now: readAt, age: ageMicroseconds) : nil
        let delay = area.slowdown.load()
        slowdownMicroseconds =
            alive && area.attention.load() & ControlFlags.slow != 0 && delay > 0
            ? Double(min(delay, Slowdown.delayMax)) / 1e3 : nil
        pageCount = layout.tables.reduce(0) { $0 + $1.pageCount }
        owedPages = area.owed.count
        missedPages = area.missed.count
        bulkPagesTotal = Int(clamping: block[.bulkPagesTotal].load())
        bulkPagesDone = Int(clamping: block[.bulkPagesDone].load())
        bulkSeconds = moments.bulkSeconds
        outlook = text.state == .syncing && alive ? Outlook(block) : nil
        journalUsedBytes = Int(clamping: block[.journalUsed].load())
        journalBytes = layout.journalBytes
        lastDamagedPage = Page(Int(clamping: block[.damagedPage].load()) - 1, of: layout)
        let scrubbed = block[.scrubbed].load()
        secondsSinceScrub = scrubbed == 0 ? nil : Double(moments.now - min(scrubbed, moments.now)) / 1e9
        isRebuildingBeside = alive && block[.rebuilding].load() != 0
        let attention = area.attention.load()
        isSuperseded = attention & ControlFlags.superseded != 0
        handingOverTo = attention & ControlFlags.handingOver != 0 ? source.namedForHandover : nil
        tables = zip(layout.tables, layout.definitions).map { table, definition in
            Table(
                name: definition.name, capacity: table.capacity, payloadBytes: table.payloadBytes,
                sharing: table.sharing,
                descriptor: min(area.descriptor(table.number).recordsCopied, table.capacity))
        }
        writers = (0 ..< layout.writerCount).compactMap { Writer(slot: $0, of: source) }
        counters = Dictionary(
            uniqueKeysWithValues: Counter.allCases.map { counter in
                ("\(counter)", (counter.isOfSource ? shared : block)[counter].load())
            })
        copies =
            followed.enumerated().map { Copy($1, place: $0, isServed: alive, of: source) }
            + source.area.absent.map { Copy($0, place: nil, isServed: alive, of: source) }
    }
}
