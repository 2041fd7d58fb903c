/// What the copy says of a source that is handed over to it.
extension CopyFollower {
    /// Writes a state slot that says whether the source stands still; false while something is in the way of it. Until
    /// then no slot says anything new: one that is written for another reason, as a replay has ended, would be there
    /// when the handover is given up.
    mutating func mark(handedOver: Bool) -> Bool {
        guard phase == .inSync, isIdle, stateWriter.isIdle, !reclaim.isShort, reclaim.replay == nil else {
            return false
        }
        // The slot's flush covers all that has arrived; a sweep is no more than half way there.
        if bulk.walk != .none {
            bulk.stop()
            reclaim.dropSweep()
        }
        guard bulk.isDrained else { return false }
        isHandedOver = handedOver
        writeState(.consistent, journalFrom: journal.start, wall: wall)
        return true
    }

    /// Its source stands still for it no more, in whatever way that came. One that was let go of for whoever promotes
    /// it is asked for again.
    mutating func comeBack() { (isHandedOver, isLeaving) = (false, false) }
}
