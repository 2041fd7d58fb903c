internal import CTandemLayout

/// The runtime area as the engine and the tools see it: everything besides what the write path touches.
package struct RuntimeArea: @unchecked Sendable {
    package let memory: SourceMemory
    package let layout: FileLayout
    package let taken: PageBitmap
    package let owed: PageBitmap
    package let missed: PageBitmap

    package init(memory: SourceMemory, layout: FileLayout) {
        let runtime = layout.runtime
        self.memory = memory
        self.layout = layout
        taken = PageBitmap(bits: memory.base + runtime.taken, wordCount: runtime.wordCount)
        owed = PageBitmap(bits: memory.base + runtime.owed, wordCount: runtime.wordCount)
        missed = PageBitmap(bits: memory.base + runtime.missed, wordCount: runtime.wordCount)
    }

    package var epoch: SharedWord { memory.control(ControlOffset.epoch) }
    package var captured: SharedWord { memory.control(ControlOffset.captured) }
    package var attention: SharedWord { memory.control(ControlOffset.attention) }
    package var abandoned: SharedWord { memory.control(ControlOffset.abandoned) }
    package var committed: SharedWord { memory.control(ControlOffset.committed) }
    package var shipping: SharedWord { memory.control(ControlOffset.shipping) }
    package var waiters: SharedWord { memory.control(ControlOffset.waiters) }
    package var wanted: SharedWord { memory.control(ControlOffset.wanted) }
    package var ready: SharedWord { memory.control(ControlOffset.ready) }
    package var slowdown: SharedWord { memory.control(ControlOffset.slowdown) }
    package var slowUntil: SharedWord { memory.control(ControlOffset.slowUntil) }
    package var usesFences: SharedWord { memory.control(ControlOffset.usesFences) }

    /// A commit waits for the cut that holds `epoch`. Only ever upwards, so that the word names the newest; false when
    /// it is known already. A full barrier: the transaction's changes are seen by an engine that sees this.
    package func raiseWanted(to epoch: UInt64) -> Bool {
        var seen = wanted.load()
        while seen < epoch {
            if wanted.compareExchange(seen, epoch) { return true }
            seen = wanted.load()
        }
        return false
    }

    /// Records of table `number` that lead the table and have been copied.
    package func descriptor(_ number: Int) -> SynchronizationDescriptor {
        SynchronizationDescriptor(word: (memory.base + layout.runtime.descriptors).word(at: number * 8))
    }

    package var replicator: ReplicatorBlock { ReplicatorBlock(base: memory.base + layout.runtime.replicator) }

    /// Adds to a counter that anybody may watch; only the engine writes it.
    package func count(_ counter: Counter, _ amount: Int = 1) {
        let word = replicator[counter]
        word.store(word.load() &+ UInt64(amount))
    }

    // Acquire: what `initializeControl` stored before *ready* is seen by whoever finds it.
    package var isReady: Bool { ready.loadAcquiring() == TANDEM_READY }

    /// Makes a zeroed runtime area that of a source whose last cut is `cut`.
    package func initialize(afterCut cut: UInt64, usesFences: Bool) {
        Self.initializeControl(memory.base + layout.runtime.control, afterCut: cut, usesFences: usesFences)
    }

    /// The same for a zeroed control block by itself.
    package static func initializeControl(_ control: UnsafeMutableRawPointer, afterCut cut: UInt64, usesFences: Bool) {
        control.word(at: ControlOffset.epoch).store(cut &+ 1)
        control.word(at: ControlOffset.captured).store(cut)
        control.word(at: ControlOffset.committed).store(cut)
        control.word(at: ControlOffset.shipping).store(cut)
        control.word(at: ControlOffset.usesFences).store(usesFences ? 1 : 0)
        // Orders everything above before `ready`, seen by whoever attaches.
        control.word(at: ControlOffset.ready).storeReleasing(TANDEM_READY)
    }
}

/// The words in which the engine tells tools what it is doing. Only the engine writes them, so tools only map and read.
package struct ReplicatorBlock {
    let base: UnsafeMutableRawPointer

    package enum Field: Int, CaseIterable {
        case process, heartbeat, state, reason, detail, since, cutOpened, cutCommitted, owedPages, missedPages
        case bulkPagesTotal, bulkPagesDone, journalUsed, syncStarted, rebuilding, flushLost, partWay, copySequence
        case verdict, syncIn, dirtying, copying, journalWanted, cutWall, damagedPage, scrubbed, undoWanted
        case behindSince, changing, carrying, session
    }

    package static let countersOffset = 32 * 8
    package static let pathOffset = countersOffset + 64 * 8
    package static let pathBytes = 1024
    package static let driverBytes = 128

    package subscript(field: Field) -> SharedWord { base.word(at: field.rawValue * 8) }
    package subscript(counter: Counter) -> SharedWord { base.word(at: Self.countersOffset + counter.rawValue * 8) }

    /// UTF-8, zero padded.
    package var copyPath: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + Self.pathOffset, count: Self.pathBytes)
    }
    package var driverName: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + Self.pathOffset + Self.pathBytes, count: Self.driverBytes)
    }
}
