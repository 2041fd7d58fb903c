import Testing

@testable import TandemCore

/// A connection breaks in the middle of a cut, and another session sends another cut to the same place.
@Suite("ArrivingCopy: a cut that was given up")
struct GivenUpCutTests {
    private typealias Arriving = ArrivingCopyTests.Arriving

    @Test("A cut that was given up is not made whole by the bytes of the one that is written over it")
    func givenUp() throws {
        let (arriving, again) = try (Arriving(), Arriving())
        let (bytes, offset) = arriving.cut(1, Array(1 ..< 100))
        let pages = stride(from: 0, to: bytes.count, by: 4096).map { $0 ..< $0 + 4096 }
        for (number, page) in pages.enumerated() where number != 2 {
            try arriving.write(Array(bytes[page]), at: offset + page.lowerBound)
        }
        // The connection breaks. Nothing has changed meanwhile but the number; the header comes last.
        let (anew, place) = again.cut(5, behind: 0, Array(1 ..< 100))
        try #require(place == offset && anew[4096...] == bytes[4096...] && anew != bytes)
        try arriving.copy.beginSession()
        for page in [pages[2], pages[1]] + pages[3...] {
            try arriving.write(Array(anew[page]), at: offset + page.lowerBound)
            #expect(arriving.copy.end?.cut == 0 && arriving.value(70) == 0)
        }
        try arriving.write(Array(anew[pages[0]]), at: offset)
        #expect(arriving.copy.end?.cut == 5 && arriving.value(70) == 70)
    }

    @Test("A cut that was given up, and became whole, counts when the next session is opened")
    func wholeInTheEnd() throws {
        let (arriving, again) = try (Arriving(), Arriving())
        let (bytes, offset) = arriving.cut(1, Array(1 ..< 100))
        try arriving.write(Array(bytes[..<8192]), at: offset)
        try arriving.copy.beginSession()
        let (anew, _) = again.cut(5, behind: 0, Array(1 ..< 100))
        try arriving.write(Array(anew[8192...]), at: offset + 8192)
        #expect(arriving.copy.end?.cut == 0)
        // That one breaks too. Whoever looks now finds cut 1, and goes on behind it.
        try arriving.copy.beginSession()
        #expect(arriving.copy.end?.cut == 1 && arriving.value(70) == 70)
        try arriving.ship(2, [500])
        #expect(arriving.copy.end?.cut == 2 && arriving.value(500) == 500)
    }
}
