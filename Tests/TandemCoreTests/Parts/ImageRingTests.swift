@testable import TandemCore
import Testing

@Suite("ImageRing: extents on their way, over a ring of bytes")
struct ImageRingTests {
    private static let whole = ImageRing.extentBytes
    /// Nothing.
    private let lent = LentRooms()

    /// - Parameter extents: how many of the largest kind the arena holds.
    private func ring(extents: Int = 3) -> ImageRing {
        // Never written to: only offsets into it are handed out.
        let arena = UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: 4096), count: extents * Self.whole)
        return ImageRing(arena: arena)
    }

    private func extent(_ page: Int, pages: Int = 64, cut: UInt64 = 1, at room: Int, bytes: Int = whole)
        -> ImageRing.Extent
    {
        ImageRing.Extent(
            firstPage: page, pageCount: pages, cut: cut, fileOffset: page * 4096, arenaOffset: room, byteCount: bytes)
    }

    @Test("Room goes round the arena, and never reaches what is still on its way")
    func room() throws {
        var ring = ring()
        for number in 0 ..< 3 {
            let room = try #require(ring.room(beside: lent))
            #expect(room == number * Self.whole)
            ring.append(extent(number * 64, at: room))
        }
        #expect(ring.room(beside: lent) == nil, "the first is in the way")
        for number in 0 ..< 2 {
            _ = ring.complete(number)
            #expect(ring.room(beside: lent) == nil, "the next is in the way")
            #expect(ring.removeFirstDone()?.firstPage == number * 64)
        }
        #expect(ring.room(beside: lent) == 0, "two have left")
        ring.append(extent(192, at: 0))
        #expect(ring.room(beside: lent) == nil, "the third is in the way")
        _ = ring.complete(2)
        #expect(ring.removeFirstDone()?.firstPage == 128)
        #expect(ring.room(beside: lent) == Self.whole)
    }

    @Test("As many extents are on their way as the ring has places, however small they are")
    func places() {
        var ring = ring(extents: 2)
        for number in 0 ..< 128 {
            #expect(ring.room(beside: lent) == number * 2048)
            ring.append(extent(number, pages: 1, at: number * 2048, bytes: 2048))
        }
        #expect(ring.room(beside: lent) == nil)
    }

    @Test("An extent is submitted once, in order, and not before its cut is whole")
    func gate() {
        var ring = ring()
        ring.append(extent(0, cut: 5, at: 0))
        ring.append(extent(64, cut: 7, at: Self.whole))
        #expect(ring.takeUnsubmitted(through: 4) == nil)
        #expect(ring.takeUnsubmitted(through: 6)?.number == 0)
        #expect(ring.takeUnsubmitted(through: 6) == nil)
        #expect(ring.takeUnsubmitted(through: 7)?.extent.firstPage == 64)
        #expect(ring.takeUnsubmitted(through: .max) == nil)
    }

    @Test("Extents complete in any order, and leave in the order in which they came")
    func order() {
        var ring = ring()
        for number in 0 ..< 3 { ring.append(extent(number * 64, at: number * Self.whole)) }
        #expect(ring.complete(2)?.firstPage == 128)
        #expect(ring.removeFirstDone() == nil)
        #expect(ring.complete(0) != nil)
        #expect(ring.removeFirstDone()?.firstPage == 0)
        #expect(ring.removeFirstDone() == nil)
        #expect(ring.complete(1) != nil)
        #expect(ring.removeFirstDone()?.firstPage == 64)
        #expect(ring.removeFirstDone()?.firstPage == 128)
        #expect(ring.isEmpty)
    }

    @Test(
        "A page that changes again is noted in the extent that holds it, and nowhere else",
        arguments: [
            (9, -1, 0), (10, 0, 0), (41, 0, 31), (42, -1, 0), (99, -1, 0), (100, 1, 0), (163, 1, 63), (164, -1, 0),
        ])
    func supersede(page: Int, number: Int, bit: Int) {
        var ring = ring()
        ring.supersede(page)
        ring.append(extent(10, pages: 32, at: 0))
        ring.append(extent(100, at: Self.whole))
        ring.supersede(page)
        for extent in 0 ... 1 { #expect(ring[extent].superseded == (extent == number ? 1 << UInt64(bit) : 0)) }
    }

    @Test("A dropped window takes back its own extents and their room, and no others")
    func drop() {
        var ring = ring()
        ring.append(extent(0, cut: 1, at: 0))
        ring.openWindow()
        ring.append(extent(64, cut: 2, at: Self.whole))
        ring.dropWindow()
        #expect(ring.room(beside: lent) == Self.whole)
        #expect(ring.takeUnsubmitted(through: .max)?.number == 0)
        #expect(ring.takeUnsubmitted(through: .max) == nil)
        #expect(ring.complete(1) == nil)
        ring.append(extent(64, cut: 3, at: Self.whole))
        #expect(ring.takeUnsubmitted(through: .max)?.extent.cut == 3)
    }

    @Test("What completes after everything was removed completes into nothing")
    func removed() {
        var ring = ring()
        ring.append(extent(0, at: 0))
        _ = ring.takeUnsubmitted(through: .max)
        ring.removeAll()
        #expect(ring.isEmpty && ring.first == nil && ring.room(beside: lent) == 0)
        #expect(ring.complete(0) == nil)
        #expect(ring.removeFirstDone() == nil)
    }

    @Test("Room goes around what lanes still write to, until they have answered")
    func void() {
        var (ring, lent) = (ring(extents: 4), LentRooms())
        ring.openWindow()
        for number in 0 ..< 2 {
            let room = number * Self.whole
            ring.append(extent(number * 64, at: room))
            lent.lend(room ..< room + Self.whole, of: number, for: UInt64(number) + 1)
        }
        ring.dropWindow()
        lent.void()
        #expect(ring.room(beside: lent) == 2 * Self.whole)
        #expect(lent.takeBack(1) == nil, "its extent is gone")
        #expect(ring.room(beside: lent) == 0)
        ring.append(extent(0, at: 0))
        #expect(ring.room(beside: lent) == 2 * Self.whole, "the second still writes")
        #expect(lent.takeBack(2) == nil && lent.isEmpty)
        #expect(ring.room(beside: lent) == Self.whole)
    }

    @Test("A window gives up its extents from one on, and keeps those before it")
    func partly() {
        var ring = ring(extents: 4)
        ring.append(extent(0, cut: 1, at: 0))
        ring.openWindow()
        for number in 1 ..< 4 { ring.append(extent(number * 64, cut: 2, at: number * Self.whole)) }
        ring.drop(from: 2)
        #expect(ring.takeUnsubmitted(through: .max)?.number == 0)
        #expect(ring.takeUnsubmitted(through: .max)?.extent.firstPage == 64)
        #expect(ring.takeUnsubmitted(through: .max) == nil)
        #expect(ring.room(beside: lent) == 2 * Self.whole)
    }

    @Test("An answer is its job's, whatever has the extent's number by then")
    func numbers() {
        var lent = LentRooms()
        lent.lend(0 ..< 100, of: 7, for: 1)
        lent.void()
        lent.lend(100 ..< 200, of: 7, for: 2)
        #expect(lent.awaited == 1 && lent.has(7) && lent.firstAwaited == 7)
        #expect(lent.takeBack(1) == nil)
        #expect(lent.awaited == 1 && lent.has(7), "the second job's is still to be read")
        #expect(lent.takeBack(2) == 7)
        #expect(lent.isEmpty && lent.firstAwaited == nil)
    }
}
