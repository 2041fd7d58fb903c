import Testing

@testable import TandemCore

@Suite("A session's number")
struct SessionNumberTests {
    @Test("It is above all that a session can be called, and what was scribbled hides none of them")
    func next() {
        #expect(SessionNumber.next(above: 0, 0) == 1)
        #expect(SessionNumber.next(above: 7, 3, 0) == 8)
        for scribbled: UInt64 in [1 << 48 + 1, 1 << 62, .max] {
            #expect(SessionNumber.next(above: scribbled) == 1)
            #expect(SessionNumber.next(above: 7, scribbled, 9) == 10)
        }
        #expect(SessionNumber.next(above: 1 << 48 - 1) == 1 << 48 && SessionNumber.next(above: 1 << 48) == 1 << 48)
    }
}
