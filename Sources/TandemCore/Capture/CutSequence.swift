/// The numbers that cuts get: each one once in a generation, whatever becomes of the words that know them.
struct CutSequence {
    /// More cuts than there can have been of which nobody knows: a week of one every 200 µs, and there are millions of
    /// such weeks.
    private static let unknown: UInt64 = 1 << 32

    private let area: RuntimeArea
    /// The next cut that is opened: what E is until then.
    private(set) var next: UInt64 = 0
    /// The last cut that has had a number.
    var last: UInt64 { next &- 1 }

    init(area: RuntimeArea) { self.area = area }

    mutating func take() -> UInt64 {
        restoreControl()
        defer { next &+= 1 }
        return next
    }

    /// Takes E over from a predecessor.
    ///
    /// It may have been scribbled over while nobody ran. Then the other words know how far the cuts had come: the
    /// number of one that is in a journal must not be given to another. Half of all numbers is left to this engine.
    mutating func inherit() {
        let next = [
            area.epoch.load(), area.captured.load() &+ 1, area.committed.load() &+ 1, area.shipping.load() &+ 1,
        ]
        let known = next.filter { $0 <= StateSlot.cutMax / 2 }.max() ?? 0
        // E is one ahead of the last cut that was captured, two while a window is open. Words that say otherwise may
        // know too little.
        let isWhole = known == next[0] && (next[0] &- next[1]) <= 1
        begin(at: isWhole ? max(known, 1) : known + Self.unknown)
    }

    /// The copy is one of this source, and knows of `cut`: then its journal may hold that cut and later ones, whatever
    /// the source's own words say.
    mutating func note(onCopy cut: UInt64) {
        guard cut >= next, cut <= StateSlot.cutMax / 2 else { return }
        begin(at: cut + Self.unknown)
    }

    /// A copy of this life is written anew whose ring others have filled, up to nobody knows which cut: `cut` or later.
    /// It may have been a source of which this one is a backup, so the source's own words are no bound either.
    mutating func leap(beyond cut: UInt64) {
        let known = max(next, cut &+ 1)
        guard known <= StateSlot.cutMax / 2 else { return }
        begin(at: known + Self.unknown)
        // No barrier: who still reads the E before it is of a cut before the bulk copy, which copies everything.
        area.epoch.store(next)
    }

    private mutating func begin(at cut: UInt64) {
        next = cut
        // Release, as at each end of a capture; this engine has read no undo entry yet.
        area.captured.storeReleasing(cut &- 1)
    }

    /// Nobody but the engine moves E. Anything else there was scribbled, and believing it would hide every change
    /// behind an epoch that has been shipped. Likewise no cut from the future can have been abandoned.
    private func restoreControl() {
        let damaged = area.replicator[.damagedRecords as Counter]
        if area.epoch.load() != next {
            area.epoch.store(next)
            damaged.store(damaged.load() &+ 1)
        }
        // Nobody can have committed with an epoch that has not been.
        let wanted = area.wanted.load()
        if wanted > next, area.wanted.compareExchange(wanted, 0) { damaged.store(damaged.load() &+ 1) }
        let abandoned = area.abandoned.load()
        // By exchange: a writer may be storing a true number at this moment, and that must stay.
        if abandoned > next, area.abandoned.compareExchange(abandoned, 0) { damaged.store(damaged.load() &+ 1) }
    }
}
