internal import CTandemLayout

/// A writer's transactions, one after the other: begin, hold each record that is to change, then commit or roll back.
///
/// The order of these calls is the caller's to keep: `Writer` does, which hands its closures no more than `hold`. What
/// it needs to roll back is private memory plus pre-images in its undo log, so that a scribbling process can spoil
/// values but not misdirect a store.
///
/// *Threads:* one at a time, the writer's. *Crash:* dying at any instruction leaves a transaction that recovery rolls
/// back, or forward once `committed` is stored.
@frozen public struct WriterLog: ~Copyable {
    /// A record this transaction holds, and its entry in the undo log.
    @frozen @usableFromInline struct Held {
        @usableFromInline var record: RecordHeader
        @usableFromInline var lockWord: UInt64
        @usableFromInline var entry: UndoEntry
        @usableFromInline var byteCount: Int
        @usableFromInline var page: Int

        @inlinable @inline(__always)
        init(record: RecordHeader, lockWord: UInt64, entry: UndoEntry, byteCount: Int, page: Int) {
            self.record = record
            self.lockWord = lockWord
            self.entry = entry
            self.byteCount = byteCount
            self.page = page
        }
    }

    /// What keeps a transaction from its usual course. All in one byte, which `begin` looks at and seldom has to write.
    @frozen @usableFromInline struct Care: OptionSet {
        @usableFromInline let rawValue: UInt8
        @inlinable @inline(__always) init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A lock or undo room was refused: the transaction cannot commit, whatever its closure makes of the error.
        @inlinable static var doomed: Self { @inline(__always) get { Self(rawValue: 1) } }
        /// Doomed because it is larger than any may be: running it again would not help.
        @inlinable static var tooLarge: Self { @inline(__always) get { Self(rawValue: 2) } }
        /// There is no room that a capture may not want: the next begin abandons that capture.
        @inlinable static var noRoom: Self { @inline(__always) get { Self(rawValue: 4) } }
        /// Entries of ended transactions are kept, or segments beyond the home: begin decides what becomes of them.
        @inlinable static var keeps: Self { @inline(__always) get { Self(rawValue: 8) } }
    }

    @usableFromInline let memory: SourceMemory
    public let slot: WriterSlot
    /// Slot number + 1, as it stands in a locked record.
    @usableFromInline let owner: UInt64
    @usableFromInline let home: UnsafeMutableRawPointer
    /// The records that this transaction holds, in the order of their entries.
    @usableFromInline let held: UnsafeMutablePointer<Held>
    let limits: TransactionLimits
    /// Monotonic nanoseconds; 0 where there is no clock, and nobody is held back.
    private let clock: @convention(c) () -> UInt64

    @usableFromInline var number: UInt64
    @usableFromInline var position: UndoPosition
    @usableFromInline var heldCount = 0
    /// Where the next entry goes, and where those of its segment must end. Both the same: none goes anywhere.
    @usableFromInline var cursor: UnsafeMutableRawPointer
    @usableFromInline var limit: UnsafeMutableRawPointer
    @usableFromInline var care: Care = []
    /// The segment that the cursor is in.
    var segment: Int
    /// Where `position.kept` is.
    var kept: (cursor: UnsafeMutableRawPointer, segment: Int)
    /// The home's word as this writer knows it; leads to all other segments that it has.
    var chain = SegmentWord(word: 0)
    /// Where the search for a free segment begins.
    var hint: Int
    /// Owner of the record that the last conflict was about; 0 if none.
    package var blocker: UInt64 = 0
    /// That record: number of its table, and its index.
    package var blocked = (table: 0, index: 0)

    /// Takes over slot `writer`, whose lock the caller holds and which is idle.
    package init(memory: SourceMemory, writer: Int, clock: @escaping @convention(c) () -> UInt64 = { 0 }) {
        self.memory = memory
        self.clock = clock
        let slot = memory.writer(writer)
        let pool = memory.pool
        self.slot = slot
        owner = UInt64(writer + 1)
        home = pool.start(of: writer)
        limits = TransactionLimits(pool, writerCount: memory.writerCount)
        held = .allocate(capacity: limits.records + pool.segmentUnits / 2)
        // Numbers go on from the slot's last writer.
        number = WriterStatus(word: slot.status.load()).number
        // Apart from each other, so that writers which are after room at the same time do not meet.
        hint = memory.writerCount + writer &* 61 % max(pool.segmentCount - memory.writerCount, 1)
        // The last writer's entries may serve a running capture: they are kept until a begin finds that none wants
        // them.
        let last = UndoPosition(word: slot.undoPosition.load()).clamped(to: pool.units)
        var walk = UndoWalk(pool, of: writer, slot, at: last)
        while walk.next() != nil {}
        position = UndoPosition(restarts: last.restarts, kept: last.count, count: last.count)
        segment = walk.segment ?? writer
        cursor = pool.start(of: segment) + (last.count & (pool.segmentUnits - 1)) << 4
        limit = pool.start(of: segment) + pool.segmentBytes - 16
        kept = (cursor, segment)
        // What is kept ends in another segment than the last writer's last transaction began in. Whoever looks for an
        // entry of ours there would find none, and take what we have changed for untouched: a reader, a capture, and
        // who puts the record back when we have died.
        slot.keptSegment.store(keptSegmentName)
        // Release: the segment is named before the position that lies in it. The slot holds nothing meanwhile.
        slot.undoPosition.storeReleasing(position.word)
        chain = SegmentWord(word: pool.word(writer).load())
        if last.count != 0 || chain.next != nil { care = .keeps }
        // There is no telling where its log ends: nothing goes behind it.
        if walk.segment == nil {
            limit = cursor
            care.insert(.noRoom)
        }
    }

    deinit { held.deallocate() }

    var writer: Int { Int(owner) - 1 }
    /// As the slot says it: its home is 0.
    private var keptSegmentName: UInt64 { kept.segment == writer ? 0 : UInt64(kept.segment) }

    /// Running the transaction again would not help: it is larger than any may be.
    package var isTooLarge: Bool { care.contains(.tooLarge) }

    /// Epoch of the slot's last commit; 0 before the first.
    package var lastCommitEpoch: UInt64 { slot.commitEpoch.load() }
}

extension WriterLog {
    /// Starts a transaction: decides what of the undo log may be reused, and says *active*.
    @inlinable @inline(__always)
    public mutating func begin() throws(TandemError) {
        // Acquire: E before captured. Were captured read first, E could belong to a later cut than the one it says is
        // captured; read this way a wrong "no capture is running" only concerns cuts that end after our last commit.
        let epoch = memory.control(ControlOffset.epoch).loadAcquiring()
        let captured = memory.control(ControlOffset.captured).load()
        if _fastPath(epoch == captured &+ 1 && care.isEmpty) { restartLog() } else { beginWithCare(epoch: epoch) }
        number &+= 1
        // Release: the position is stored before it, seen by a capture that looks for this transaction's entries.
        slot.status.storeReleasing(WriterStatus(number, WriterStatus.active).word)
        // No order: a bit that is missed here is seen in `commit`.
        if _slowPath(memory.control(ControlOffset.attention).load() != 0) { try payAttention() }
    }

    /// A copy has taken over, or is about to, or writers are held back. The transaction holds nothing yet.
    @usableFromInline @inline(never)
    mutating func payAttention() throws(TandemError) {
        let attention = memory.control(ControlOffset.attention).load()
        if let refusal = ControlFlags.refusal(attention) {
            // Release: nothing was held, seen by whoever waits for the last transaction.
            slot.status.storeReleasing(WriterStatus(number, WriterStatus.idle).word)
            // Its number is taken, and what is numbered and not undone counts as committed.
            slot.bump(WriterOffset.aborts)
            throw refusal
        }
        if attention & ControlFlags.slow != 0 { slowDown() }
    }

    /// No capture wants a pre-image of ours: begin again at the start of the log, so that it stays in the first cache.
    @inlinable @inline(__always)
    mutating func restartLog() {
        position = UndoPosition(restarts: position.restarts, kept: 0, count: 0)
        heldCount = 0
        cursor = home
        slot.undoPosition.store(position.word)
        // Orders the restart before the first overwritten entry, seen by a capture that indexes this log.
        tandemReleaseFence()
    }

    /// A capture may be running, entries are kept, or the last transaction met with trouble.
    @usableFromInline @inline(never)
    mutating func beginWithCare(epoch: UInt64) {
        if care.contains(.noRoom) { abandonCapture(at: epoch) }
        // Entries that a capture of cut e can want are of transactions that have committed with e + 1 or later. This
        // writer's have committed with `commitEpoch` or earlier.
        let isWanted = memory.isCaptureRunning(at: epoch) && slot.commitEpoch.load() >= epoch
        if isWanted, !care.contains(.noRoom), claimChain() { keepLog(at: epoch) } else { discardLog() }
        limit = memory.pool.start(of: segment) + memory.pool.segmentBytes - 16
        heldCount = 0
        care = position.kept == 0 && chain.next == nil ? [] : .keeps
    }

    /// What is kept cannot be, as there is no room: a capture that may want it is given up. Nobody waits for it.
    private mutating func abandonCapture(at epoch: UInt64) {
        let abandoned = memory.control(ControlOffset.abandoned)
        // Acquire: the engine's last look at the entries comes before `captured`, so an ended capture needs no word.
        guard memory.control(ControlOffset.captured).loadAcquiring() &+ 1 != epoch else { return }
        let cut = epoch &- 1
        // Before any overwritten entry: the engine reads `abandoned` after all entries, so a value that it took from an
        // overwritten entry is always dropped.
        //
        // Only ever upwards: a writer that was stopped here since an earlier cut must not hide a later one's number.
        var seen = abandoned.load()
        while seen < cut {
            if abandoned.compareExchange(seen, cut) { return slot.bump(WriterOffset.abandoned) }
            seen = abandoned.load()
        }
    }

    /// Behind what a running capture may want.
    private mutating func keepLog(at epoch: UInt64) {
        // All newer than the cut: no capture can want them, so a hot record costs one entry a window.
        if oldestSaved >= epoch {
            position = UndoPosition(restarts: position.restarts, kept: position.kept, count: position.kept)
            (cursor, segment) = kept
        } else {
            position = UndoPosition(restarts: position.restarts, kept: position.count, count: position.count)
            kept = (cursor, segment)
            slot.keptSegment.store(keptSegmentName)
        }
        // Release: what is kept is known before anything behind it is overwritten, seen by a capture.
        slot.undoPosition.storeReleasing(position.word)
    }

    /// Spins, as a sleep would take longer than any delay there is. Before the transaction holds anything.
    private func slowDown() {
        let (start, until) = (clock(), memory.control(ControlOffset.slowUntil).load())
        let delay = min(memory.control(ControlOffset.slowdown).load(), Slowdown.delayMax)
        guard start != 0, delay > 0, until > start, until &- start <= Slowdown.goodFor else { return }
        // Bounded, should the clock stand.
        for _ in 0 ..< 100_000 {
            if clock() &- start >= delay { break }
            tandemSpinHint()
        }
        slot.bump(WriterOffset.slowed)
        let sum = slot.counter(WriterOffset.slowedNanoseconds)
        sum.store(sum.load() &+ delay)
    }

    /// The smallest epoch among the last transaction's pre-images; that of one that was rolled back has none.
    private var oldestSaved: UInt64 {
        (0 ..< heldCount).reduce(.max) { min($0, held[$1].entry.epochWord.load()) }
    }

    /// No capture wants anything here: the log starts again at its home, and what stands behind that goes back, some of
    /// it each time, so that no transaction pays for all that a window has taken.
    private mutating func discardLog() {
        // A capture that has read some of the entries sees by the number of restarts that they are gone.
        if care.contains(.keeps) {
            position = UndoPosition(restarts: position.restarts &+ 1, kept: 0, count: 0)
            slot.keptSegment.store(0)
        }
        restartLog()
        segment = writer
        kept = (home, writer)
        giveBackRoom()
    }
}

/// Bits of the control word that make `begin` and `commit` look closer.
package enum ControlFlags {
    package static let superseded: UInt64 = 2
    /// Each transaction is to be held back by `slowdown` nanoseconds, until `slowUntil`.
    package static let slow: UInt64 = 4
    /// No transaction is begun until the source has been superseded, or taken back.
    package static let handingOver: UInt64 = 8

    /// Why no transaction may begin or commit; nil where one may.
    static func refusal(_ attention: UInt64) -> TandemError? {
        if attention & superseded != 0 { return TandemError(.superseded) }
        return attention & handingOver != 0 ? TandemError(.handingOver) : nil
    }
}
