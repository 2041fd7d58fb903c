/// How long the copy may take for what is asked of it, and how often it is asked. Times are nanoseconds.
package struct DeadlineOptions: Sendable {
    /// A command that takes longer means that the copy has gone.
    package var lateAfter: UInt64 = 2_000_000_000
    /// How much longer a flush may take than `lateAfter`: it waits for whatever else the disk has to do. The time that
    /// the bytes written since the last flush take at the rate below comes on top.
    package var flushAllowance: UInt64 = 8_000_000_000
    package var flushBytesPerMicrosecond = 16
    /// A state that makes no progress for this long restarts itself.
    package var stuckAfter: UInt64 = 10_000_000_000
    package var probeIntervalMin: UInt64 = 250_000_000
    package var probeIntervalMax: UInt64 = 4_000_000_000
    /// A copy that the source was handed over to is promoted in some milliseconds, and asked for as often.
    package var handedOverInterval: UInt64 = 5_000_000
    /// A truncated or replaced file gives no error, so it is looked at; twice a second finds it within one.
    package var watchInterval: UInt64 = 500_000_000
    /// A copy that stayed for this long is asked for soon again when it goes.
    package var steadyAfter: UInt64 = 10_000_000_000

    package init() {}

    /// What of it cannot be meant; nil if all of it can.
    package var contradiction: String? {
        if probeIntervalMin == 0 { return "probes without a pause" }
        if probeIntervalMin > probeIntervalMax {
            return "probes at least \(probeIntervalMin), at most \(probeIntervalMax)"
        }
        if lateAfter > stuckAfter { return "stuck after \(stuckAfter), before a command is late at \(lateAfter)" }
        if flushBytesPerMicrosecond <= 0 { return "\(flushBytesPerMicrosecond) bytes flushed in a microsecond" }
        return nil
    }
}

/// Whether the copy answers: what is under way, how long it takes, and when to ask again.
package struct CopyDeadlines {
    private let options: DeadlineOptions
    /// Commands to the copy that have not completed.
    package private(set) var outstanding = 0
    /// When a command last completed, or the first of those under way was issued.
    private var lastActivity: UInt64 = 0
    /// When the phase last got nearer to its end.
    private var lastProgress: UInt64 = 0
    private var lastWatch: UInt64 = 0
    /// When it last came into sync; nil once it has gone.
    private var inSyncSince: UInt64?
    /// Written since the last flush was asked for, and what the flushes under way have to bring to the medium.
    private var bytesUnflushed = 0
    private var bytesFlushing = 0
    private var flushesUnderWay = 0
    package private(set) var probeInterval: UInt64

    init(options: DeadlineOptions) {
        self.options = options
        probeInterval = options.probeIntervalMin
    }

    /// What a poll hands over is under way from then on. A writer's revival is no command to the copy.
    mutating func noteIssued(_ commands: [CopyCommand], at now: UInt64) {
        for command in commands {
            if case .reviveWriter = command.operation { continue }
            if outstanding == 0 { lastActivity = now }
            outstanding += 1
            noteUnflushed(command.operation)
        }
    }

    /// - Parameter isSign: it shows that the device works. A look at the file's name does not: it is answered while
    ///   every write hangs.
    mutating func noteCompleted(at now: UInt64, isSign: Bool) {
        precondition(outstanding > 0, "a completion, with no command under way")
        outstanding -= 1
        if isSign { lastActivity = now }
    }

    /// What a command that is handed over means for how long a flush may take.
    private mutating func noteUnflushed(_ operation: CopyCommand.Operation) {
        switch operation {
        case .write(_, let count, _): bytesUnflushed += count
        case .flush:
            flushesUnderWay += 1
            bytesFlushing += bytesUnflushed
            bytesUnflushed = 0
        case .close: bytesUnflushed = 0
        default: break
        }
    }

    mutating func noteFlushEnded() {
        flushesUnderWay -= 1
        if flushesUnderWay == 0 { bytesFlushing = 0 }
    }

    /// How much longer than any other command the flushes under way may take.
    private var flushTime: UInt64 {
        guard flushesUnderWay > 0 else { return 0 }
        return options.flushAllowance + UInt64(bytesFlushing / options.flushBytesPerMicrosecond) * 1000
    }

    mutating func noteProgress(at now: UInt64) { lastProgress = now }

    /// A command takes longer than any that succeeds.
    func isLate(at now: UInt64) -> Bool { outstanding > 0 && now &- lastActivity > options.lateAfter + flushTime }

    /// No state is stuck in silence.
    ///
    /// - Parameter bytes: what is being read by a single command: a server may be as slow as a disk.
    func isStuck(at now: UInt64, reading bytes: Int = 0) -> Bool {
        let readTime = UInt64(bytes / options.flushBytesPerMicrosecond) * 1000
        return now &- lastProgress > options.stuckAfter + flushTime + readTime
    }

    /// Truncation, deletion and replacement give no error, so somebody has to look.
    mutating func isWatchDue(at now: UInt64) -> Bool {
        guard now &- lastWatch >= options.watchInterval else { return false }
        lastWatch = now
        return true
    }

    mutating func noteInSync(at now: UInt64) { inSyncSince = now }
    mutating func noteGone() { inSyncSince = nil }

    /// It has been in sync, and has not gone since, for longer than a copy that comes and goes.
    func isSteady(at now: UInt64) -> Bool { inSyncSince.map { now &- $0 > options.steadyAfter } ?? false }

    /// Asked less and less often, so that a copy that comes and goes does not keep everybody busy; soon again once it
    /// has stayed for ten seconds.
    mutating func backOff(stayed: Bool) {
        probeInterval = stayed ? options.probeIntervalMin : min(probeInterval * 2, options.probeIntervalMax)
    }
}
