@testable import TandemCore
import Testing

@Suite("CutSequence: no cut's number is given twice")
struct CutSequenceTests {
    /// Further than any cut that nobody knows of.
    private static let leap: UInt64 = 1 << 32

    private let source = TestSource()
    private var area: RuntimeArea { source.area }
    private var damaged: UInt64 { area.replicator[.damagedRecords as Counter].load() }

    private func inherit(epoch: UInt64, captured: UInt64, committed: UInt64, shipping: UInt64) -> CutSequence {
        area.epoch.store(epoch)
        area.captured.store(captured)
        area.committed.store(committed)
        area.shipping.store(shipping)
        var numbers = CutSequence(area: area)
        numbers.inherit()
        return numbers
    }

    @Test(
        "A predecessor's E goes on where its words agree; where one of them knows more, far behind all of them",
        arguments: [
            (1, 0, 0, 0, 1), (10, 9, 5, 7, 10), (11, 9, 9, 9, 11), (12, 9, 9, 9, 12 + leap), (3, 9, 5, 7, 10 + leap),
            (10, 9, 20, 7, 21 + leap), (10, 9, 5, 30, 31 + leap), (.max, 9, 5, 7, 10 + leap), (0, .max, .max, .max, 1),
        ] as [(UInt64, UInt64, UInt64, UInt64, UInt64)])
    func inherits(epoch: UInt64, captured: UInt64, committed: UInt64, shipping: UInt64, next: UInt64) {
        let numbers = inherit(epoch: epoch, captured: captured, committed: committed, shipping: shipping)
        #expect(numbers.next == next)
        #expect(area.captured.load() == next - 1, "no capture is running")
    }

    @Test("Cuts are numbered one after the other, and E is where the engine has put it")
    func take() {
        var numbers = inherit(epoch: 10, captured: 9, committed: 9, shipping: 9)
        for cut in 10 ..< 15 as Range<UInt64> {
            #expect(numbers.take() == cut)
            area.epoch.add(1)
        }
        #expect(damaged == 0)
    }

    @Test("An E that somebody scribbled is put back and counted", arguments: [0, 5, 11, .max] as [UInt64])
    func scribbled(epoch: UInt64) {
        var numbers = inherit(epoch: 10, captured: 9, committed: 9, shipping: 9)
        area.epoch.store(epoch)
        #expect(numbers.take() == 10)
        #expect(area.epoch.load() == 10 && damaged == 1)
    }

    @Test(
        "No cut of the future has been abandoned; one of the past may have been",
        arguments: [(9, 9), (10, 10), (11, 0)])
    func abandoned(cut: UInt64, left: UInt64) {
        var numbers = inherit(epoch: 10, captured: 9, committed: 9, shipping: 9)
        area.abandoned.store(cut)
        _ = numbers.take()
        #expect(area.abandoned.load() == left)
    }

    @Test(
        "A copy that knows of a later cut than the source moves E far behind it; a forged one does not",
        arguments: [
            (0, 10), (9, 10), (10, 10 + leap), (500, 500 + leap), (StateSlot.cutMax / 2 + 1, 10), (.max, 10),
        ] as [(UInt64, UInt64)])
    func onCopy(cut: UInt64, next: UInt64) {
        var numbers = inherit(epoch: 10, captured: 9, committed: 9, shipping: 9)
        numbers.note(onCopy: cut)
        #expect(numbers.next == next && area.captured.load() == next - 1)
    }

    @Test(
        "Over a ring that others have filled E goes far beyond all that is known of it, and that is no damage",
        arguments: [(0, 10), (9, 10), (10, 11), (500, 501)] as [(UInt64, UInt64)])
    func leaps(cut: UInt64, known: UInt64) {
        var numbers = inherit(epoch: 10, captured: 9, committed: 9, shipping: 9)
        numbers.leap(beyond: cut)
        #expect(numbers.next == known + Self.leap && area.captured.load() == numbers.next - 1)
        #expect(numbers.take() == known + Self.leap && damaged == 0)
    }
}
