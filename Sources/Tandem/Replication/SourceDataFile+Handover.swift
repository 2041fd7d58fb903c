internal import TandemCore
public import TandemTypes

/// A planned change of sides: the writers stop, one copy gets everything, and is promoted.
extension SourceDataFile {
    /// Has the replicator that runs stop the writers, bring everything that they have committed to `copy`, and say so
    /// on it. From then on `Promotion.promote(copy:onlyIfHandedOver:)` makes it the source, with nothing missing.
    ///
    /// Meanwhile transactions fail with `.handingOver`, and change nothing. They go on by themselves when this throws,
    /// when `takeBack` is called, and when the copy has not been promoted after `limit`; in each case not before the
    /// copy says no more that it may be promoted so.
    ///
    /// A file is let go of by the replicator, so that whoever promotes it gets its lock. A standby promotes its copy by
    /// itself.
    ///
    /// - Parameters:
    ///   - path: the copy's, as `SourceStatus` shows it, or where its file is now. It has to be in sync.
    ///   - limit: for the last transactions, the last cut and the promotion together.
    /// - Returns: how long the writers had stood still when the copy had everything.
    /// - Throws: `.inUse` when a transaction does not end, `.unavailable` when the copy is not in sync or does not get
    ///   the last cut in time; else as `attach`.
    /// - Complexity: what is dirty travels as one cut.
    ///
    /// *Threads:* any. *Crash:* the source is taken back after `limit`.
    public func handOver(to path: String, within limit: Duration = .seconds(10)) throws(TandemError) -> Duration {
        let copy = try known(path)
        try ask(.handOver, copy: copy.copy, duration: limit, within: limit + .seconds(2))
        // Nobody else asks before this has returned, but anybody may scribble.
        return .nanoseconds(Int64(clamping: area.request.nanoseconds.load()))
    }

    /// The writers go on, as soon as the copy says no more that it may be promoted. Does nothing where the source is
    /// not being handed over, and of one that was superseded.
    ///
    /// - Parameter force: without asking the copy. Only for who knows that it was not promoted and will not be: else
    ///   two sources live.
    /// - Throws: as `attach`.
    ///
    /// *Threads:* any. *Crash:* as `attach`.
    public func takeBack(force: Bool = false) throws(TandemError) {
        try ask(.takeBack, copy: force ? 1 : 0, within: .seconds(10))
    }
}
