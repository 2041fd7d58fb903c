/// Something people want to read of in the log.
package struct EngineEvent: Sendable {
    package let state: CopyState
    package let reason: CopyReason
    /// errno of the failure that led here; 0 if none.
    package let detail: UInt64
    package let pagesOwed: Int
    package let pagesMissed: Int
    /// What is known of a refused file.
    package let refusal: CopyRefusal?
    /// The journal is too small again and again; one of this size would do. 0: it is not known to be.
    package let journalBytesWanted: Int
    /// The copy is overwritten in place although it was whole, as nothing could be made beside it. The driver knows why
    /// in full.
    package let isInPlace: Bool
    /// Pages that somebody has damaged.
    package let damage: CopyDamage?
    /// The copy is in sync, and does not keep pace with the writers, or does so again.
    package let pace: Pace.News?
}
