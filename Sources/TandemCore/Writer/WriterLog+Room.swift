/// What one transaction may hold.
///
/// A quarter of what the writers share, besides a home: one that took all of it would leave the others nothing that a
/// capture does not want, and each capture would be abandoned for it.
@frozen public struct TransactionLimits: Equatable, Sendable {
    package let records: Int
    package let bytes: Int

    init(_ pool: UndoPool, writerCount: Int) {
        let segments = 1 + (pool.segmentCount - writerCount) / 4
        bytes = segments * pool.segmentBytes
        // Each is remembered outside of shared memory, in 32 bytes; those of one segment always are.
        let each = pool.segmentUnits / 2
        records = min(segments * each, max(Self.recordsMax, each))
    }

    private static let recordsMax = 1 << 20
}

/// Where the undo log goes on when a segment is full: off the fast path.
extension WriterLog {
    /// The segment is full, or the transaction is doomed and gets no more.
    ///
    /// - Throws: `.transactionTooLarge`; `.conflict` when there is no room now: run again, it abandons the capture that
    ///   what is kept is kept for.
    @usableFromInline @inline(never)
    mutating func makeRoom() throws(TandemError) {
        if !care.contains(.doomed) {
            let pool = memory.pool
            let shift = pool.segmentUnits.trailingZeroBitCount
            let next = (position.count >> shift) + 1
            guard next << shift - position.kept < limits.bytes >> 4, heldCount < limits.records else {
                throw refuse(.tooLarge)
            }
            guard (next + 1) << shift <= pool.units, let found = nextSegment() else { throw refuse(.noRoom) }
            // Where another entry could begin: who walks along the log goes on in the next segment from there.
            if pool.start(of: segment) + pool.segmentBytes - cursor >= UndoOffset.payload {
                UndoEntry(base: cursor).name.store(UndoName.end.word)
            }
            enter(found, at: next << shift)
            return
        }
        throw isTooLarge ? tooLarge : TandemError(.conflict)
    }

    private mutating func enter(_ next: Int, at count: Int) {
        segment = next
        cursor = memory.pool.start(of: next)
        limit = cursor + memory.pool.segmentBytes - 16
        position = UndoPosition(restarts: position.restarts, kept: position.kept, count: count)
        care.insert(.keeps)
        // Release: link and end are stored before the position that leads over them, seen by who walks along the log.
        slot.undoPosition.storeReleasing(position.word)
    }

    /// One that this writer has already, else a free one, else one of a writer that does nothing.
    private mutating func nextSegment() -> Int? {
        let pool = memory.pool
        if let next = pool.next(behind: segment, of: writer) { return next }
        var found = pool.claim(for: writer, transaction: number, from: hint)
        // Some at a time: no transaction pays for all that another has left.
        if found == nil, memory.takeBackRoom(for: writer, limit: 16) {
            found = pool.claim(for: writer, transaction: number, from: hint)
        }
        guard let found else { return nil }
        hint = found + 1
        link(found)
        return found
    }

    /// Nobody but its owner changes the word of a segment that is claimed, nor that of a home which leads nowhere.
    private mutating func link(_ next: Int) {
        let word = memory.pool.word(segment)
        // Release, each: what is linked was claimed before, seen by who follows the link.
        if segment == writer {
            chain = chain.leading(to: next).stamped(number)
            word.storeReleasing(chain.word)
        } else {
            // Release, as above.
            word.storeReleasing(SegmentWord(word: word.load()).leading(to: next).word)
        }
    }

    /// Before *active* is said: this transaction may go on where the last one ended. False when somebody has taken some
    /// of that back, as no capture wanted it any more.
    mutating func claimChain() -> Bool {
        guard chain.next != nil else { return true }
        let stamped = chain.stamped(number &+ 1)
        guard memory.pool.word(writer).compareExchange(chain.word, stamped.word) else { return false }
        chain = stamped
        return true
    }

    /// Eight segments of those behind the home, and none is left that is not stamped with this transaction's number.
    mutating func giveBackRoom() {
        var left = 8
        while chain.next != nil {
            let isEnough = left == 0
            if let rest = isEnough ? nil : memory.pool.free(behind: chain, of: writer, stamp: number &+ 1) {
                chain = rest
                left -= 1
            } else if isEnough {
                if chain.isStamped(number &+ 1) || claimChain() { return }
                chain = SegmentWord(word: memory.pool.word(writer).load())
            } else {
                // Somebody takes it back: what is left of it is there.
                chain = SegmentWord(word: memory.pool.word(writer).load())
            }
        }
    }

    private mutating func refuse(_ reason: Care) -> TandemError {
        doom(reason)
        blocker = 0
        return isTooLarge ? tooLarge : TandemError(.conflict)
    }

    package var tooLarge: TandemError {
        TandemError(.transactionTooLarge, UInt64(limits.records), UInt64(limits.bytes))
    }

    /// The transaction cannot commit: nothing more is held in it.
    mutating func doom(_ reason: Care) {
        care.formUnion([.doomed, reason])
        limit = cursor
    }
}
