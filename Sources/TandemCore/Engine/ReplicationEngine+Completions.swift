extension ReplicationEngine {
    mutating func apply(_ completion: CopyCompletion) {
        let token = completion.token
        if !token.isRevival { deadlines.noteCompleted(at: now, isSign: !token.isLook) }
        if token == .cutFlush || token == .stateFlush { deadlines.noteFlushEnded() }
        switch token {
        case .life: applyLife(completion.result)
        case .close: break
        case .look(let cause, _): applyLook(cause, completion.result)
        case .stateFlush, .stateWrite: applyState(token, completion.result)
        case .cutWrite(let chunk): applyCutWrite(chunk, completion.result)
        case .cutFlush: applyCutFlush(completion.result)
        case .image(let number): applyImage(number, completion.result)
        case .replay: applyReplay(completion.result)
        case .revive(let writer): applyRevive(writer, completion.result)
        }
    }

    func failure(_ result: CopyCompletion.Result) -> CopyFailure? {
        if case .failed(let failure) = result { return failure }
        return nil
    }

    private mutating func applyLook(_ cause: LookCause, _ result: CopyCompletion.Result) {
        switch look.complete(failure(result), journalStart: updates.encoder.tail) {
        case .none: break
        case .failed(let failure): loseCopy(failure)
        case .overwritten:
            count(.failures)
            // What its tables lack now nobody knows, whatever its slots and its journal say.
            area.replicator[.partWay].storeReleasing(1)
            goOffline(.overwritten)
        case .same: if cause == .slot { advanceState() }
        }
    }

    private mutating func applyState(_ token: Token, _ result: CopyCompletion.Result) {
        if let failure = failure(result) {
            if token == .stateFlush { flushFailed(failure) } else { loseCopy(failure) }
            return
        }
        advanceState()
    }

    private mutating func advanceState() {
        deadlines.noteProgress(at: now)
        if let written = stateWriter.advance(into: &batch) { slotWritten(written) }
    }

    private mutating func applyCutWrite(_ chunk: Int, _ result: CopyCompletion.Result) {
        let isLast = updates.completeWrite(chunk)
        if let failure = failure(result) { return loseCopy(failure) }
        guard isLast else { return }
        if options.durable {
            updates.noteFlushing()
            batch.issue(.cutFlush, .flush)
        } else {
            commitCut()
        }
    }

    private mutating func applyCutFlush(_ result: CopyCompletion.Result) {
        if let failure = failure(result) { return flushFailed(failure) }
        commitCut()
    }

    private mutating func applyImage(_ number: Int, _ result: CopyCompletion.Result) {
        if let failure = failure(result) {
            bulk.complete(number, succeeded: false)
            return loseCopy(failure)
        }
        let bytes = bulk.bytes(ofImage: number)
        let low = bulk.lowWater
        bulk.complete(number, succeeded: true)
        area.replicator[.bulkPagesDone].store(UInt64(bulk.pagesDone))
        count(.imagesWritten)
        count(.imageBytes, bytes)
        if bulk.lowWater > low || bulk.walk == .sweep { deadlines.noteProgress(at: now) }
    }

    private mutating func applyRevive(_ writer: Int, _ result: CopyCompletion.Result) {
        warden.noteAnswered(writer)
        if case .writerRevived(true) = result { count(.writersRevived) }
    }

    /// A flush that failed may have dropped any write since the last good one, and the next one will succeed all the
    /// same: never believe it. Everything is owed again.
    private mutating func flushFailed(_ failure: CopyFailure) {
        area.replicator[.flushLost].store(1)
        count(.failures)
        goOffline(.flushFailed, detail: failure.errno)
    }

    mutating func loseCopy(_ failure: CopyFailure) {
        count(.failures)
        goOffline(reason(for: failure), detail: failure.errno)
    }

    func count(_ counter: Counter, _ amount: Int = 1) { area.count(counter, amount) }
}

extension Token {
    fileprivate var isRevival: Bool { if case .revive = self { true } else { false } }
    fileprivate var isLook: Bool { if case .look = self { true } else { false } }
}
