internal import CTandemLayout

/// A writer's place in shared memory: its status, its undo log, its counters.
@frozen public struct WriterSlot: @unchecked Sendable {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let entries: UnsafeMutableRawPointer
    @usableFromInline let payloads: UnsafeMutableRawPointer
    @usableFromInline let entryCount: Int
    @usableFromInline let payloadBytes: Int

    @usableFromInline
    init(
        base: UnsafeMutableRawPointer, entries: UnsafeMutableRawPointer, payloads: UnsafeMutableRawPointer,
        entryCount: Int, payloadBytes: Int
    ) {
        self.base = base
        self.entries = entries
        self.payloads = payloads
        self.entryCount = entryCount
        self.payloadBytes = payloadBytes
    }

    @inlinable @inline(__always) var status: SharedWord { SharedWord(base, at: WriterOffset.status) }
    @inlinable @inline(__always) var commitEpoch: SharedWord { SharedWord(base, at: WriterOffset.commitEpoch) }
    @inlinable @inline(__always) var undoPosition: SharedWord { SharedWord(base, at: WriterOffset.undoPosition) }
    @inlinable @inline(__always) func counter(_ offset: Int) -> SharedWord { SharedWord(base, at: offset) }

    /// Adds one to a counter that only the slot's holder writes.
    func bump(_ offset: Int) { counter(offset).store(counter(offset).load() &+ 1) }

    /// Entry `index` of the undo log, which the caller has checked to be below `entryCount`.
    @inlinable @inline(__always)
    func entry(_ index: Int) -> UndoEntry { UndoEntry(base: entries + index &* UndoOffset.stride) }
}

/// `transaction number:61 | state:3`.
@frozen public struct WriterStatus: Equatable {
    @usableFromInline let word: UInt64

    @inlinable @inline(__always) public init(word: UInt64) { self.word = word }
    @inlinable @inline(__always) init(_ number: UInt64, _ state: UInt64) { word = number &<< 3 | state }

    @inlinable static var idle: UInt64 { @inline(__always) get { 0 } }
    @inlinable static var active: UInt64 { @inline(__always) get { 1 } }
    @inlinable static var committing: UInt64 { @inline(__always) get { 2 } }
    @inlinable static var committed: UInt64 { @inline(__always) get { 3 } }

    @inlinable @inline(__always) public var state: UInt64 { word & 7 }
    @inlinable @inline(__always) public var number: UInt64 { word &>> 3 }
}

/// `restarts:16 | kept:24 | count:24`. Entries below `kept` belong to ended transactions and stay as they are until the
/// log restarts; those from `kept` to `count` belong to the current transaction.
@frozen public struct UndoPosition: Equatable {
    public var word: UInt64

    @inlinable @inline(__always)
    public init(word: UInt64) { self.word = word }

    @inlinable @inline(__always)
    public init(restarts: UInt64, kept: Int, count: Int) {
        word = restarts &<< 48 | UInt64(truncatingIfNeeded: kept) &<< 24 | UInt64(truncatingIfNeeded: count)
    }

    @inlinable @inline(__always) public var restarts: UInt64 { word &>> 48 }
    @inlinable @inline(__always) public var kept: Int { Int(truncatingIfNeeded: word &>> 24 & 0xFF_FFFF) }
    @inlinable @inline(__always) public var count: Int { Int(truncatingIfNeeded: word & 0xFF_FFFF) }

    /// One entry more. The caller has checked that the log has it, so that the count stays in its 24 bits.
    @inlinable @inline(__always)
    mutating func countEntry() { word &+= 1 }

    /// As read from shared memory that anybody may have written: no position beyond the log.
    func clamped(to entryCount: Int) -> UndoPosition {
        let count = min(count, entryCount)
        return UndoPosition(restarts: restarts, kept: min(kept, count), count: count)
    }
}

/// One pre-image: a record as it was before a transaction changed it.
@frozen public struct UndoEntry {
    @usableFromInline let base: UnsafeMutableRawPointer

    @usableFromInline init(base: UnsafeMutableRawPointer) { self.base = base }

    /// 0 while the entry is being written. Numbers never repeat within a slot, so an entry whose number is the same
    /// before and after reading was not rewritten meanwhile.
    @inlinable @inline(__always) var transaction: SharedWord { SharedWord(base, at: UndoOffset.transaction) }
    /// `uncommitted`, `rolledBack`, or the epoch its transaction committed with.
    @inlinable @inline(__always) var commitEpoch: SharedWord { SharedWord(base, at: UndoOffset.commitEpoch) }
    @inlinable @inline(__always) var tableAndBytes: SharedWord { SharedWord(base, at: UndoOffset.tableAndBytes) }
    @inlinable @inline(__always) var index: SharedWord { SharedWord(base, at: UndoOffset.index) }
    @inlinable @inline(__always) var lockWord: SharedWord { SharedWord(base, at: UndoOffset.lockWord) }
    @inlinable @inline(__always) var epochWord: SharedWord { SharedWord(base, at: UndoOffset.epochWord) }
    @inlinable @inline(__always) var payloadOffset: SharedWord { SharedWord(base, at: UndoOffset.payloadOffset) }

    @inlinable static var uncommitted: UInt64 { @inline(__always) get { .max } }
    @inlinable static var rolledBack: UInt64 { @inline(__always) get { 0 } }
}

extension WriterSlot {
    /// For people who look; liveness is the lock.
    package func setOwner(process: UInt64, thread: UInt64) {
        counter(WriterOffset.process).store(process)
        counter(WriterOffset.thread).store(thread)
    }
}

extension WriterSlot {
    /// Says which thread of this process begins a transaction: for another writer that finds one of its records held,
    /// and must know whether the holder can go on at all.
    @inlinable @inline(__always)
    public func noteThread(_ thread: UInt64) { counter(WriterOffset.runsOn).store(thread) }

    /// Whether a transaction of this slot is under way on that thread of that process.
    package func isBusy(onThread thread: UInt64, ofProcess process: UInt64) -> Bool {
        WriterStatus(word: status.loadAcquiring()).state != WriterStatus.idle
            && counter(WriterOffset.runsOn).load() == thread && counter(WriterOffset.process).load() == process
    }
}

/// The processor's hint that this thread is waiting for another.
package enum SpinHint {
    package static func pause() { tandemSpinHint() }
}

/// A writer slot's words at one moment, for status.
package struct WriterSummary {
    package let state: String
    package let commits, aborts, conflicts, abandoned, recovered, process, thread: UInt64
}

extension WriterSlot {
    package var summary: WriterSummary {
        let names = ["idle", "active", "committing", "committed"]
        let undone = counter(WriterOffset.aborts).load()
        let status = WriterStatus(word: status.load())
        let state = Int(status.state)
        // Every transaction has a number, so that the write path need not count: what was not undone, and is not under
        // way, has committed.
        let ended = status.state == WriterStatus.active ? status.number &- 1 : status.number
        return WriterSummary(
            state: state < names.count ? names[state] : "unknown", commits: ended > undone ? ended - undone : 0,
            aborts: undone, conflicts: counter(WriterOffset.conflicts).load(),
            abandoned: counter(WriterOffset.abandoned).load(), recovered: counter(WriterOffset.recovered).load(),
            process: counter(WriterOffset.process).load(), thread: counter(WriterOffset.thread).load())
    }
}
