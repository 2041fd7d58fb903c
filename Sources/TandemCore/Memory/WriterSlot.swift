internal import CTandemLayout

/// A writer's place in shared memory: its status, where its undo log stands, its counters.
@frozen public struct WriterSlot: @unchecked Sendable {
    @usableFromInline let base: UnsafeMutableRawPointer

    @usableFromInline init(base: UnsafeMutableRawPointer) { self.base = base }

    @inlinable @inline(__always) var status: SharedWord { SharedWord(base, at: WriterOffset.status) }
    @inlinable @inline(__always) var commitEpoch: SharedWord { SharedWord(base, at: WriterOffset.commitEpoch) }
    @inlinable @inline(__always) var undoPosition: SharedWord { SharedWord(base, at: WriterOffset.undoPosition) }
    @inlinable @inline(__always) var keptSegment: SharedWord { SharedWord(base, at: WriterOffset.keptSegment) }
    @inlinable @inline(__always) func counter(_ offset: Int) -> SharedWord { SharedWord(base, at: offset) }

    /// Adds one to a counter that only the slot's holder writes.
    func bump(_ offset: Int) { counter(offset).store(counter(offset).load() &+ 1) }
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
    package let slowed, slowedNanoseconds: UInt64
}

extension WriterSlot {
    package var summary: WriterSummary {
        let names = ["idle", "active", "committing", "committed"]
        let undone = counter(WriterOffset.aborts).load()
        let status = WriterStatus(word: status.load())
        let state = Int(status.state)
        return WriterSummary(
            state: state < names.count ? names[state] : "unknown", commits: Self.commits(of: status, undone: undone),
            aborts: undone, conflicts: counter(WriterOffset.conflicts).load(),
            abandoned: counter(WriterOffset.abandoned).load(), recovered: counter(WriterOffset.recovered).load(),
            process: counter(WriterOffset.process).load(), thread: counter(WriterOffset.thread).load(),
            slowed: counter(WriterOffset.slowed).load(),
            slowedNanoseconds: counter(WriterOffset.slowedNanoseconds).load())
    }

    /// Transactions that have committed.
    package var commitCount: UInt64 {
        let undone = counter(WriterOffset.aborts).load()
        return Self.commits(of: WriterStatus(word: status.load()), undone: undone)
    }

    /// Every transaction has a number, so that the write path need not count: what was not undone, and is not under
    /// way, has committed.
    private static func commits(of status: WriterStatus, undone: UInt64) -> UInt64 {
        let ended = status.state == WriterStatus.active ? status.number &- 1 : status.number
        return ended > undone ? ended - undone : 0
    }
}
