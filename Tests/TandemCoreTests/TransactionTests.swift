import TandemCore
import Testing

@Suite("Transactions")
struct TransactionTests {
    let source = TestSource()

    @Test("A committed change is read, an uncommitted one is not")
    func commitAndRead() throws {
        var writer = source.writer(0)
        try writer.begin()
        try writer.fill(source.view(0), 5, 42)
        #expect(try source.read(0, 5)[0] == 0)
        try writer.commit()
        #expect(try source.read(0, 5) == Array(repeating: 42, count: 30))
    }

    @Test("A rolled-back transaction leaves no trace in any of its records, and a new version on each")
    func rollBack() throws {
        var writer = source.writer(0)
        try writer.commitFill(source.view(0), 7, 1)
        let version = source.view(0).headerWord(7)
        try writer.begin()
        try writer.fill(source.view(0), 7, 2)
        try writer.fill(source.view(1), 3, 2)
        writer.rollBack()
        #expect(try source.read(0, 7)[0] == 1)
        #expect(try source.read(1, 3)[0] == 0)
        #expect(source.view(0).headerWord(7) != version)
    }

    @Test("A record held by another writer is a conflict, and free again afterwards", arguments: [0, 1])
    func conflict(table: Int) throws {
        var first = source.writer(0)
        var second = source.writer(1)
        try first.begin()
        try first.fill(source.view(table), 1, 1)
        try second.begin()
        #expect(failureCode { () throws(TandemError) in try second.fill(source.view(table), 1, 2) } == .conflict)
        let (canCommit, blocker) = (second.canCommit, second.blocker)
        #expect(!canCommit)
        #expect(blocker == 1)
        second.rollBack()
        try first.commit()
        try second.commitFill(source.view(table), 1, 2)
        #expect(try source.read(table, 1)[0] == 2)
    }

    @Test(
        "Any index is either a record or a typed error", arguments: [Int.min, -1, 2000, 2001, Int(UInt32.max), Int.max])
    func badIndex(index: Int) throws {
        var writer = source.writer(0)
        try writer.begin()
        #expect(
            failureCode { () throws(TandemError) in _ = try writer.hold(source.view(0), index) } == .indexOutOfRange)
        #expect(failureCode { () throws(TandemError) in _ = try source.read(0, index) } == .indexOutOfRange)
        try writer.commit()
    }

    @Test("A transaction larger than one may be is an error and changes nothing")
    func tooLarge() throws {
        var writer = source.writer(0)
        try writer.begin()
        var code: TandemError.Code?
        for index in 0 ..< 2000 where code == nil {
            code = failureCode { () throws(TandemError) in try writer.fill(source.view(0), index, 9) }
        }
        #expect(code == .transactionTooLarge)
        let isRefused = writer.isTooLarge && !writer.canCommit
        #expect(isRefused)
        writer.rollBack()
        for index in 0 ..< 2000 { #expect(try source.read(0, index)[0] == 0) }
    }

    @Test("A table of another source is refused")
    func foreignTable() throws {
        let other = TestSource()
        var writer = source.writer(0)
        try writer.begin()
        #expect(failureCode { () throws(TandemError) in _ = try writer.hold(other.view(0), 0) } == .foreignTable)
        writer.rollBack()
    }

    @Test("A superseded source takes no more transactions")
    func superseded() throws {
        source.area.attention.set(ControlFlags.superseded)
        var writer = source.writer(0)
        #expect(failureCode { () throws(TandemError) in try writer.begin() } == .superseded)
    }

    @Test("A dead writer's transaction is undone, whatever it had done, and may be undone twice", arguments: 0 ... 3)
    func recovery(records: Int) throws {
        var writer = source.writer(2)
        for index in 0 ..< 4 { try writer.commitFill(source.view(0), index, 5) }
        let versions = (0 ..< records).map { source.view(0).headerWord($0) }
        try writer.begin()
        for index in 0 ..< records { try writer.fill(source.view(0), index, 6) }
        // Dead here. Recovered twice, as by a recoverer that died and its successor.
        let status = source.memory.writer(2).statusWord
        WriterRecovery.recover(slot: 2, in: source.memory, layout: source.layout)
        source.memory.writer(2).statusWord = status
        WriterRecovery.recover(slot: 2, in: source.memory, layout: source.layout)
        for index in 0 ..< 4 { #expect(try source.read(0, index) == Array(repeating: 5, count: 30)) }
        // A reader that began before the change must not find the same word after it.
        for index in 0 ..< records { #expect(source.view(0).headerWord(index) != versions[index]) }
        var next = source.writer(3)
        for index in 0 ..< 4 { try next.commitFill(source.view(0), index, 7) }
    }

    @Test("A writer that died after its commit point is rolled forward")
    func forward() throws {
        var writer = source.writer(1)
        try writer.begin()
        try writer.fill(source.view(0), 0, 8)
        try writer.fill(source.view(1), 0, 8)
        // As it dies right behind the commit point: committed, nothing unlocked.
        source.memory.writer(1).commitEpochWord = source.area.epoch.load()
        source.memory.writer(1).statusWord += 2
        WriterRecovery.recover(slot: 1, in: source.memory, layout: source.layout)
        #expect(try source.read(0, 0)[0] == 8)
        #expect(try source.read(1, 0)[0] == 8)
        #expect(source.view(0).headerWord(0) & 0xFFFF == 0)
    }

    @Test("A writer that died between the lock and the undo entry leaves no locked record")
    func lockedOnly() throws {
        // By hand, what `hold` has done at that instruction: the unpublished entry names the record, and it is locked.
        source.memory.leaveIntent(writer: 0, table: source.layout.tables[1], index: 9)
        source.view(1).lockByHand(9, owner: 1)
        source.memory.writer(0).statusWord = 5 << 3 | 1
        WriterRecovery.recover(slot: 0, in: source.memory, layout: source.layout)
        #expect(source.view(1).headerWord(9) & 0xFFFF == 0)
        var other = source.writer(1)
        try other.commitFill(source.view(1), 9, 3)
    }
}

func failureCode(_ body: () throws(TandemError) -> Void) -> TandemError.Code? {
    do throws(TandemError) {
        try body()
        return nil
    } catch { return error.code }
}
