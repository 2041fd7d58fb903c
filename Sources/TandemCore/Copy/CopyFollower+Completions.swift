extension CopyFollower {
    mutating func apply(_ completion: CopyCompletion, _ source: inout SourceCapture) {
        let token = completion.token
        deadlines.noteCompleted(at: now, isSign: token.isSign)
        if token == .cutFlush || token == .stateFlush { deadlines.noteFlushEnded() }
        switch token {
        case .life: applyLife(completion.result, &source)
        case .close: break
        case .look(let cause, _): applyLook(cause, completion.result, &source)
        case .stateFlush, .stateWrite: applyState(token, completion.result, &source)
        case .cutWrite(let chunk): applyCutWrite(chunk, completion.result)
        case .cutFlush: applyCutFlush(completion.result)
        case .image(let number): applyImage(number, completion.result)
        case .replay: applyReplay(completion.result)
        case .scrub: applyScrub(completion.result)
        case .content(let number): applyContent(number, completion.result)
        case .revive: preconditionFailure("a writer's revival is no copy's")
        }
    }

    func failure(_ result: CopyCompletion.Result) -> CopyFailure? {
        if case .failed(let failure) = result { return failure }
        return nil
    }

    private mutating func applyLook(_ cause: LookCause, _ result: CopyCompletion.Result, _ source: inout SourceCapture)
    {
        switch look.complete(failure(result), journalStart: journal.start.position) {
        case .none: break
        case .failed(let failure): loseCopy(failure)
        case .overwritten:
            count(.failures)
            // What its tables lack now nobody knows, whatever its slots and its journal say.
            area.replicator[.partWay].storeReleasing(1)
            goOffline(.overwritten)
        case .same:
            if let failure = scrub.failure { return scrubFailed(failure) }
            scrub.noteLookedSame()
            if cause == .slot { advanceState(&source) }
        }
    }

    private mutating func applyState(_ token: Token, _ result: CopyCompletion.Result, _ source: inout SourceCapture) {
        if let failure = failure(result) {
            if token == .stateFlush { flushFailed(failure) } else { loseCopy(failure) }
            return
        }
        advanceState(&source)
    }

    private mutating func advanceState(_ source: inout SourceCapture) {
        deadlines.noteProgress(at: now)
        if let written = stateWriter.advance(into: &batch) { slotWritten(written, &source) }
    }

    private mutating func applyCutWrite(_ chunk: Int, _ result: CopyCompletion.Result) {
        let isLast = completeCutWrite(chunk)
        if let failure = failure(result) { return loseCopy(failure) }
        guard isLast else { return }
        if options.durable {
            noteFlushing()
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
        let before = bulk.descriptor
        bulk.complete(number, succeeded: true)
        area.replicator[.bulkPagesDone].store(UInt64(bulk.pagesDone))
        count(.imagesWritten)
        count(.imageBytes, bytes)
        if bulk.descriptor > before || bulk.walk == .sweep || bulk.onlyWindow != nil {
            deadlines.noteProgress(at: now)
        }
    }
}
