internal import TandemCore

/// How long a server may be silent while something is asked of it.
///
/// A little longer than the engine waits, so that it is the engine who says that the copy is late; and bounded, as the
/// engine opens nothing anew before every request has its answer.
struct SilenceLimit {
    static let usual: UInt64 = 2_500_000_000
    /// A flush waits for whatever else the server's disk has to do, and for what was written since the last one.
    static let flushAllowance: UInt64 = 8_000_000_000
    static let flushBytesPerMicrosecond = 16

    private var lastSign: UInt64 = 0
    private var unanswered = 0
    private var flushes = 0
    private var bytesUnflushed = 0
    private var bytesFlushing = 0

    mutating func noteSent(_ request: NBDConnection.Request, bytes: Int, at now: UInt64) {
        if unanswered == 0 { lastSign = now }
        unanswered += 1
        switch request {
        case .read: break
        case .write: bytesUnflushed += bytes
        case .flush:
            flushes += 1
            bytesFlushing += bytesUnflushed
            bytesUnflushed = 0
        }
    }

    mutating func noteAnswered(_ request: NBDConnection.Request, at now: UInt64) {
        lastSign = now
        unanswered -= 1
        guard case .flush = request else { return }
        flushes -= 1
        if flushes == 0 { bytesFlushing = 0 }
    }

    func isOver(at now: UInt64) -> Bool { unanswered > 0 && now &- lastSign > Self.usual + flushTime }

    private var flushTime: UInt64 {
        flushes == 0 ? 0 : Self.flushAllowance + UInt64(bytesFlushing / Self.flushBytesPerMicrosecond) * 1000
    }
}
