import Tandem

extension SourceStatus {
    /// What a copy that is syncing is to expect; nil for one that is not, and while nothing is known.
    var expectation: String? {
        guard let outlook else { return nil }
        let rates =
            """
            dirtying \(Figures.byteRate(Double(outlook.dirtyingBytesPerSecond))), copying \
            \(Figures.byteRate(Double(outlook.copyingBytesPerSecond)))
            """
        return switch outlook.verdict {
        case .converging: outlook.secondsLeft.map { "in sync in \(Figures.duration(seconds: $0)) at this rate" }
        case .outpaced: "will not converge: \(rates)"
        case .journalTooSmall:
            """
            will not converge: the journal of \(Figures.bytes(journalBytes)) does not hold what changes between two \
            cuts (create has --journal)
            """
        case .unknown: nil
        }
    }

    /// It syncs, and will do so for ever if nothing changes.
    var isHopeless: Bool { outlook != nil && outlook?.secondsLeft == nil && expectation != nil }
}
