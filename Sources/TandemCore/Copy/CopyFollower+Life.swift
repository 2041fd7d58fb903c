/// The copy's life: when it is asked for, when it is given up, and what its phases wait for.
extension CopyFollower {
    mutating func advanceLife(_ source: inout SourceCapture) {
        let isAnswering = phase.name != .offline || phase == .formatting(beside: false)
        if isAnswering, deadlines.isLate(at: now) { return goOffline(.late) }
        switch phase {
        case .offline(let retry), .refused(let retry):
            // A write that is late may still land: nothing is opened anew before it has. A lane that is late may still
            // write to the arena, which a comparison reads into.
            guard deadlines.outstanding == 0, batch.isEmpty, bulk.isArenaFree else { return }
            if isOpen {
                isOpen = false
                batch.issue(.close, .close)
            } else if now >= retry, !isLeaving {
                move(to: .probing, .starting)
                batch.issue(.life, .probe)
            }
        case .bulkCopying where bulk.isFinished && taker.part == nil:
            if let window = bulk.onlyWindow { return publish(asOf: window) }
            bulk.finish()
            move(to: .settling(from: source.numbers.next), reason)
        case .bulkCopying where endsInOnlyWindow || bulk.walk == .none && !reclaim.isShort: beginAgain(&source)
        case .inSync:
            advanceSweep()
            // Having nothing to do is no lack of progress: else the first cut after ten quiet seconds would look stuck.
            if isIdle, !mayLack(&source) { deadlines.noteProgress(at: now) }
            breakDeadline(whileDirty: true)
            noteSteady()
        case .healing:
            advanceSweep()
            breakDeadline(whileDirty: false)
        default:
            breakDeadline(whileDirty: false)
        }
    }

    /// A copy that stays in sync needs no larger journal, whatever there was before.
    private mutating func noteSteady() {
        guard restarts.inRow > 0, !reclaim.isShort, deadlines.isSteady(at: now)
        else { return }
        restarts.noteSteady()
        area.replicator[.journalWanted].store(0)
        status.tell(status.shown)
    }

    private mutating func breakDeadline(whileDirty: Bool) {
        // Who looks at a copy walks its journal.
        let reads = phase == .probing ? area.layout.journalBytes : 0
        guard deadlines.isStuck(at: now, reading: reads) else { return }
        if whileDirty, isIdle { return }
        count(.deadlinesBroken)
        goOffline(.stuck)
    }

    // MARK: Gone

    /// The copy is gone, or not to be trusted. Writers notice nothing; what was under way is missed.
    mutating func goOffline(_ reason: CopyReason, detail: Int32 = 0) {
        if case .offline = phase { return }
        if isThere { count(.outages) }
        deadlines.backOff(stayed: isThere && deadlines.isSteady(at: now))
        deadlines.noteGone()
        stop()
        leave(reason, errno: detail)
    }

    /// Nothing new is begun for it. What it had taken is missed.
    mutating func letGo(_ reason: CopyReason) {
        isLeaving = true
        guard phase.name != .offline, phase.name != .refused else { return }
        deadlines.noteGone()
        stop()
        leave(reason, errno: 0)
    }

    /// Nothing of it is under way any more, and its file is closed.
    var hasLeft: Bool { isLeaving && !isOpen && deadlines.outstanding == 0 && batch.isEmpty && bulk.isArenaFree }

    mutating func loseCopy(_ failure: CopyFailure) {
        count(.failures)
        goOffline(CopyReason(failure), detail: failure.errno)
    }

    /// A flush that failed may have dropped any write since the last good one, and the next one will succeed all the
    /// same: never believe it. Everything is owed again.
    mutating func flushFailed(_ failure: CopyFailure) {
        area.replicator[.flushLost].store(1)
        count(.failures)
        goOffline(.flushFailed, detail: failure.errno)
    }

    /// It did not answer.
    mutating func probeFailed(_ failure: CopyFailure) {
        deadlines.backOff(stayed: false)
        leave(CopyReason(failure), errno: failure.errno)
    }

    private mutating func leave(_ reason: CopyReason, errno: Int32) {
        // Whoever promotes it says so soon.
        let pause = isHandedOver ? options.deadlines.handedOverInterval : deadlines.probeInterval
        move(
            to: .offline(retry: now &+ pause), reason,
            detail: UInt64(UInt32(bitPattern: errno)))
    }
}

extension CopyReason {
    fileprivate init(_ failure: CopyFailure) {
        self =
            switch failure.kind {
            case .notFound: .notFound
            case .inUse: .inUse
            case .noSpace: .noSpace
            case .inputOutput: .inputOutput
            case .identityChanged: .identityChanged
            case .refused: .refused
            case .flushFailed: .flushFailed
            case .unreachable: .unreachable
            case .exportUnknown: .exportUnknown
            case .notTrusted: .notTrusted
            case .disconnected: .disconnected
            case .late: .late
            case .unsettled: .unsettled
            }
    }
}
