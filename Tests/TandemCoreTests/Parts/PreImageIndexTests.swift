@testable import TandemCore
import Testing

@Suite("PreImageIndex: what a record was before the running cut")
struct PreImageIndexTests {
    private let source = TestSource()

    /// The window of cut 1 is open: what commits from now on is of epoch 2.
    private func index() -> PreImageIndex {
        source.area.epoch.store(2)
        var index = PreImageIndex(memory: source.memory)
        index.reset(cut: 1)
        return index
    }

    /// The first word of the pre-image, and its epoch.
    private func copy(_ index: inout PreImageIndex, _ table: Int, _ record: Int) -> [UInt64]? {
        let room = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        defer { room.deallocate() }
        let found = index.copy(table: source.layout.tables[table], index: record, into: room)
        return found.map { [$0, room.load(as: UInt64.self)] }
    }

    @Test("A record that a transaction is changing is found in its undo log")
    func underWay() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 5, 11)
        var index = index()
        try writer.begin()
        try writer.fill(source.view(0), 5, 22)
        #expect(copy(&index, 0, 5) == [1, 11])
    }

    @Test("A record that was changed and committed behind the cut is found, however often it changed since")
    func committed() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 5, 11)
        var index = index()
        for value in [22, 33, 44] as [UInt64] {
            try writer.commitFill(source.view(0), 5, value)
            #expect(copy(&index, 0, 5) == [1, 11])
        }
    }

    @Test("Several writers' records are each found with their own value")
    func several() throws {
        var writers = source.writer(0)
        var others = source.writer(1)
        for record in 0 ..< 40 {
            try writers.commitFill(source.view(0), record, UInt64(100 + record))
            try others.commitFill(source.view(1), record, UInt64(200 + record))
        }
        var index = index()
        for record in 0 ..< 40 {
            try writers.commitFill(source.view(0), record, 1)
            try others.commitFill(source.view(1), record, 2)
        }
        for record in 0 ..< 40 {
            #expect(copy(&index, 0, record) == [1, UInt64(100 + record)])
            #expect(copy(&index, 1, record) == [1, UInt64(200 + record)])
        }
    }

    @Test("A record that nobody has changed since the cut has no pre-image")
    func unchanged() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 5, 11)
        var index = index()
        #expect(copy(&index, 0, 5) == nil, "its entry is of a transaction of the cut")
        #expect(copy(&index, 0, 6) == nil)
        #expect(copy(&index, 1, 5) == nil)
    }

    @Test("What was rolled back is no pre-image: the record itself is as it was")
    func rolledBack() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 5, 11)
        var index = index()
        try writer.begin()
        try writer.fill(source.view(0), 5, 22)
        writer.rollBack()
        #expect(copy(&index, 0, 5) == nil)
    }

    @Test("Entries that were read once are not looked at again")
    func looks() throws {
        var writer = source.writer(0)
        for record in 0 ..< 30 { try writer.commitFill(source.view(0), record, 1) }
        var index = index()
        for record in 0 ..< 30 { try writer.commitFill(source.view(0), record, 2) }
        try writer.begin()
        _ = copy(&index, 0, 0)
        let first = index.looks
        #expect(first >= 30)
        for record in 0 ..< 30 { #expect(copy(&index, 0, record) == [1, 1]) }
        #expect(index.looks == first)
    }

    @Test("The next window begins with nothing")
    func nextWindow() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 5, 11)
        var index = index()
        try writer.commitFill(source.view(0), 5, 22)
        #expect(copy(&index, 0, 5) == [1, 11])
        source.area.captured.store(2)
        source.area.epoch.store(3)
        index.reset(cut: 2)
        #expect(copy(&index, 0, 5) == nil)
        try writer.commitFill(source.view(0), 5, 33)
        #expect(copy(&index, 0, 5) == [2, 22])
    }

    /// So many homes have n names that are strewn by dice over 2 n places: 0.79 n.
    @Test(
        "Records have homes of their own, whether they follow each other or lie far apart",
        arguments: [1, 2, 3, 15, 16, 64, 1000, 4096, 65_536])
    func homes(stride: Int) {
        for table in [0, 1, 7] {
            let count = 1 << 14
            var homes: Set<Int> = []
            for record in 0 ..< count / 2 {
                let name = UndoName(table: table, index: record * stride, payloadBytes: 240)
                homes.insert(PreImageIndex.home(of: name.word, among: count))
            }
            #expect(homes.count > count / 2 * 7 / 10)
            #expect(homes.allSatisfy { (0 ..< count).contains($0) })
        }
    }
}
