internal import CTandemLayout

/// One or more records changed together, all or nothing.
///
/// A writer owns one and hands it to each closure; it cannot be copied or kept. What it needs to roll back is private
/// memory plus pre-images in its undo log, so that a scribbling process can spoil values but not misdirect a store.
///
/// *Threads:* one at a time, the writer's. *Crash:* dying at any instruction leaves a transaction that recovery rolls
/// back, or forward once `committed` is stored.
@frozen public struct Transaction: ~Copyable {
    /// A record this transaction holds.
    @frozen @usableFromInline struct Held {
        @usableFromInline var record: RecordHeader
        @usableFromInline var word0: UInt64
        @usableFromInline var preImage: UnsafeMutableRawPointer
        @usableFromInline var byteCount: Int

        @inlinable @inline(__always)
        init(record: RecordHeader, word0: UInt64, preImage: UnsafeMutableRawPointer, byteCount: Int) {
            self.record = record
            self.word0 = word0
            self.preImage = preImage
            self.byteCount = byteCount
        }
    }

    @usableFromInline let memory: SourceMemory
    @usableFromInline let slot: WriterSlot
    /// Slot number + 1, as it stands in a locked record.
    @usableFromInline let owner: UInt64
    /// No `membarrier` here: the writer fences for itself.
    @usableFromInline let fenced: Bool
    @usableFromInline let held: UnsafeMutablePointer<Held>
    /// Gives the processor away for a moment: to the capture that is waited for.
    private let nap: @convention(c) () -> Void

    @usableFromInline var number: UInt64
    @usableFromInline var position: UndoPosition
    @usableFromInline var payloadKept = 0
    @usableFromInline var payloadUsed = 0
    /// The smallest epoch among the current transaction's pre-images.
    @usableFromInline var oldestSaved = UInt64.max
    /// The log is full of pre-images that a capture may want: the next begin abandons that capture.
    @usableFromInline var mustAbandon = false
    /// A lock or the undo log was refused: the transaction cannot commit, whatever its closure makes of the error.
    @usableFromInline var doomed = false
    /// Doomed because the undo log, empty of others' needs, cannot hold it: running it again would not help.
    public var isTooLarge = false
    @usableFromInline var commits: UInt64 = 0
    /// Owner of the record that the last conflict was about; 0 if none.
    public var blocker: UInt64 = 0
    /// Epoch of the last commit.
    public var lastCommitEpoch: UInt64 = 0

    /// Takes over slot `writer`, whose lock the caller holds and which is idle.
    package init(
        memory: SourceMemory, writer: Int, fenced: Bool, nap: @convention(c) () -> Void = { tandem_spin_hint() }
    ) {
        self.memory = memory
        self.nap = nap
        slot = memory.writer(writer)
        owner = UInt64(writer + 1)
        self.fenced = fenced
        held = .allocate(capacity: slot.entryCount)
        // Numbers go on from the slot's last writer, as an undo entry is told from its successor by them.
        number = WriterStatus(word: slot.status.load()).number
        commits = slot.counter(WriterOffset.commits).load()
        let last = UndoPosition(word: slot.undoPosition.load())
        // The last writer's entries may serve a running capture: keep them until a begin finds that none runs.
        let count = last.clamped(to: slot.entryCount).count
        position = UndoPosition(restarts: last.restarts, kept: count, count: count)
        payloadUsed = count == 0 ? 0 : slot.payloadBytes
        payloadKept = payloadUsed
    }

    deinit { held.deallocate() }

    /// Number of records held.
    @inlinable @inline(__always)
    var heldCount: Int { position.count &- position.kept }
}

extension Transaction {
    /// Starts a transaction: decides what of the undo log may be reused, and says *active*.
    @inlinable @inline(__always)
    public mutating func begin() throws(TandemError) {
        // Acquire: E before captured. Were captured read first, E could belong to a later cut than the one it says is
        // captured; read this way a wrong "no capture is running" only concerns cuts that end after our last commit.
        let epoch = memory.control(ControlOffset.epoch).loadAcquiring()
        let captured = memory.control(ControlOffset.captured).load()
        let attention = memory.control(ControlOffset.attention).load()
        if epoch == captured &+ 1, attention == 0 {
            restartLog()
        } else {
            try beginDuringCapture(epoch: epoch, captured: captured, attention: attention)
        }
        oldestSaved = .max
        doomed = false
        isTooLarge = false
        number &+= 1
        slot.status.store(WriterStatus(number, WriterStatus.active).word)
    }

    /// No capture wants a pre-image of ours: begin again at the start of the log, so that it stays in the first cache.
    @inlinable @inline(__always)
    mutating func restartLog() {
        if position.kept != 0 {
            position.restarts = (position.restarts &+ 1) & 0xFFFF
            position.kept = 0
        }
        position.count = 0
        payloadKept = 0
        payloadUsed = 0
        mustAbandon = false
        slot.undoPosition.store(position.word)
        // Orders the restart before the first overwritten entry, seen by a capture that indexes this log.
        slotFence()
    }

    @inlinable @inline(__always)
    func slotFence() { tandemReleaseFence() }

    @usableFromInline @inline(never)
    mutating func beginDuringCapture(epoch: UInt64, captured: UInt64, attention: UInt64) throws(TandemError) {
        if attention & Attention.superseded != 0 { throw TandemError(.superseded) }
        if epoch == captured &+ 1 { return restartLog() }
        let cut = epoch &- 1
        if mustAbandon, attention & Attention.openCutSoon != 0 { waitForCapture(of: cut) }
        let abandoned = memory.control(ControlOffset.abandoned)
        if mustAbandon, memory.control(ControlOffset.captured).loadAcquiring() < cut, abandoned.load() != cut {
            // Before any overwritten entry: the engine reads `abandoned` after all entries, so a value that it took
            // from an overwritten entry is always dropped.
            //
            // Only ever upwards: a writer that was stopped here since an earlier cut must not hide a later one's number.
            var seen = abandoned.load()
            while seen < cut, !abandoned.compareExchange(seen, cut) { seen = abandoned.load() }
            bump(WriterOffset.abandoned)
        }
        if mustAbandon || abandoned.load() == cut {
            restartLog()
        } else if oldestSaved >= epoch {
            // All newer than the cut: no capture can want them, so a hot record costs one entry a window.
            position.count = position.kept
            payloadUsed = payloadKept
            slot.undoPosition.storeReleasing(position.word)
        } else {
            position.kept = position.count
            payloadKept = payloadUsed
            slot.undoPosition.storeReleasing(position.word)
        }
    }

    /// Bounded: 2,000 naps of some 100 µs, longer than a capture of 100,000 pages on a busy machine. A controller that hangs
    /// costs each writer that once: after it the capture is abandoned, and an abandoned one is not waited for.
    private func waitForCapture(of cut: UInt64) {
        bump(WriterOffset.waited)
        for _ in 0 ..< 2000 {
            if memory.control(ControlOffset.captured).load() >= cut { return }
            // Somebody else has given up on it.
            if memory.control(ControlOffset.abandoned).load() >= cut { return }
            nap()
        }
    }

    /// Adds one to a counter of this slot. Only this writer writes it.
    @usableFromInline
    func bump(_ offset: Int) {
        let counter = slot.counter(offset)
        counter.store(counter.load() &+ 1)
    }
}

/// Bits of the control word that make `begin` look closer.
package enum Attention {
    package static let openCutSoon: UInt64 = 1
    package static let superseded: UInt64 = 2
}
