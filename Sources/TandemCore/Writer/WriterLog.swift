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
    /// A record this transaction holds. Its pre-image lies where the ones before it end.
    @frozen @usableFromInline struct Held {
        @usableFromInline var record: RecordHeader
        @usableFromInline var lockWord: UInt64
        @usableFromInline var byteCount: Int

        @inlinable @inline(__always)
        init(record: RecordHeader, lockWord: UInt64, byteCount: Int) {
            self.record = record
            self.lockWord = lockWord
            self.byteCount = byteCount
        }
    }

    /// What keeps a transaction from its usual course. All in one byte, which `begin` looks at and seldom has to write.
    @frozen @usableFromInline struct Trouble: OptionSet {
        @usableFromInline let rawValue: UInt8
        @inlinable @inline(__always) init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A lock or the undo log was refused: the transaction cannot commit, whatever its closure makes of the error.
        @inlinable static var doomed: Self { @inline(__always) get { Self(rawValue: 1) } }
        /// Doomed because the undo log, empty of others' needs, cannot hold it: running it again would not help.
        @inlinable static var tooLarge: Self { @inline(__always) get { Self(rawValue: 2) } }
        /// The log is full of pre-images that a capture may want: the next begin abandons that capture.
        @inlinable static var logFull: Self { @inline(__always) get { Self(rawValue: 4) } }
    }

    @usableFromInline let memory: SourceMemory
    public let slot: WriterSlot
    /// Slot number + 1, as it stands in a locked record.
    @usableFromInline let owner: UInt64
    /// No `membarrier` here: the writer fences for itself.
    @usableFromInline let usesFences: Bool
    /// The record behind each entry of the undo log, by the entry's place there.
    @usableFromInline let held: UnsafeMutablePointer<Held>
    /// Gives the processor away for a moment: to the capture that is waited for.
    private let nap: @convention(c) () -> Void

    @usableFromInline var number: UInt64
    @usableFromInline var position: UndoPosition
    @usableFromInline var payloadKept = 0
    @usableFromInline var payloadUsed = 0
    @usableFromInline var trouble: Trouble = []
    /// Owner of the record that the last conflict was about; 0 if none.
    package var blocker: UInt64 = 0
    /// That record: number of its table, and its index.
    package var blocked = (table: 0, index: 0)

    /// Takes over slot `writer`, whose lock the caller holds and which is idle.
    package init(
        memory: SourceMemory, writer: Int, usesFences: Bool, nap: @convention(c) () -> Void = { tandem_spin_hint() }
    ) {
        self.memory = memory
        self.nap = nap
        slot = memory.writer(writer)
        owner = UInt64(writer + 1)
        self.usesFences = usesFences
        held = .allocate(capacity: slot.entryCount)
        // Numbers go on from the slot's last writer, as an undo entry is told from its successor by them.
        number = WriterStatus(word: slot.status.load()).number
        // Read only of a transaction that commits, of which there is none now.
        slot.commitEpoch.store(0)
        let last = UndoPosition(word: slot.undoPosition.load())
        // The last writer's entries may serve a running capture: keep them until a begin finds that none runs.
        let count = last.clamped(to: slot.entryCount).count
        position = UndoPosition(restarts: last.restarts, kept: count, count: count)
        payloadUsed = count == 0 ? 0 : slot.payloadBytes
        payloadKept = payloadUsed
    }

    deinit { held.deallocate() }

    /// Running the transaction again would not help: its undo log, empty of others' needs, cannot hold it.
    package var isTooLarge: Bool { trouble.contains(.tooLarge) }

    /// Epoch of this writer's last commit; 0 before the first.
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
        let attention = memory.control(ControlOffset.attention).load()
        if _fastPath(epoch == captured &+ 1 && attention == 0 && trouble.isEmpty && position.kept == 0) {
            restartLog()
        } else {
            try beginWithCare(epoch: epoch, captured: captured, attention: attention)
        }
        number &+= 1
        slot.status.store(WriterStatus(number, WriterStatus.active).word)
    }

    /// No capture wants a pre-image of ours: begin again at the start of the log, so that it stays in the first cache.
    @inlinable @inline(__always)
    mutating func restartLog() {
        position = UndoPosition(restarts: position.restarts, kept: 0, count: 0)
        payloadUsed = 0
        slot.undoPosition.store(position.word)
        // Orders the restart before the first overwritten entry, seen by a capture that indexes this log.
        tandemReleaseFence()
    }

    /// The same when entries had been kept: a capture that has read some of them sees by the number of restarts that
    /// they are gone.
    private mutating func discardLog() {
        if position.kept != 0 {
            position = UndoPosition(restarts: position.restarts &+ 1, kept: 0, count: 0)
            payloadKept = 0
        }
        restartLog()
    }

    /// A capture may be running, the engine wants something, or the last transaction met with trouble.
    @usableFromInline @inline(never)
    mutating func beginWithCare(epoch: UInt64, captured: UInt64, attention: UInt64) throws(TandemError) {
        if attention & ControlFlags.superseded != 0 { throw TandemError(.superseded) }
        let mustAbandon = trouble.contains(.logFull)
        trouble = []
        if epoch == captured &+ 1 { return discardLog() }
        let cut = epoch &- 1
        if mustAbandon, attention & ControlFlags.openCutSoon != 0 { waitForCapture(of: cut) }
        let abandoned = memory.control(ControlOffset.abandoned)
        // Acquire: the engine's last look at the entries comes before `captured`, so an ended capture needs no word.
        if mustAbandon, memory.control(ControlOffset.captured).loadAcquiring() < cut, abandoned.load() != cut {
            // Before any overwritten entry: the engine reads `abandoned` after all entries, so a value that it took
            // from an overwritten entry is always dropped.
            //
            // Only ever upwards: a writer that was stopped here since an earlier cut must not hide a later one's
            // number.
            var seen = abandoned.load()
            while seen < cut, !abandoned.compareExchange(seen, cut) { seen = abandoned.load() }
            slot.bump(WriterOffset.abandoned)
        }
        if mustAbandon || abandoned.load() == cut {
            discardLog()
        } else {
            // All newer than the cut: no capture can want them, so a hot record costs one entry a window.
            let isUnwanted = oldestSaved >= epoch
            let kept = isUnwanted ? position.kept : position.count
            position = UndoPosition(restarts: position.restarts, kept: kept, count: kept)
            if isUnwanted { payloadUsed = payloadKept } else { payloadKept = payloadUsed }
            // Release: what is kept is known before anything behind it is overwritten, seen by a capture.
            slot.undoPosition.storeReleasing(position.word)
        }
    }

    /// The smallest epoch among the last transaction's pre-images.
    private var oldestSaved: UInt64 {
        (position.kept ..< position.count).reduce(.max) { min($0, slot.entry($1).epochWord.load()) }
    }

    /// Bounded: 2,000 naps of some 100 µs, longer than a capture of 100,000 pages on a busy machine. A controller that
    /// hangs costs each writer that once: after it the capture is abandoned, and an abandoned one is not waited for.
    private func waitForCapture(of cut: UInt64) {
        slot.bump(WriterOffset.waited)
        for _ in 0 ..< 2000 {
            if memory.control(ControlOffset.captured).load() >= cut { return }
            // Somebody else has given up on it.
            if memory.control(ControlOffset.abandoned).load() >= cut { return }
            nap()
        }
    }
}

/// Bits of the control word that make `begin` look closer.
package enum ControlFlags {
    package static let openCutSoon: UInt64 = 1
    package static let superseded: UInt64 = 2
}
