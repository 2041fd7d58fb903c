/// When a rate of changes counts as held: the copy's age stays bounded, rather than grows for as long as one watches.
package struct AgeBound: Sendable {
    /// So many of a hundred changes are whole on the copy within this time of when they were due.
    let percentile = 99.0
    var milliseconds: Double
    /// Watched for so long, after so long at the same rate. A copy that carries 1 % less than what is written is 20 ms
    /// older after two seconds of it.
    var settlingSeconds: Double
    var windowSeconds: Double

    package enum Answer: Equatable {
        case held
        case tooOld(milliseconds: Double)
        /// The writer itself came too late for its changes to be on time.
        case writerLate(milliseconds: Double)
        case lostSync
    }

    package init(milliseconds: Double = 20, settlingSeconds: Double = 0.5, windowSeconds: Double = 3) {
        self.milliseconds = milliseconds
        self.settlingSeconds = settlingSeconds
        self.windowSeconds = windowSeconds
    }

    func judge(_ outcome: Load.Outcome) -> Answer {
        answer(
            inSync: outcome.copy.stayedInSync, delayMilliseconds: outcome.delays.microseconds(percentile) / 1e3,
            ageMilliseconds: outcome.ages.microseconds(percentile) / 1e3)
    }

    /// Written so that what is no number is not held.
    package func answer(inSync: Bool, delayMilliseconds late: Double, ageMilliseconds age: Double) -> Answer {
        guard inSync else { return .lostSync }
        guard late <= milliseconds else { return .writerLate(milliseconds: late) }
        guard age <= milliseconds else { return .tooOld(milliseconds: age) }
        return .held
    }

    var description: String {
        """
        a rate is held when, for \(shortNumber(windowSeconds)) s after \(shortNumber(settlingSeconds)) s of it, \
        \(shortNumber(percentile)) % of the changes are whole on the copy within \(shortNumber(milliseconds)) ms of \
        when they were due, and the copy stays in sync
        """
    }
}
