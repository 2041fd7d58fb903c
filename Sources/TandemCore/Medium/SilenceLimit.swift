/// How long a server may be silent while something is asked of it.
///
/// A little longer than the engine waits, so that it is the engine who says that the copy is late; and bounded, as the
/// engine opens nothing anew before every request has its answer. A connection's, and that of the simulator's links.
package struct SilenceLimit: Sendable {
    /// Times are nanoseconds.
    package struct Options: Sendable {
        package var usual: UInt64 = 2_500_000_000
        /// A flush waits for whatever else the server's disk has to do, and for what was written since the last one.
        package var flushAllowance: UInt64 = 8_000_000_000
        package var flushBytesPerMicrosecond = 16

        package init() {}
    }

    /// What is asked of a server, as far as it says how long the answer may take.
    package enum Request: Sendable {
        case read
        case write(byteCount: Int)
        case flush
    }

    private let options: Options
    private var lastSign: UInt64 = 0
    private var unanswered = 0
    private var flushes = 0
    private var bytesUnflushed = 0
    private var bytesFlushing = 0

    package init(_ options: Options = Options()) { self.options = options }

    package mutating func noteSent(_ request: Request, at now: UInt64) {
        if unanswered == 0 { lastSign = now }
        unanswered += 1
        switch request {
        case .read: break
        case .write(let byteCount): bytesUnflushed += byteCount
        case .flush:
            flushes += 1
            bytesFlushing += bytesUnflushed
            bytesUnflushed = 0
        }
    }

    package mutating func noteAnswered(_ request: Request, at now: UInt64) {
        lastSign = now
        unanswered -= 1
        guard case .flush = request else { return }
        flushes -= 1
        if flushes == 0 { bytesFlushing = 0 }
    }

    package func isOver(at now: UInt64) -> Bool { end.map { now > $0 } ?? false }

    /// Until when the server may be silent; nil while nothing is asked of it.
    package var end: UInt64? { unanswered > 0 ? lastSign + options.usual + flushTime : nil }

    private var flushTime: UInt64 {
        flushes == 0
            ? 0 : options.flushAllowance + UInt64(bytesFlushing / options.flushBytesPerMicrosecond) * 1000
    }
}
