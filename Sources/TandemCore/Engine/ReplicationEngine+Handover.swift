/// Handing the source over to one of its copies, and taking it back.
extension ReplicationEngine {
    /// Stops the writers, and so on; `handoverOutcome` says how far it is.
    ///
    /// - Parameter limit: nanoseconds after which everything goes on as it was, unless the copy was promoted.
    package mutating func handOver(to place: Int, within limit: UInt64) {
        guard handover == nil else { return }
        guard followers[place].phase == .inSync else { return handoverEnd = .copyGone }
        let copy = followers[place].area.copy
        handover = Handover(copy: copy, stage: .closing, begun: now, deadline: now &+ limit)
        // The copy is named before a writer is stopped, seen by a successor, which asks that copy before any goes on.
        followers[place].area.replicator[.handedOver].storeReleasing(1)
        // A full barrier: a transaction that is not seen *committing* behind it sees the bit before it commits.
        area.attention.set(ControlFlags.handingOver)
    }

    /// It is, or is being taken back.
    package var isHandingOver: Bool { handover != nil }

    /// How far it is, or what became of the last one; nil: there was none.
    package var handoverOutcome: HandoverOutcome? {
        guard let handover else { return handoverEnd }
        if case .standing(let nanoseconds) = handover.stage { return .standing(nanoseconds: nanoseconds) }
        return .underWay
    }

    /// The writers go on as soon as the copy says no more that the source stands still.
    package mutating func takeBack() {
        guard let open = handover, open.stage != .takingBack, open.stage != .unmarking,
            area.attention.load() & ControlFlags.superseded == 0
        else { return }
        beginTakingBack()
    }

    /// The writers go on at once: somebody has seen to it that the copy was not promoted, and will not be.
    package mutating func takeBackForced() { if handover != nil { end(.takenBack) } }

    /// A predecessor has died while it handed the source over; or none has, and words of it are left.
    mutating func inheritHandover() {
        if area.attention.load() & ControlFlags.handingOver != 0 { return adoptHandover() }
        for copy in area.copies { copy.replicator[.handedOver].store(0) }
    }

    /// The bit is there, and this engine has not set it. The copy that is named says what is true. Where none is named,
    /// somebody has scribbled, and no copy was ever told of it.
    mutating func adoptHandover() {
        if area.copies.allSatisfy({ $0.replicator[.handedOver].load() == 0 }) {
            return area.attention.clear(ControlFlags.handingOver)
        }
        guard let place = followers.indices.first(where: { followers[$0].area.replicator[.handedOver].load() != 0 })
        else { return }
        handover = Handover(copy: followers[place].area.copy, stage: .takingBack, begun: now, deadline: now)
    }

    mutating func advanceHandover() {
        guard let open = handover, let place = place(of: open.copy) else { return }
        let attention = area.attention.load()
        if attention & ControlFlags.superseded != 0 { return end(.superseded) }
        if attention & ControlFlags.handingOver == 0 {
            // Somebody has scribbled, and a writer may have begun something: what the copy has is not all any more.
            area.attention.set(ControlFlags.handingOver)
            return beginTakingBack()
        }
        let isInSync = followers[place].phase == .inSync
        switch open.stage {
        case .closing:
            guard isInSync else { return end(.copyGone) }
            guard let writer = committingWriter else { return carry() }
            if now >= open.deadline { end(.busy(writer: writer)) }
        case .carrying(let through):
            guard isInSync, now < open.deadline else { return end(.copyGone) }
            guard followers[place].acknowledged >= through else { return }
            if followers[place].mark(handedOver: true) { handover?.stage = .marking }
        case .marking:
            // The slot may be there, or not.
            guard isInSync else { return beginTakingBack() }
            guard followers[place].stateWriter.isIdle else { return }
            handover?.stage = .standing(nanoseconds: now &- open.begun)
        case .standing:
            if now >= open.deadline { beginTakingBack() }
        case .takingBack:
            guard isInSync, followers[place].mark(handedOver: false) else { return }
            handover?.stage = .unmarking
        case .unmarking:
            guard isInSync else { return beginTakingBack() }
            if followers[place].stateWriter.isIdle { end(.takenBack) }
        }
    }

    /// All that will ever be committed here has an epoch up to E.
    private mutating func carry() {
        // Behind the last look at a writer: E is not below what any of them has committed with.
        let through = area.epoch.loadAcquiring()
        _ = area.raiseWanted(to: through)
        handover?.stage = .carrying(through: through)
    }

    private mutating func beginTakingBack() {
        handover?.stage = .takingBack
        if let open = handover, let place = place(of: open.copy) { followers[place].comeBack() }
    }

    /// The writers go on, but for a source that was superseded.
    private mutating func end(_ outcome: HandoverOutcome) {
        // The bit first: who finds it without a copy that it is for would take it for a scribble.
        area.attention.clear(ControlFlags.handingOver)
        if let open = handover, let place = place(of: open.copy) {
            followers[place].comeBack()
            followers[place].area.replicator[.handedOver].storeReleasing(0)
        }
        handover = nil
        handoverEnd = outcome
    }

    /// A writer that is about to commit, or has not said so to the end. One whose transaction is merely open finds the
    /// bit before it commits. One that is dead is recovered, as always, and is idle then.
    private var committingWriter: Int? {
        (0 ..< area.layout.writerCount).first { writer in
            // Acquire: what it has committed is seen behind its *idle*.
            let state = WriterStatus(word: area.memory.writer(writer).status.loadAcquiring()).state
            return state != WriterStatus.idle && state != WriterStatus.active
        }
    }

    private func place(of copy: Int) -> Int? {
        for place in followers.indices where followers[place].area.copy == copy { return place }
        return nil
    }
}
