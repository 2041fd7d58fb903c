import Testing

@testable import TandemCore

@Suite("How long a server may be silent")
struct SilenceLimitTests {
    private func limit() -> SilenceLimit {
        var options = SilenceLimit.Options()
        (options.usual, options.flushAllowance, options.flushBytesPerMicrosecond) = (100, 1_000, 16)
        return SilenceLimit(options)
    }

    @Test("It is counted from the last sign of life, and from nothing while nothing is asked")
    func signs() {
        var limit = limit()
        #expect(limit.end == nil && !limit.isOver(at: 1 << 40))
        limit.noteSent(.read, at: 10)
        limit.noteSent(.write(byteCount: 8), at: 60)
        #expect(limit.end == 110 && !limit.isOver(at: 110) && limit.isOver(at: 111))
        limit.noteAnswered(.read, at: 105)
        #expect(!limit.isOver(at: 205) && limit.isOver(at: 206))
        limit.noteAnswered(.write(byteCount: 8), at: 200)
        #expect(limit.end == nil)
    }

    @Test("A flush is given what it has to flush, and other requests beside it are, too")
    func flushes() {
        var limit = limit()
        limit.noteSent(.write(byteCount: 160), at: 0)
        limit.noteAnswered(.write(byteCount: 160), at: 1)
        limit.noteSent(.flush, at: 1)
        #expect(limit.end == 1 + 100 + 1_000 + 10_000)
        limit.noteSent(.read, at: 2)
        limit.noteAnswered(.flush, at: 50)
        #expect(limit.end == 150, "the next is not given the time of the one before")
    }
}
