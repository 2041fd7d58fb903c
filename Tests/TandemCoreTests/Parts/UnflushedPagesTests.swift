@testable import TandemCore
import Testing

@Suite("UnflushedPages: owed until a flush")
struct UnflushedPagesTests {
    private let source = TestSource()
    private let owed: PageBitmap
    private var arrived: UnflushedPages

    init() {
        owed = source.area.owed
        for page in 0 ..< 192 { owed.insert(page) }
        arrived = UnflushedPages(owed: owed)
    }

    private var paid: [Int] { (0 ..< 192).filter { !owed.contains($0) } }

    @Test("A page that has arrived is owed until a flush has succeeded", arguments: [0, 63, 64, 191])
    mutating func land(page: Int) {
        arrived.land(page)
        #expect(paid == [])
        arrived.noteFlushed()
        #expect(paid == [page])
    }

    @Test("A page that a cut has changed since stays owed")
    mutating func supersede() {
        for page in [3, 4, 64] { arrived.land(page) }
        arrived.supersede(4)
        arrived.noteFlushed()
        #expect(paid == [3, 64])
    }

    @Test("What a flush has covered is not forgiven again by the next one")
    mutating func once() {
        arrived.land(3)
        arrived.noteFlushed()
        owed.insert(3)
        arrived.noteFlushed()
        #expect(paid == [])
    }

    @Test("A replay brings everything owed below the descriptor", arguments: [0, 1, 63, 64, 65, 128, 192])
    mutating func replay(descriptor: Int) {
        arrived.beginReplay(below: descriptor)
        arrived.noteFlushed()
        #expect(paid == [], "it has not ended")
        arrived.finishReplay()
        arrived.noteFlushed()
        #expect(paid == Array(0 ..< descriptor))
    }

    @Test("What a cut changes while a replay runs, the replay does not bring")
    mutating func changedMeanwhile() {
        arrived.beginReplay(below: 64)
        arrived.supersede(10)
        arrived.finishReplay()
        arrived.noteFlushed()
        #expect(paid == (0 ..< 64).filter { $0 != 10 })
    }

    @Test("What was not owed when a replay began is not forgiven by it")
    mutating func owedLater() {
        owed.remove(5)
        arrived.beginReplay(below: 64)
        owed.insert(5)
        arrived.finishReplay()
        arrived.noteFlushed()
        #expect(owed.contains(5) && paid == (0 ..< 64).filter { $0 != 5 })
    }

    @Test("A copy that is gone takes with it what had arrived, and what was arriving")
    mutating func removeAll() {
        arrived.land(1)
        arrived.beginReplay(below: 64)
        arrived.removeAll()
        arrived.finishReplay()
        arrived.noteFlushed()
        #expect(paid == [])
    }
}
