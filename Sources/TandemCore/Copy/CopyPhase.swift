/// What a copy that has been begun anew is to get.
package enum SyncExtent: UInt8 {
    /// All pages.
    case everything
    /// Those that are owed and missed.
    case missed
    /// The same, of a bulk copy that is begun again before its end.
    case rest
    /// Those that turn out to be other ones than the source's.
    case different
}

/// Where the copy is in its life. What matters only in one phase stands in that phase.
///
/// ```
///  probing ─┬─▶ formatting ────┬─▶ bulkCopying ─▶ settling ─▶ publishing ─▶ inSync
///           │       ▼          │
///           ├─▶ beginning ─────┘
///           ├─▶ catchingUp ─▶ inSync
///           ├─▶ comparing ─▶ settling
///           └─▶ refused
///
///  offline, refused ─▶ probing                               it is asked for again
///  bulkCopying, settling, catchingUp, inSync ─▶ beginning    a cut is larger than the whole journal
///  settling, catchingUp, inSync ─▶ formatting                the same, with the new copy beside the old
///  beginning ─▶ comparing                                    it was not whole, and may have most of it all the same
///  comparing ─▶ beginning, formatting                        more differs than the journal holds
///  inSync ◀─▶ healing                                        pages were damaged; healing goes on as inSync does
///  bulkCopying ─▶ beginning, publishing                      writers outrun it, and it is made in one window
///  any ─▶ offline                                            it is gone, late or stuck
/// ```
package enum CopyPhase: Equatable {
    /// Not there. Probed again at `retry`, once no command is under way.
    case offline(retry: UInt64)
    case probing
    /// A blank copy, or a new one beside the old, is being laid out.
    case formatting(beside: Bool)
    /// *Syncing* is being made durable, before the first image that breaks consistency.
    case beginning(SyncExtent)
    /// Nobody knows what it lacks: its pages are compared with the source's.
    case comparing
    /// Descriptors move from zero to the end.
    case bulkCopying
    /// All images are there; one whole cut makes the copy consistent, the one of this number or a later one.
    case settling(from: UInt64)
    /// *Consistent* is being made durable.
    case publishing
    /// A consistent copy that lacks what `missed` says: one cut brings it.
    case catchingUp
    case inSync
    /// As in sync, but for pages that somebody has damaged: they are written again, and nothing is acknowledged.
    case healing
    /// The file at the path is nothing that may be written to.
    case refused(retry: UInt64)

    package var name: CopyState {
        switch self {
        // There is no copy before it has been laid out.
        case .offline, .probing, .formatting(beside: false): .offline
        case .formatting(beside: true), .beginning, .comparing, .bulkCopying, .settling, .publishing, .catchingUp,
            .healing:
            .syncing
        case .inSync: .inSync
        case .refused: .refused
        }
    }

    /// The copy holds something that its outage would be one of.
    var isThere: Bool { name == .syncing || name == .inSync }

    var isSettling: Bool { if case .settling = self { true } else { false } }

    /// All images are there and the journal is followed: an image waits for its cut, and sweeps free the journal.
    package var isWhole: Bool { self == .inSync || self == .healing }

    /// The legal moves. Every change of phase passes here; an illegal one is a bug.
    package func canMove(to next: CopyPhase) -> Bool {
        switch (self, next) {
        case (_, .offline): true
        case (.offline, .probing), (.refused, .probing): true
        case (.probing, .formatting), (.probing, .beginning), (.probing, .catchingUp), (.probing, .refused): true
        case (.probing, .comparing), (.beginning, .comparing): true
        case (.comparing, .settling), (.comparing, .beginning), (.comparing, .formatting): true
        case (.formatting, .bulkCopying), (.formatting, .beginning): true
        case (.beginning, .bulkCopying): true
        case (.bulkCopying, .settling), (.bulkCopying, .publishing), (.bulkCopying, .beginning): true
        case (.settling, .publishing), (.settling, .beginning), (.settling, .formatting): true
        case (.publishing, .inSync): true
        case (.catchingUp, .inSync), (.catchingUp, .formatting), (.catchingUp, .beginning): true
        case (.inSync, .formatting), (.inSync, .beginning), (.inSync, .healing): true
        case (.healing, .inSync), (.healing, .formatting), (.healing, .beginning): true
        default: false
        }
    }
}
