/// What people are told of the copy; when nothing of it is new, nothing is told.
struct CopyNews: Equatable {
    var state = CopyState.offline
    var reason = CopyReason.starting
    /// errno of the failure that led here; 0 if none.
    var detail: UInt64 = 0
    var refusal: CopyRefusal?
    var damage: CopyDamage?
    var journalBytesWanted = 0
    var isInPlace = false
}
