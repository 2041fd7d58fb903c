/// Counters in shared memory, each with its place and meaning.
public enum Counter: Int, CaseIterable, Sendable {
    /// Cuts whole on the copy.
    case cutsCommitted
    /// Captures that were dropped because a writer found no undo room.
    case cutsAbandoned
    /// Records carried by committed cuts.
    case recordsShipped
    /// Bytes of journal written.
    case journalBytes
    /// Page images written.
    case imagesWritten
    /// Bytes of page images written.
    case imageBytes
    /// Bulk copies begun: descriptors set to zero.
    case bulkCopies
    /// Sweeps ended: the journal's tail moved.
    case sweeps
    /// Journal applied in place because a cut had no room.
    case replays
    /// Times the copy went off line.
    case outages
    /// Returns that needed one cut only.
    case returnsByCut
    /// Returns with a bulk copy of what was owed and missed.
    case returnsByPages
    /// Returns from zero.
    case returnsFromZero
    /// Writers found dead and recovered by the engine.
    case writersRevived
    /// Records whose header or undo entry made no sense: written by somebody who should not.
    case damagedRecords
    /// Values taken from undo logs.
    case preImages
    /// Commands that failed.
    case failures
    /// Stuck states restarted by their deadline.
    case deadlinesBroken
    /// Pages of the copy that were read and compared with their seals.
    case pagesScrubbed
    /// Pages that somebody had damaged on the copy, and that were written again.
    case pagesDamaged
    /// Windows that this copy left, as the other copies would have waited for it.
    case windowsLeft
    /// Comparisons of all its pages with the source's that were begun.
    case comparisons
    /// Returns with one cut of what a comparison had found.
    case returnsByContent
    /// Pages that comparisons found to be other ones than the source's.
    case pagesDifferent
    /// Page images that lanes have read, in whole or in part.
    case pagesByLanes
    /// Windows in which a lane was waited for in vain.
    case lanesLate
}
