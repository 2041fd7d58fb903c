import Testing

@testable import TandemCore

@Suite("How long a server without a fence is given")
struct QuietTimeTests {
    @Test("It begins with the first answer behind a loss, and anew when the server is lost again before it is over")
    func answers() {
        var quiet = QuietTime(nanoseconds: 100, isUnsettled: false)
        #expect(quiet.isOver(at: 5), "nothing was left")
        quiet.noteLeft()
        #expect(!quiet.isOver(at: 1_000) && !quiet.isOver(at: 1_099) && quiet.isUnsettled)
        quiet.noteUnanswered()
        #expect(!quiet.isOver(at: 2_000), "while it did not answer no time passed")
        #expect(quiet.isOver(at: 2_100) && !quiet.isUnsettled && quiet.isOver(at: 2_101))
    }

    @Test("A server that fences is given none, and whoever follows one that was killed begins unsettled")
    func fenced() {
        var quiet = QuietTime(nanoseconds: 100, isUnsettled: true)
        #expect(!quiet.isOver(at: 7))
        quiet.noteFenced()
        #expect(quiet.isOver(at: 8))
    }
}
