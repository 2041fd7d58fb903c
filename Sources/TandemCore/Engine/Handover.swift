/// A planned change of sides: the writers are stopped, the last cut is brought to one copy, and the copy's slot says
/// so. Then the copy is promoted; or it is not, the slot says it no more, and the writers go on.
///
/// The bad interleavings, and why this is enough: docs/internals/handover.md.
struct Handover {
    enum Stage: Equatable {
        /// Commits that have begun come to their end; none begins.
        case closing
        /// Every commit has this epoch or an earlier one: the cut that a commit of now would wait for is brought over.
        case carrying(through: UInt64)
        /// The copy's slot is written, which says that the source stands still.
        case marking
        /// It says so. Whoever promotes the copy has everything. Nanoseconds for which the writers had stood still.
        case standing(nanoseconds: UInt64)
        /// The copy is to say it no more, and only then do writers go on.
        case takingBack
        case unmarking
    }

    /// By its block, as places change.
    let copy: Int
    var stage: Stage
    let begun: UInt64
    /// When all goes on as it was, unless the copy has been promoted.
    let deadline: UInt64
}

/// What became of a handover.
package enum HandoverOutcome: Equatable, Sendable {
    case underWay
    /// The copy may be promoted. Nanoseconds for which the writers had stood still by then.
    case standing(nanoseconds: UInt64)
    /// The writers go on, as this one's commit did not end in time.
    case busy(writer: Int)
    /// The writers go on: the copy was not in sync, or did not come to it in time.
    case copyGone
    /// The writers go on, as that was asked for, or the time was over.
    case takenBack
    /// A promoted copy has taken over.
    case superseded
}
