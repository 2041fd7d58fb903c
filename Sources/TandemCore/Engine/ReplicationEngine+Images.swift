/// The bulk copy controller's place in the duty cycle, and the look at the copy's file.
extension ReplicationEngine {
    mutating func advanceImages() {
        guard phase == .bulkCopying || phase.isWhole else { return }
        // Not consistent: no rule but that the window the image was read in was not abandoned. Consistent: write ahead.
        var limit = phase.isWhole ? follower.imageCutLimit : .max
        if let window = source.window { limit = min(limit, window.cut &- 1) }
        follower.bulk.submit(through: limit, into: &batch)
    }

    mutating func watchCopy() {
        guard follower.isOpen, follower.isThere, !follower.look.isUnderWay else { return }
        if follower.stateWriter.wantsLook { return beginLook(.slot) }
        // While it is laid out there is nothing yet to look at, and while a slot is written it may be seen half.
        if case .formatting = phase { return }
        let isAskedFor = follower.scrub.failure != nil || follower.scrub.wantsLook
        guard follower.stateWriter.isIdle, isAskedFor || follower.deadlines.isWatchDue(at: now) else { return }
        beginLook(.interval)
    }

    private mutating func beginLook(_ cause: LookCause) {
        follower.scrub.noteLookBegun()
        follower.look.begin(cause, journalStart: follower.journal.start.position, into: &batch)
    }
}
