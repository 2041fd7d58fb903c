extension ReplicationEngine {
    mutating func apply(_ completion: CopyCompletion) {
        guard let token = Token(completion.token) else { return }
        if token.kind != .revive {
            outstanding -= 1
            lastActivity = now
        }
        switch token.kind {
        case .life: applyLife(completion.result)
        case .close: break
        case .watch: if let failure = failure(completion.result) { loseCopy(failure) }
        case .stateWatch, .stateFlush, .stateWrite: applyState(token.kind, completion.result)
        case .cutWrite: applyCutWrite(token.number, completion.result)
        case .cutFlush: applyCutFlush(completion.result)
        case .image: applyImage(token.number, completion.result)
        case .revive: applyRevive(token.number, completion.result)
        }
    }

    func failure(_ result: CopyCompletion.Result) -> CopyFailure? {
        if case .failed(let failure) = result { return failure }
        return nil
    }

    private mutating func applyState(_ kind: Token.Kind, _ result: CopyCompletion.Result) {
        if let failure = failure(result) {
            if kind == .stateFlush { flushFailed(failure) } else { loseCopy(failure) }
            return
        }
        let before = batch.count
        let written = stateWriter.advance(into: &batch)
        noteIssuedByParts(since: before)
        if let written { slotWritten(written) }
    }

    private mutating func applyCutWrite(_ chunk: Int, _ result: CopyCompletion.Result) {
        encoder.complete(chunk)
        if let failure = failure(result) { return loseCopy(failure) }
        guard encoder.isIdle, let shipping = shippingCut, !shipping.isFlushing else { return }
        if options.durable {
            shippingCut?.isFlushing = true
            issue(Token(.cutFlush), .flush)
        } else {
            commitCut(shipping)
        }
    }

    private mutating func applyCutFlush(_ result: CopyCompletion.Result) {
        if let failure = failure(result) { return flushFailed(failure) }
        guard let shipping = shippingCut, shipping.isFlushing else { return }
        commitCut(shipping)
    }

    private mutating func applyImage(_ number: Int, _ result: CopyCompletion.Result) {
        if let failure = failure(result) {
            bulk.complete(number, succeeded: false)
            return loseCopy(failure)
        }
        let bytes = bulk.bytes(ofImage: number)
        let low = bulk.lowWater
        bulk.complete(number, succeeded: true)
        count(.imagesWritten)
        count(.imageBytes, bytes)
        if bulk.lowWater > low || bulk.walk == .sweep { lastProgress = now }
    }

    private mutating func applyRevive(_ writer: Int, _ result: CopyCompletion.Result) {
        reviving[writer] = false
        if case .writerRevived(true) = result { count(.writersRevived) }
    }

    /// A flush that failed may have dropped any write since the last good one, and the next one will succeed all the same:
    /// never believe it. Everything is owed again.
    private mutating func flushFailed(_ failure: CopyFailure) {
        area.replicator[.flushLost].store(1)
        count(.failures)
        goOffline(.flushFailed, detail: failure.errno)
    }

    mutating func loseCopy(_ failure: CopyFailure) {
        count(.failures)
        switch failure.kind {
        case .notFound: goOffline(.notFound, detail: failure.errno)
        case .inUse: goOffline(.inUse, detail: failure.errno)
        case .noSpace: goOffline(.noSpace, detail: failure.errno)
        case .inputOutput: goOffline(.inputOutput, detail: failure.errno)
        case .identityChanged: goOffline(.identityChanged, detail: failure.errno)
        case .refused: goOffline(.refused, detail: failure.errno)
        }
    }

    /// Parts that append to the batch themselves are counted here.
    mutating func noteIssuedByParts(since before: Int) {
        if batch.count > before { noteIssued(batch.count - before) }
    }

    func count(_ counter: Counter, _ amount: Int = 1) {
        let word = area.replicator[counter]
        word.store(word.load() &+ UInt64(amount))
    }
}
