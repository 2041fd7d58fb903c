extension ReplicationEngine {
    mutating func apply(_ completion: CopyCompletion) {
        let token = completion.token
        if !token.isRevival { follower.deadlines.noteCompleted(at: now, isSign: token.isSign) }
        if token == .cutFlush || token == .stateFlush { follower.deadlines.noteFlushEnded() }
        switch token {
        case .life: applyLife(completion.result)
        case .close: break
        case .look(let cause, _): applyLook(cause, completion.result)
        case .stateFlush, .stateWrite: applyState(token, completion.result)
        case .cutWrite(let chunk): applyCutWrite(chunk, completion.result)
        case .cutFlush: applyCutFlush(completion.result)
        case .image(let number): applyImage(number, completion.result)
        case .replay: applyReplay(completion.result)
        case .scrub: applyScrub(completion.result)
        case .revive(let writer): applyRevive(writer, completion.result)
        }
    }

    func failure(_ result: CopyCompletion.Result) -> CopyFailure? {
        if case .failed(let failure) = result { return failure }
        return nil
    }

    private mutating func applyLook(_ cause: LookCause, _ result: CopyCompletion.Result) {
        switch follower.look.complete(failure(result), journalStart: follower.journal.start.position) {
        case .none: break
        case .failed(let failure): loseCopy(failure)
        case .overwritten:
            count(.failures)
            // What its tables lack now nobody knows, whatever its slots and its journal say.
            area.replicator[.partWay].storeReleasing(1)
            goOffline(.overwritten)
        case .same:
            if let failure = follower.scrub.failure { return scrubFailed(failure) }
            follower.scrub.noteLookedSame()
            if cause == .slot { advanceState() }
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
        follower.deadlines.noteProgress(at: now)
        if let written = follower.stateWriter.advance(into: &batch) { slotWritten(written) }
    }

    private mutating func applyCutWrite(_ chunk: Int, _ result: CopyCompletion.Result) {
        let isLast = completeCutWrite(chunk)
        if let failure = failure(result) { return loseCopy(failure) }
        guard isLast else { return }
        if options.durable {
            follower.noteFlushing()
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
            follower.bulk.complete(number, succeeded: false)
            return loseCopy(failure)
        }
        let bytes = follower.bulk.bytes(ofImage: number)
        let before = follower.bulk.descriptor
        follower.bulk.complete(number, succeeded: true)
        area.replicator[.bulkPagesDone].store(UInt64(follower.bulk.pagesDone))
        count(.imagesWritten)
        count(.imageBytes, bytes)
        if follower.bulk.descriptor > before || follower.bulk.walk == .sweep {
            follower.deadlines.noteProgress(at: now)
        }
    }

    private mutating func applyRevive(_ writer: Int, _ result: CopyCompletion.Result) {
        warden.noteAnswered(writer)
        if case .writerRevived(true) = result { count(.writersRevived) }
    }
}

extension Token {
    fileprivate var isRevival: Bool { if case .revive = self { true } else { false } }
}
