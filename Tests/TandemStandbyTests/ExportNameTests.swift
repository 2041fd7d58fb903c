import TandemCore
import TandemSystem
import TandemTypes
import Testing

@testable import TandemStandby

@Suite("What a connection asks for")
struct ExportNameTests {
    private static let generation = "0123456789abcdef00000000000000ff"

    @Test("A name with a session is taken apart")
    func session() throws {
        let asked = try ExportName(parsing: "copy?session=12&generation=\(Self.generation)&bytes=1048576")
        #expect(asked.name == "copy")
        #expect(asked.session?.number == 12 && asked.session?.byteCount == 1 << 20)
        #expect(asked.session?.generation == Generation(high: 0x0123_4567_89ab_cdef, low: 0xff))
    }

    @Test("A name is taken apart as it was put together, and so is the page behind a copy")
    func roundTrip() throws {
        let session = ExportName.Session(number: 1 << 48, generation: Generation(high: 1, low: .max), byteCount: 20_480)
        let asked = ExportName(name: "copy", session: session)
        #expect(try ExportName(parsing: asked.text) == asked)
        #expect(ExportName(name: "copy", session: nil).text == "copy")
        var page = ControlPage(session: 7)
        (page.applied, page.flags) = (JournalEnd(position: 1, cut: 2), 4)
        #expect(ControlPage(bytes: page.bytes) == page)
        for place in 0 ..< 16 {
            var spoilt = page.bytes
            spoilt[place] ^= 1
            #expect(ControlPage(bytes: spoilt) == nil, "byte \(place)")
        }
        #expect(ControlPage(bytes: Array(page.bytes.dropLast())) == nil)
        #expect(ControlPage.offset(behind: 4096) == 4096 && ControlPage.offset(behind: 4097) == 8192)
    }

    @Test("A name alone looks and does not touch")
    func observer() throws {
        #expect(try ExportName(parsing: "copy") == ExportName(name: "copy", session: nil))
        #expect(try ExportName(parsing: "") == ExportName(name: "", session: nil))
    }

    @Test(
        "Whatever else stands there is refused in words",
        arguments: [
            "?", "copy?", "copy?session", "copy?session=", "copy?session=1", "copy?size=1",
            "copy?session=0&generation=\(generation)&bytes=1048576",
            "copy?session=+5&generation=\(generation)&bytes=1048576",
            "copy?session=-5&generation=\(generation)&bytes=1048576",
            "copy?session=281474976710657&generation=\(generation)&bytes=1048576",
            "copy?session=9223372036854775807&generation=\(generation)&bytes=1048576",
            "copy?session=99999999999999999999&generation=\(generation)&bytes=1048576",
            "copy?session=1&generation=xyz&bytes=1048576",
            "copy?session=1&generation=+123456789abcdef00000000000000ff&bytes=1048576",
            "copy?session=1&generation=\(generation)&bytes=0",
            "copy?session=1&generation=\(generation)&bytes=20479",
            "copy?session=1&generation=\(generation)&bytes=18446744073709551615",
            "copy?session=1&session=2&generation=\(generation)&bytes=1048576",
            "copy?session=1&generation=\(generation)&bytes=1048576&",
        ])
    func odd(text: String) {
        let error = #expect(throws: TandemError.self) { try ExportName(parsing: text) }
        #expect(error?.code == .badArgument)
    }

    @Test("What happens is told in a line, and read again")
    func events() {
        let events: [StandbyEvent] = [
            .opened(session: 3, peer: "[::1]:99", generation: Self.generation), .fenced(session: 2, peer: "local"),
            .ended(session: 3, peer: "local"), .refused(peer: "local", reason: "a b: c. D."), .promoting,
            .promoted(generation: Self.generation), .lowered,
        ]
        for event in events { #expect(StandbyEvent(line: event.line) == event) }
        #expect(StandbyEvent.refused(peer: "p", reason: "a\tb\nc").line == "refused\tp\ta b c")
        #expect(StandbyEvent(line: "opened\tx\ty\tz") == nil)
    }

    @Test("A report is read as it was written, with words of a later version left out")
    func report() {
        let report = StandbyReport(state: .held, session: 9, peer: "10.0.0.1:4", generation: nil, process: 7)
        #expect(StandbyReport(lines: "later 1\n" + report.lines) == report)
        let applying = StandbyReport(state: .held, session: 9, process: 7, appliesCuts: true, appliedCut: 12)
        #expect(StandbyReport(lines: applying.lines) == applying)
        #expect(StandbyReport(lines: "state odd\nsession 1\n\n") == nil)
    }
}
