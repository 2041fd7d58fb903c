import Testing

@testable import TandemSystem

@Suite("What a standby says of sessions")
struct NBDExportTests {
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
