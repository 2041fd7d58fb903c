/// The bulk copy controller's place in the duty cycle: images out, sweeps begun and ended, room made in the journal.
extension ReplicationEngine {
    mutating func advanceImages() {
        guard phase == .bulkCopying || phase == .inSync else { return }
        // Not consistent: no rule but that the window the image was read in was not abandoned. Consistent: write ahead.
        var limit = phase == .inSync ? gate : .max
        if let window = updates.window { limit = min(limit, window.cut &- 1) }
        let before = batch.count
        bulk.submit(through: limit, into: &batch)
        health.noteIssued(batch.count - before, at: now)
    }

    /// Walks over what changed since the last sweep, so that the journal can be freed up to where the walk began.
    mutating func advanceSweep() {
        guard stateWriter.isIdle, room == .enough else { return }
        if let from = sweepFrom {
            guard bulk.isFinished, updates.window == nil else { return }
            bulk.finish()
            sweepFrom = nil
            (lastTrickle, trickleHead) = (now, updates.encoder.head)
            count(.sweeps)
            writeState(.consistent, tail: from)
        } else if isSweepDue() {
            sweepFrom = updates.journalEnd
            area.replicator[.bulkPagesTotal].store(UInt64(area.owed.count))
            bulk.begin(.sweep)
        }
    }

    private mutating func isSweepDue() -> Bool {
        guard updates.window == nil, bulk.isDrained, !updates.encoder.isEmpty else { return false }
        if updates.encoder.used > area.layout.journalBytes / 2 { return true }
        guard now &- lastTrickle > options.trickleInterval else { return false }
        let grown = updates.encoder.head &- trickleHead
        (lastTrickle, trickleHead) = (now, updates.encoder.head)
        // Under load a page swept now is changed again before the journal is half full: the later, the fewer images.
        return grown < UInt64(area.layout.journalBytes / 16)
    }

    /// A cut did not fit. What the journal holds is applied in place, as recovery would; then it is empty.
    mutating func advanceRoom() {
        guard room == .draining, updates.isIdle, stateWriter.isIdle else { return }
        if updates.encoder.isEmpty { return cutIsTooLarge() }
        if phase == .inSync, bulk.walk != .none {
            // Its images are older than the end of the journal: written after the replay they would undo it.
            bulk.stop()
            sweepFrom = nil
        }
        guard bulk.isDrained else { return }
        room = .replaying
        count(.replays)
        issue(
            Token(.life),
            .replay(
                StateSlot(
                    sequence: stateSequence, generation: generation, ancestors: ancestors, role: .consistent,
                    journalTail: updates.encoder.tail, tailCut: journalStart.cut, cut: updates.lastShipped),
                until: updates.journalEnd))
    }

    mutating func replayed() {
        health.noteProgress(at: now)
        bulk.landAll()
        let end = updates.journalEnd
        if phase == .inSync || phase == .catchingUp {
            room = .marking
            writeState(.consistent, tail: end)
        } else {
            updates.encoder.tail = end.position
            journalStart = end
            room = .enough
        }
    }

    /// Larger than the whole journal: the pages are copied in order instead.
    private mutating func cutIsTooLarge() {
        room = .enough
        bulk.stop()
        guard bulk.isDrained else {
            room = .draining
            return
        }
        let promotable = phase == .inSync || phase == .catchingUp
        // A burst that a copy in sync cannot take is copied in order. In the middle of that it may happen again for ever.
        if !promotable { convergence.noteTooLarge(at: now, descriptor: bulk.lowWater) }
        sweepFrom = nil
        beginSync(.cutTooLarge, everything: false, promotable: promotable)
    }

    mutating func watchCopy() {
        // While it is laid out there is nothing yet to look at.
        if case .formatting = phase { return }
        guard isOpen, phase.name == .syncing || phase.name == .inSync, health.isWatchDue(at: now) else { return }
        issue(Token(.watch), .watch)
    }
}
