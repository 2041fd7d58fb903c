import TandemCore

/// One connection of a primary to a standby, from the moment at which it is dialled.
///
/// What is sent by it arrives in the order in which it was sent, and answers come in the order in which they were
/// given. What becomes of a request in between is the server's: it comes to them in any order.
struct SimulatedLink {
    enum Stage {
        /// Asking for a session.
        case dialling
        case open
        /// The standby has taken no session, and is looked at.
        case refused
    }

    let session: UInt64
    let dialled: UInt64
    var stage = Stage.dialling
    /// The server's process, and its breaks, when it was dialled: with a later one it is gone.
    let life: Int
    let breaks: Int
    let halfOpens: Int
    /// Since when its peer is gone without a word: nothing arrives any more, and nothing comes.
    var halfOpenSince: UInt64?
    /// What every request comes to, once it is lost.
    var lost: CopyFailure?
    var silence: SilenceLimit
    private var lastArrival: UInt64 = 0
    private var lastAnswer: UInt64 = 0

    init(_ session: UInt64, to server: SimulatedServer, limit: SilenceLimit.Options, at now: UInt64) {
        self.session = session
        dialled = now
        (life, breaks, halfOpens) = (server.life, server.breaks, server.halfOpens)
        silence = SilenceLimit(limit)
    }

    /// When a request arrives that would be there at `time` by itself.
    mutating func arrival(_ time: UInt64) -> UInt64 {
        lastArrival = max(lastArrival, time)
        return lastArrival
    }

    /// The same of an answer.
    mutating func answer(_ time: UInt64) -> UInt64 {
        lastAnswer = max(lastAnswer, time)
        return lastAnswer
    }

    /// A virtual second is 50 µs: as long as the engine's own times, half as long again for a connection.
    static var limit: SilenceLimit.Options {
        var options = SilenceLimit.Options()
        options.usual = 125_000
        options.flushAllowance = 50_000
        options.flushBytesPerMicrosecond = 16_000
        return options
    }
    static let dialLimit: UInt64 = 250_000
}

/// What stands on the way for a while: nothing gets through, and nothing is lost.
struct PathSilence {
    private var since: UInt64 = 0
    private var until: UInt64 = 0

    mutating func begin(at now: UInt64, for time: UInt64) {
        if now >= until { since = now }
        until = max(until, now + time)
    }

    mutating func end(at now: UInt64) { until = min(until, now) }

    /// When what would be through at `time` is.
    ///
    /// - Parameter arrived: when it is where it goes; it is not held up if that was before.
    func delayed(_ time: UInt64, arrived: UInt64 = .max) -> UInt64 { time < until && arrived > since ? until : time }
}
