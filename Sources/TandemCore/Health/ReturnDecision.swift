/// What a copy that answers a probe is owed. The decision table of its life, as one function.
package enum ReturnDecision: Equatable {
    /// Lay it out, then copy everything.
    case format
    /// It is consistent and lacks only what is missed: one cut.
    case oneCut(StateSlot, JournalEnd)
    /// Copy everything. `promotable`: it is some older whole state, worth keeping until the new one is whole.
    case full(StateSlot, CopyReason, promotable: Bool)
    /// Leave it alone.
    case refuse(CopyReason)
    /// It has taken over from us: stop writing.
    case superseded

    package struct Source {
        package var generation: Generation
        package var ancestors: [Generation]
        /// Last cut whole on the copy, and the one that may be.
        package var committed: UInt64
        package var shipping: UInt64
        /// The state slot that was written last; the one after it may be on the copy too.
        package var sequence: UInt64
        /// A flush failed since the last good one.
        package var flushLost: Bool
        /// A bulk copy was begun and did not come to its end: what had been missed was handed over to it, and of no
        /// file is it known any more what it lacks.
        package var isPartWay: Bool
        package var adopts: Bool

        package init(
            generation: Generation, ancestors: [Generation], committed: UInt64, shipping: UInt64, sequence: UInt64,
            flushLost: Bool,
            isPartWay: Bool, adopts: Bool
        ) {
            self.generation = generation
            self.ancestors = ancestors
            self.committed = committed
            self.shipping = shipping
            self.sequence = sequence
            self.flushLost = flushLost
            self.isPartWay = isPartWay
            self.adopts = adopts
        }
    }

    package static func decide(_ examination: CopyExamination, for source: Source) -> ReturnDecision {
        switch examination {
        case .blank: return .format
        case .foreign: return .refuse(.refused)
        case .locked(let slot): return slot.ancestors.contains(source.generation) ? .superseded : .refuse(.inUse)
        case .copy(let slot, let journal):
            if slot.ancestors.contains(source.generation) { return .superseded }
            // A source is never overwritten, not even an ancestor of ours.
            if slot.role == .source { return .refuse(.refused) }
            if slot.generation == source.generation {
                guard slot.role == .consistent else {
                    // The flush may have been that of its header.
                    return source.flushLost ? .format : .full(slot, .wasSyncing, promotable: false)
                }
                guard let journal else { return .full(slot, .journalDamaged, promotable: false) }
                if source.flushLost { return .full(slot, .flushFailed, promotable: true) }
                // An older copy that returns in the middle of another's bulk copy, or the one that was being rebuilt.
                if source.isPartWay { return .full(slot, .cutUnknown, promotable: true) }
                // The same cut in an older file, which somebody has put back: its images are older than what `owed`
                // knows, and the next sweep would move its tail past changes that only its journal has.
                guard slot.sequence == source.sequence || slot.sequence == source.sequence &+ 1 else {
                    return .full(slot, .cutUnknown, promotable: true)
                }
                guard journal.cut == source.committed || journal.cut == source.shipping else {
                    return .full(slot, .cutUnknown, promotable: true)
                }
                return .oneCut(slot, journal)
            }
            if source.ancestors.contains(slot.generation) {
                return source.adopts
                    ? .full(slot, .adopted, promotable: slot.role == .consistent && journal != nil) : .refuse(.refused)
            }
            return .refuse(.refused)
        }
    }
}
