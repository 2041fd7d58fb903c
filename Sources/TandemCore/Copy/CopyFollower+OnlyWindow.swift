/// A bulk copy in one window, for a copy that writers outrun.
extension CopyFollower {
    /// A cut of what lies below the descriptor has been looked at. A journal that holds all records holds any cut.
    mutating func noteOutrun() {
        guard phase == .bulkCopying, bulk.onlyWindow == nil else { return }
        let all = area.layout.tables.reduce(0) { $0 + $1.capacity * $1.changeBytes }
        guard all > area.layout.journalBytes else { return }
        if status.outlook.isOutrun(pageCount: area.layout.pageCount) { outrun.isSeen = true }
    }

    var wantsOnlyWindow: Bool { isOnlyOne && outrun.wantsOnlyWindow(options.onlyWindow) }

    /// It is to be begun again, in one window. No other is opened before.
    var endsInOnlyWindow: Bool { bulk.onlyWindow == nil && wantsOnlyWindow }

    /// In one window, or in many again as that one was dropped. What the walk and its cuts have written is written
    /// again, so nothing of either may be under way.
    mutating func beginAgain(_ source: inout SourceCapture) {
        guard isIdle, reclaim.replay?.isUnderWay != true, stateWriter.isIdle else { return }
        bulk.stop()
        guard bulk.isDrained else { return }
        reclaim.stop()
        beginInPlace(reason, .rest, &source)
    }

    /// All images of the window have landed: the copy is its cut, and nothing is in its journal.
    mutating func publish(asOf window: OnlyWindow) {
        bulk.finish()
        found = nil
        restartJournal(afterCut: window.cut)
        // Said before the slot that makes it so.
        noteAsked(window.cut)
        // Not where another copy came behind the window, and has been shipped a later one.
        if area.shipping.load() < window.cut { area.shipping.storeReleasing(window.cut) }
        noteWhole(window.cut, opened: window.opened, wall: window.wall)
        move(to: .publishing, reason)
        writeState(.consistent, journalFrom: journal.start, wall: window.wall)
    }
}

/// Whether writers outrun a bulk copy in many windows, and what one in a single window has come to.
struct Outrun {
    /// Cuts will not get smaller before its end.
    var isSeen = false
    /// The window was dropped: undo room did not last, or another copy came.
    var isVain = false

    func wantsOnlyWindow(_ rule: OnlyWindowRule) -> Bool {
        switch rule {
        case .never: false
        case .whenOutrun: isSeen && !isVain
        case .always: !isVain
        }
    }
}

/// When a bulk copy reads everything in one window: then no cut is read meanwhile, and what changes has to fit the
/// journal afterwards.
package enum OnlyWindowRule: Sendable {
    case never
    /// When cuts of what changes below the descriptor would grow until its end: it would never be whole.
    case whenOutrun
    case always
}
