internal import CTandemLayout

/// The runtime area as the engine and the tools see it: everything besides what the write path touches; with the block
/// of one of the source's copies.
package struct RuntimeArea: @unchecked Sendable {
    package let memory: SourceMemory
    package let layout: FileLayout
    /// Whose block it is, from 0.
    package let copy: Int
    let block: CopyBlockLayout
    package let taken: PageBitmap
    package let owed: PageBitmap
    package let missed: PageBitmap

    package init(memory: SourceMemory, layout: FileLayout, copy: Int = 0) {
        let wordCount = layout.runtime.wordCount
        self.memory = memory
        self.layout = layout
        self.copy = copy
        block = layout.runtime.copies[copy]
        taken = PageBitmap(bits: memory.base + block.taken, wordCount: wordCount)
        owed = PageBitmap(bits: memory.base + block.owed, wordCount: wordCount)
        missed = PageBitmap(bits: memory.base + block.missed, wordCount: wordCount)
    }

    /// What the copy misses on a word's pages, and what is dirty there, becomes owed.
    func oweLacking(word: Int) { owed.set(word: word, missed.load(word: word) | memory.dirty.word(word).load()) }

    /// The same with the block of another copy.
    package func of(copy: Int) -> RuntimeArea { RuntimeArea(memory: memory, layout: layout, copy: copy) }

    package var epoch: SharedWord { memory.control(ControlOffset.epoch) }
    package var captured: SharedWord { memory.control(ControlOffset.captured) }
    package var attention: SharedWord { memory.control(ControlOffset.attention) }
    package var abandoned: SharedWord { memory.control(ControlOffset.abandoned) }
    package var committed: SharedWord { memory.control(ControlOffset.committed) }
    package var shipping: SharedWord { memory.control(ControlOffset.shipping) }
    package var told: SharedWord { memory.control(ControlOffset.told) }
    package var waiters: SharedWord { memory.control(ControlOffset.waiters) }
    package var wanted: SharedWord { memory.control(ControlOffset.wanted) }
    package var ready: SharedWord { memory.control(ControlOffset.ready) }
    package var slowdown: SharedWord { memory.control(ControlOffset.slowdown) }
    package var slowUntil: SharedWord { memory.control(ControlOffset.slowUntil) }

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
        SynchronizationDescriptor(word: (memory.base + block.descriptors).word(at: number * 8))
    }

    package var replicator: ReplicatorBlock { ReplicatorBlock(base: memory.base + block.replicator) }

    /// Adds to a counter that anybody may watch; only the engine writes it.
    package func count(_ counter: Counter, _ amount: Int = 1) {
        let word = replicator[counter]
        word.store(word.load() &+ UInt64(amount))
    }

    // Acquire: what `initializeControl` stored before *ready* is seen by whoever finds it.
    package var isReady: Bool { ready.loadAcquiring() == TANDEM_READY }

    /// Makes a zeroed runtime area that of a source whose last cut is `cut`.
    package func initialize(afterCut cut: UInt64) {
        Self.initializeControl(memory.base + layout.runtime.control, afterCut: cut)
    }

    /// The same for a zeroed control block by itself.
    package static func initializeControl(_ control: UnsafeMutableRawPointer, afterCut cut: UInt64) {
        control.word(at: ControlOffset.epoch).store(cut &+ 1)
        control.word(at: ControlOffset.captured).store(cut)
        control.word(at: ControlOffset.committed).store(cut)
        control.word(at: ControlOffset.shipping).store(cut)
        // Orders everything above before `ready`, seen by whoever attaches.
        control.word(at: ControlOffset.ready).storeReleasing(TANDEM_READY)
    }
}

/// The words in which the engine tells tools what it is doing for one copy, and its successor what it knew of it. Only
/// the engine writes them, so tools only map and read.
package struct ReplicatorBlock {
    let base: UnsafeMutableRawPointer

    package enum Field: Int, CaseIterable {
        case process, heartbeat, state, reason, detail, since, cutOpened, cutCommitted, owedPages, missedPages
        case bulkPagesTotal, bulkPagesDone, journalUsed, syncStarted, rebuilding, flushLost, partWay, copySequence
        case verdict, syncIn, dirtying, copying, journalWanted, cutWall, damagedPage, scrubbed, undoWanted
        case behindSince, changing, carrying, session, handedOver
    }

    package static let countersOffset = 32 * 8
    package static let pathOffset = countersOffset + 64 * 8
    package static let pathBytes = 1024
    package static let driverBytes = 128

    package static let copyOffset = pathOffset + pathBytes + driverBytes
    package static let committedOffset = copyOffset + 16
    package static let shippingOffset = copyOffset + 24
    package static let placeOffset = copyOffset + 32

    package subscript(field: Field) -> SharedWord { base.word(at: field.rawValue * 8) }
    package subscript(counter: Counter) -> SharedWord { base.word(at: Self.countersOffset + counter.rawValue * 8) }

    /// UTF-8, zero padded.
    package var copyPath: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + Self.pathOffset, count: Self.pathBytes)
    }
    package var driverName: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + Self.pathOffset + Self.pathBytes, count: Self.driverBytes)
    }

    /// Which copy the block is for; none while it is nobody's.
    package var id: CopyID {
        get { CopyID(high: base.word(at: Self.copyOffset).load(), low: base.word(at: Self.copyOffset + 8).load()) }
        nonmutating set {
            base.word(at: Self.copyOffset).store(newValue.high)
            base.word(at: Self.copyOffset + 8).store(newValue.low)
        }
    }
    /// The last cut that is whole on this copy, and the one that may be.
    package var committed: SharedWord { base.word(at: Self.committedOffset) }
    package var shipping: SharedWord { base.word(at: Self.shippingOffset) }
    /// Among the copies that the last replicator was given, from 1; 0: it was not given this one.
    package var place: SharedWord { base.word(at: Self.placeOffset) }
}
