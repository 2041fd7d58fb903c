/// What a copy that answers a probe is owed. The decision table of its life, as one function.
package enum ReturnDecision: Equatable {
    /// Lay it out, then copy everything.
    case format
    /// It is consistent and lacks only what is missed: one cut.
    case oneCut(StateSlot, JournalEnd)
    /// Nobody knows what it lacks, but its pages can be compared with the source's. With a journal it is some older
    /// whole state, which it stays until what differs has come.
    case compare(StateSlot, JournalEnd?, CopyReason)
    /// Copy everything. `promotable`: it is some older whole state, worth keeping until the new one is whole.
    case full(StateSlot, CopyReason, promotable: Bool)
    /// Leave it alone.
    case refuse(CopyReason)
    /// It has taken over from us: stop writing.
    case superseded

    package struct Source {
        package var life: Life
        /// Which of the source's copies is expected there.
        package var copy: CopyID
        /// The one that was found is a copy that this source knows.
        package var knowsCopy: Bool
        /// Last cut whole on the copy, and the one that may be.
        package var committed: UInt64
        package var shipping: UInt64
        /// The last cut of which this source's memory knows anything: no copy has a later one of it.
        package var known: UInt64
        /// The state slot that was written last; the one after it may be on the copy too.
        package var sequence: UInt64
        /// The last that this source is known to have asked for: no file has one far beyond it.
        package var knownSequence: UInt64
        /// A flush failed since the last good one.
        package var flushLost: Bool
        /// A bulk copy was begun and did not come to its end: what had been missed was handed over to it, and of no
        /// file is it known any more what it lacks.
        package var isPartWay: Bool
        package var adopts: Bool
        /// Its pages can be compared with the source's.
        package var isComparable: Bool

        package init(
            life: Life, copy: CopyID = .none, knowsCopy: Bool = true, committed: UInt64, shipping: UInt64,
            known: UInt64, sequence: UInt64, knownSequence: UInt64, flushLost: Bool, isPartWay: Bool, adopts: Bool,
            isComparable: Bool = false
        ) {
            self.life = life
            self.copy = copy
            self.knowsCopy = knowsCopy
            self.committed = committed
            self.shipping = shipping
            self.known = known
            self.sequence = sequence
            self.knownSequence = knownSequence
            self.flushLost = flushLost
            self.isPartWay = isPartWay
            self.adopts = adopts
            self.isComparable = isComparable
        }
    }

    package static func decide(_ examination: CopyExamination, for source: Source) -> ReturnDecision {
        let decision = decideUnseen(examination, for: source)
        // After a failed flush pages that are read may be in the cache alone, and no flush would write them.
        guard case .full(let slot, let reason, let promotable) = decision, source.isComparable, !source.flushLost,
            case .copy(_, let journal) = examination
        else { return decision }
        return .compare(slot, promotable ? journal : nil, reason)
    }

    /// What it is owed as far as its slots and its journal tell.
    private static func decideUnseen(_ examination: CopyExamination, for source: Source) -> ReturnDecision {
        switch examination {
        case .blank: return .format
        case .foreign, .misfit: return .refuse(.refused)
        case .locked(let slot): return source.life.kin(slot.life) == .descendant ? .superseded : .refuse(.inUse)
        case .copy(let slot, let journal):
            switch source.life.kin(slot.life) {
            case .descendant: return .superseded
            // A source is never overwritten, not even an ancestor of ours.
            case _ where slot.role == .source: return .refuse(.refused)
            case .same: return decide(ownCopy: slot, journal, for: source)
            case .ancestor(let end, let isExact):
                if source.adopts { return adopt(slot, journal) }
                // It holds no cut: nothing is lost with it.
                if slot.role == .syncing { return .full(slot, .wasSyncing, promotable: false) }
                guard slot.lastCut(journal) <= end ?? .max else { return .refuse(.copyIsNewer) }
                // A sibling of the copy that was promoted. Whatever it holds this source has taken over. Of a damaged
                // journal nobody knows how far it went.
                guard isExact, journal != nil else { return .refuse(.refused) }
                return .full(slot, .wasBehind, promotable: true)
            case .cousin, .stranger: return .refuse(.refused)
            }
        }
    }

    /// It says that it is ours.
    private static func decide(ownCopy slot: StateSlot, _ journal: JournalEnd?, for source: Source) -> ReturnDecision {
        // First of all, as nothing else that is known here says anything of a life that went on elsewhere.
        if isNewer(slot, journal, than: source) { return source.adopts ? adopt(slot, journal) : .refuse(.copyIsNewer) }
        guard slot.role == .consistent else {
            // The flush may have been that of its header.
            return source.flushLost ? .format : .full(slot, .wasSyncing, promotable: false)
        }
        guard let journal else { return .full(slot, .journalDamaged, promotable: false) }
        if source.flushLost { return .full(slot, .flushFailed, promotable: true) }
        // Another of this source's copies, or a copy of one. What is known here says nothing of it.
        guard slot.copy == source.copy else { return .full(slot, .cutUnknown, promotable: true) }
        // An older copy that returns in the middle of another's bulk copy, or the one that was being rebuilt.
        if source.isPartWay { return .full(slot, .cutUnknown, promotable: true) }
        // The same cut in an older file, which somebody has put back: its images are older than what `owed` knows, and
        // the next sweep would move its tail past changes that only its journal has.
        guard slot.sequence == source.sequence || slot.sequence == source.sequence &+ 1 else {
            return .full(slot, .cutUnknown, promotable: true)
        }
        guard journal.cut == source.committed || journal.cut == source.shipping else {
            return .full(slot, .cutUnknown, promotable: true)
        }
        return .oneCut(slot, journal)
    }

    /// Whether the copy was written by somebody who knew more than this source: then the source is an older one, from a
    /// backup, and another or it itself went on. `shipping` is stored before the first byte of a cut, and the sequence
    /// of the slots only grows: of both the source knows as much as any copy of it that it wrote, but for the two slots
    /// of a first layout, of which it hears when they have been flushed.
    package static func isNewer(_ slot: StateSlot, _ journal: JournalEnd?, than source: Source) -> Bool {
        // There is no number to compare with that of a copy that it does not know.
        !source.knowsCopy || slot.lastCut(journal) > source.known
            || slot.sequence > source.knownSequence && slot.sequence - source.knownSequence > 2
    }

    private static func adopt(_ slot: StateSlot, _ journal: JournalEnd?) -> ReturnDecision {
        .full(slot, .adopted, promotable: slot.role == .consistent && journal != nil)
    }
}

extension StateSlot {
    /// The last cut that a copy with this slot is known to hold; 0 while it holds none whole.
    func lastCut(_ journal: JournalEnd?) -> UInt64 { role == .consistent ? max(cut, journal?.cut ?? 0) : 0 }
}
