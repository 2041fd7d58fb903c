import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("Several copies, as a program keeps them")
struct SeveralTests {
    private let scratch = Scratch()
    private var path: String { scratch.file("source") }
    private func copy(_ number: Int) -> String { scratch.file("copy \(number)") }

    private func makeSource() throws -> SourceDataFile {
        try SourceDataFile.create(at: path, tables: Exchange.tables, options: Exchange.options)
    }

    private func isInSync(_ source: SourceDataFile, _ count: Int) -> Bool {
        let copies = SourceStatus.read(from: source).copies.prefix(count)
        return copies.count == count && copies.allSatisfy { $0.copyState == .inSync && $0.isFollowed }
    }

    /// A replicator whose copies are all in sync.
    private func follow(
        _ source: SourceDataFile, _ paths: [String], options: ReplicationOptions = .plain
    ) throws -> Replicator {
        let replicator = try Replicator(source: source, to: paths, options: options)
        #expect(step(replicator) { isInSync(source, paths.count) })
        return replicator
    }

    private func step(_ replicator: Replicator, until condition: () -> Bool) -> Bool {
        let end = MonotonicClock.now() + 20_000_000_000
        while !condition() {
            if MonotonicClock.now() > end { return false }
            replicator.step()
        }
        return true
    }

    @Test("A commit that asks for two copies returns when both have it, and either can be promoted with it")
    func replicatedByTwo() throws {
        let source = try makeSource()
        let paths = [copy(0), copy(1)]
        let (opened, name) = (try SourceDataFile.open(at: path), paths)
        let thread = OwnThread { own in
            let replicator = try! Replicator(source: opened, to: name, options: .plain)
            replicator.run { own.isStopping }
        }
        while source.area.knownCopies < 2 { usleep(1000) }
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        for index in 0 ..< 20 {
            try writer.transaction(replicatedWithin: .seconds(20), by: 2) { change throws(TandemError) in
                try change.set(calls, at: index, to: Call(UInt64(index) + 1))
            }
        }
        thread.stop()
        for path in paths {
            let found = try CopyInspection.read(at: path, table: "calls", indices: 0 ..< 20)
            #expect(found.isSound && found.cut >= writer.lastCommitEpoch)
            #expect(found.records.allSatisfy { $0.epoch > 0 })
        }
        let promoted = try Promotion.promote(copy: paths[1])
        #expect(promoted.problems == [])
    }

    @Test("A commit that asks for two copies is not content with one, and says so when its time is over")
    func contentWithOne() throws {
        let source = try makeSource()
        let paths = [copy(0), scratch.file("no folder/copy")]
        let opened = try SourceDataFile.open(at: path)
        let thread = OwnThread { own in
            let replicator = try! Replicator(source: opened, to: paths, options: .plain)
            replicator.run { own.isStopping }
        }
        defer { thread.stop() }
        while source.area.knownCopies < 2 { usleep(1000) }
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        try writer.transaction(replicatedWithin: .seconds(20)) { change throws(TandemError) in
            try change.set(calls, at: 1, to: Call(7))
        }
        do throws(TandemError) {
            try writer.transaction(replicatedWithin: .milliseconds(300), by: 2) { change throws(TandemError) in
                try change.set(calls, at: 1, to: Call(8))
            }
            Issue.record("one copy has it")
        } catch { #expect(error.code == .notReplicatedInTime) }
        #expect(try calls.read(at: 1) == Call(8), "it is committed all the same")
        #expect(source.area.holders(of: writer.lastCommitEpoch) == 1)
    }

    @Test("A commit that asks for more copies than the source knows is refused before anything is done")
    func tooMany() throws {
        let source = try makeSource()
        let replicator = try follow(source, [copy(0)])
        defer { withExtendedLifetime(replicator) {} }
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        #expect(throws: TandemError.self) {
            try writer.transaction(replicatedWithin: .seconds(1), by: 2) { change throws(TandemError) in
                try change.set(calls, at: 1, to: Call(7))
            }
        }
        #expect(writer.lastCommitEpoch == 0)
        #expect(try calls.read(at: 1) == Call())
    }

    @Test("The status has each copy: those that are followed, in order, and those that the source remembers")
    func statusOfEach() throws {
        let source = try makeSource()
        _ = try follow(source, [copy(0), copy(1), copy(2)])
        let replicator = try follow(source, [copy(2), copy(0)])
        defer { withExtendedLifetime(replicator) {} }
        let status = SourceStatus.read(from: source)
        #expect(status.copies.map(\.path) == [copy(2), copy(0), copy(1)])
        #expect(status.copies.map(\.isFollowed) == [true, true, false])
        #expect(status.copies[2].copyState == .offline && status.copies[2].reason.contains("was not given it"))
        #expect(status.copyPath == copy(2) && status.cut == status.copies[0].cut)
        #expect(Set(status.copies.map(\.id)).count == 3 && status.copies.allSatisfy { $0.id.count == 32 })
    }

    @Test("A copy that was moved is known by what it is, and lacks only what it missed")
    func moved() throws {
        let source = try makeSource()
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        _ = try follow(source, [copy(0), copy(1)])
        #expect(rename(copy(1), copy(7)) == 0)
        try writer.transaction { change throws(TandemError) in try change.set(calls, at: 3, to: Call(9)) }
        let replicator = try follow(source, [copy(7), copy(0)])
        defer { withExtendedLifetime(replicator) {} }
        let status = SourceStatus.read(from: source)
        #expect(status.copies.map(\.path) == [copy(7), copy(0)], "nobody is at the old path")
        for number in 0 ..< 2 {
            let words = source.area.of(copy: number).replicator
            #expect(words[.bulkCopies as Counter].load() == 1 && words[.returnsByCut as Counter].load() == 1)
        }
    }

    @Test("A copy that is away is compared with what it had, and not with what another one has got since")
    func verifiedByItsOwn() throws {
        let source = try makeSource()
        _ = try follow(source, [copy(0), copy(1)])
        let replicator = try follow(source, [copy(1)])
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        try writer.transaction { change throws(TandemError) in try change.set(calls, at: 3, to: Call(9)) }
        #expect(step(replicator) { source.area.holders(of: writer.lastCommitEpoch) == 1 })
        let away = try Verification.compare(source: source, copy: copy(0))
        #expect(!away.lacksCuts && away.differences.isEmpty && away.recordsTooHot == 1)
        let present = try Verification.compare(source: source, copy: copy(1))
        #expect(present.isSound && present.recordsTooHot == 0 && present.sourceCut >= writer.lastCommitEpoch)
    }

    @Test("A path that is given twice, none at all and nine copies are refused in words")
    func refused() throws {
        let source = try makeSource()
        for paths in [[], [copy(0), copy(0)], (0 ..< 9).map(copy)] {
            #expect(throws: TandemError.self) { try Replicator(source: source, to: paths, options: .plain) }
        }
    }

    @Test("A ninth copy takes the place of the one that has been away for the longest, which is refused when back")
    func ninth() throws {
        let source = try makeSource()
        // The last four have the first four blocks, and are followed once more.
        for first in [4, 0, 4] {
            _ = try follow(source, (first ..< first + 4).map(copy))
        }
        let known = SourceStatus.read(from: source).copies
        #expect(known.count == 8)
        let abandoned = source.area.replicator[.cutsAbandoned as Counter].load()
        _ = try follow(source, [copy(8)])
        let paths = SourceStatus.read(from: source).copies.map(\.path)
        #expect(paths.count == 8 && paths.contains(copy(8)))
        let gone = Set((0 ..< 4).map(copy)).subtracting(paths)
        try #require(gone.count == 1, "one of those that were followed last before the others")
        #expect(source.area.replicator[.cutsAbandoned as Counter].load() == abandoned)
        // What it holds nobody can compare with any more.
        do {
            try Replicator(source: source, copy: gone.first!, options: .plain).admit()
            Issue.record("it was taken for an old one")
        } catch { #expect(error.code == .wrongRole && error.description.contains("does not know")) }
        var options = ReplicationOptions.plain
        options.adopts = true
        let replicator = try follow(source, [gone.first!], options: options)
        defer { withExtendedLifetime(replicator) {} }
        // It has all but what it missed, which its pages tell.
        #expect(source.area.followed[0].replicator[.returnsByContent as Counter].load() == 1)
        #expect(try Verification.compare(source: source, copy: gone.first!).isSound)
    }

    @Test("A copy that is behind another is not promoted among them, and is left as it is; the newest is")
    func newest() throws {
        let source = try makeSource()
        _ = try follow(source, [copy(0), copy(1)])
        do {
            let replicator = try follow(source, [copy(1)])
            var writer = try source.makeWriter()
            let calls = try source.table("calls", of: Call.self)
            try writer.transaction { change throws(TandemError) in try change.set(calls, at: 3, to: Call(9)) }
            #expect(step(replicator) { source.area.holders(of: writer.lastCommitEpoch) == 1 })
        }
        func code(_ number: Int, among others: [String]) -> TandemError.Code? {
            do throws(TandemError) { _ = try Promotion.promote(copy: copy(number), among: others) } catch {
                return error.code
            }
            return nil
        }
        #expect(code(0, among: [copy(0), copy(1)]) == .notPromotable)
        #expect(try CopyCheck.check(at: copy(0)).isPromotable, "it was changed")
        let stranger = try SourceDataFile.create(
            at: scratch.file("stranger"), tables: Exchange.tables, options: Exchange.options)
        _ = try follow(stranger, [copy(5)])
        #expect(code(1, among: [copy(5)]) == .wrongRole && code(1, among: [copy(6)]) == .notFound)
        #expect(code(1, among: [copy(0), copy(1)]) == nil)
        #expect(code(0, among: [copy(1)]) == .wrongRole, "one has been promoted")
    }

    @Test("P5, P8: after a promotion the other copies get what differs, unasked, but for one that was ahead")
    func siblings() throws {
        let source = try makeSource()
        _ = try follow(source, (0 ..< 3).map(copy))
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        // The first lacks what the second has, which lacks what the third has.
        for first in 1 ..< 3 {
            let replicator = try follow(source, (first ..< 3).map(copy))
            try writer.transaction { change throws(TandemError) in try change.set(calls, at: first, to: Call(9)) }
            #expect(step(replicator) { source.area.holders(of: writer.lastCommitEpoch) == 3 - first })
        }
        let promotion = try Promotion.promote(copy: copy(1), to: scratch.file("promoted"))
        let promoted = try SourceDataFile.open(at: scratch.file("promoted"))
        do {
            let replicator = try follow(promoted, [copy(0)])
            #expect(promoted.area.followed[0].replicator[.returnsByContent as Counter].load() == 1)
            #expect(try Verification.compare(source: promoted, copy: copy(0)).isSound)
            withExtendedLifetime(replicator) {}
        }
        let before = try CopyCheck.check(at: copy(2))
        do {
            try Replicator(source: promoted, copy: copy(2), options: .plain).admit()
            Issue.record("what it alone holds is lost")
        } catch { #expect(error.code == .wrongRole && error.description.contains("was ahead when that life ended")) }
        #expect(try CopyCheck.check(at: copy(2)).cut == before.cut && before.cut > promotion.cut)
    }

    @Test("A copy whose line a promoted one has taken over is not promoted beside that one's copy")
    func takenOver() throws {
        let source = try makeSource()
        _ = try follow(source, [copy(0), copy(1)])
        _ = try Promotion.promote(copy: copy(1), to: scratch.file("promoted"))
        do {
            _ = try Promotion.promote(copy: copy(0), among: [copy(1)])
            Issue.record("two of a line")
        } catch { #expect(error.code == .notPromotable && error.description.contains("taken over")) }
    }

    @Test("A copy that cannot be kept takes nobody's block, however often it is tried")
    func takesNothing() throws {
        let source = try makeSource()
        for first in [0, 4] { _ = try follow(source, (first ..< first + 4).map(copy)) }
        let ids = source.area.copies.map(\.replicator.id)
        var options = ReplicationOptions.plain
        // What only a server has use for.
        options.secret = scratch.file("key")
        for _ in 0 ..< 3 {
            #expect(throws: TandemError.self) { try Replicator(source: source, copy: copy(9), options: options) }
        }
        #expect(source.area.copies.map(\.replicator.id) == ids)
    }
}
