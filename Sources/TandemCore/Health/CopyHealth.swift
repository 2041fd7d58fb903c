/// Whether the copy answers: what is under way, how long it takes, and when to ask again.
package struct CopyHealth {
    private let options: EngineOptions
    /// Commands to the copy that have not completed.
    package private(set) var outstanding = 0
    /// When a command last completed, or the first of those under way was issued.
    private var lastActivity: UInt64 = 0
    /// When the phase last got nearer to its end.
    private var lastProgress: UInt64 = 0
    private var lastWatch: UInt64 = 0
    package private(set) var probeInterval: UInt64

    init(options: EngineOptions) {
        self.options = options
        probeInterval = options.probeIntervalMin
    }

    mutating func noteIssued(_ count: Int, at now: UInt64) {
        if outstanding == 0 { lastActivity = now }
        outstanding += count
    }

    mutating func noteCompleted(at now: UInt64) {
        precondition(outstanding > 0, "a completion, with no command under way")
        outstanding -= 1
        lastActivity = now
    }

    mutating func noteProgress(at now: UInt64) { lastProgress = now }

    /// A command takes longer than any that succeeds.
    func isLate(at now: UInt64) -> Bool { outstanding > 0 && now &- lastActivity > options.lateAfter }

    /// No state is stuck in silence.
    func isStuck(at now: UInt64) -> Bool { now &- lastProgress > options.stuckAfter }

    /// Truncation, deletion and replacement give no error, so somebody has to look.
    mutating func isWatchDue(at now: UInt64) -> Bool {
        guard now &- lastWatch >= options.watchInterval else { return false }
        lastWatch = now
        return true
    }

    /// Asked less and less often, so that a copy that comes and goes does not keep everybody busy; soon again once it has
    /// stayed for ten seconds.
    mutating func backOff(stayed: Bool) {
        probeInterval = stayed ? options.probeIntervalMin : min(probeInterval * 2, options.probeIntervalMax)
    }
}
