/// The bulk copy controller's place in the duty cycle, and the look at the copy's file.
extension CopyFollower {
    mutating func advanceImages(behind window: CutWindow?) {
        // Asked at every poll, and mostly in vain.
        guard bulk.hasUnsubmitted, phase == .bulkCopying || phase.isWhole else { return }
        // What a lane has read comes when it comes, perhaps when the cut beside it has found no room, and a replay has
        // begun: its writes and an image's are never under way at once.
        guard reclaim.replay == nil else { return }
        // Not consistent: no rule but that the window the image was read in was not abandoned; and not that where it is
        // the only one, as all is owed until that has been closed. Consistent: write ahead.
        var limit = phase.isWhole ? imageCutLimit : .max
        if let window, bulk.onlyWindow == nil { limit = min(limit, window.cut &- 1) }
        bulk.submit(through: limit, into: &batch)
    }

    mutating func watchCopy() {
        guard isOpen, isThere, !look.isUnderWay else { return }
        if stateWriter.wantsLook { return beginLook(.slot) }
        // While it is laid out there is nothing yet to look at, and while a slot is written it may be seen half.
        if case .formatting = phase { return }
        let isAskedFor = scrub.failure != nil || scrub.wantsLook || isHandedOver
        guard stateWriter.isIdle, isAskedFor || deadlines.isWatchDue(at: now) else { return }
        beginLook(.interval)
    }

    private mutating func beginLook(_ cause: LookCause) {
        scrub.noteLookBegun()
        look.begin(cause, journalStart: journal.start.position, into: &batch)
    }
}
