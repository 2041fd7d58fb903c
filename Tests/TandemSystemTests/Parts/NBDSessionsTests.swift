import Testing

@testable import TandemSystem

@Suite("A session's number")
struct NBDSessionsTests {
    @Test("It is above all that a session can be called, and what was scribbled hides none of them")
    func next() {
        #expect(NBDSessions.next(above: 0, 0) == 1)
        #expect(NBDSessions.next(above: 7, 3, 0) == 8)
        for scribbled: UInt64 in [1 << 48 + 1, 1 << 62, .max] {
            #expect(NBDSessions.next(above: scribbled) == 1)
            #expect(NBDSessions.next(above: 7, scribbled, 9) == 10)
        }
        #expect(NBDSessions.next(above: 1 << 48 - 1) == 1 << 48 && NBDSessions.next(above: 1 << 48) == 1 << 48)
    }

    @Test("A standby's last session is read from what it says of itself")
    func shown() {
        var export = NBDExport()
        for (text, session) in [
            ("tandem-standby/1 session=7 state=free generation=00", 7), ("tandem-standby/1 session=x", nil),
            ("a server", nil), ("", nil),
        ] as [(String, UInt64?)] {
            export.description = text
            #expect(export.sessionShown == session, "\(text)")
        }
    }
}
