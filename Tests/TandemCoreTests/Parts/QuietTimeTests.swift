import Testing

@testable import TandemCore

@Suite("How long a server without a fence is given")
struct QuietTimeTests {
    /// What each moment's answer is.
    private func answers(_ quiet: inout QuietTime, at moments: [UInt64]) -> [Bool] {
        moments.map { quiet.isOver(at: $0) }
    }

    @Test("It begins with the first answer behind a loss, and anew when the server is lost again before it is over")
    func lost() {
        var quiet = QuietTime(nanoseconds: 100, isUnsettled: false)
        #expect(answers(&quiet, at: [5]) == [true], "nothing was left")
        quiet.noteLeft()
        #expect(answers(&quiet, at: [1_000, 1_099]) == [false, false])
        #expect(quiet.isUnsettled)
        quiet.noteUnanswered()
        #expect(answers(&quiet, at: [2_000, 2_100]) == [false, true], "while it did not answer no time passed")
        #expect(!quiet.isUnsettled)
        #expect(answers(&quiet, at: [2_101]) == [true])
    }

    @Test("A server that fences is given none, and whoever follows one that was killed begins unsettled")
    func fenced() {
        var quiet = QuietTime(nanoseconds: 100, isUnsettled: true)
        #expect(answers(&quiet, at: [7]) == [false])
        quiet.noteFenced()
        #expect(answers(&quiet, at: [8]) == [true])
    }
}
