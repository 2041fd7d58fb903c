import Glibc
import Tandem
import TandemCore
import TestSupport
import Testing

@Suite("What users import")
struct FacadeTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var path: String { scratch.file("exchange") }

    private func makeSource() throws(TandemError) -> SourceDataFile {
        try SourceDataFile.create(at: path, tables: Exchange.tables, options: Exchange.options)
    }

    @Test("The README's twelve lines do what they say")
    func readme() throws {
        struct Call: BitwiseCopyable { var state = 0, trunk = 0 }
        let table = TableDefinition.of(Call.self, name: "calls", capacity: 1_000_000, sharing: .partitioned)
        let source = try SourceDataFile.create(at: path, tables: [table])
        let calls = try source.table("calls", of: Call.self)
        var writer = try source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            try change.set(calls, at: 42, to: Call(state: 1, trunk: 7))
            try change.update(calls, at: 43) { $0.state = 2 }
        }
        #expect(try calls.read(at: 42).trunk == 7)
        #expect(try calls.read(at: 43).state == 2)
    }

    @Test("A source whose pages cannot lie where they were asked to is made all the same, and says why")
    func placement() throws {
        var options = Exchange.options
        options.node = .number(1000)
        let elsewhere = try SourceDataFile.create(at: path, tables: Exchange.tables, options: options)
        #expect(elsewhere.placementProblem == "there is no memory node 1000")
        #expect(try SourceDataFile.open(at: path).placementProblem == nil)
        options.node = .auto
        #expect(
            try SourceDataFile.create(at: scratch.file("anywhere"), tables: Exchange.tables, options: options)
                .placementProblem == nil)
    }

    @Test("Typed and raw tables show the same bytes, at the first and last index")
    func roundTrip() throws {
        let source = try makeSource()
        let calls = try source.table("calls", of: Call.self)
        let raw = try source.rawTable("calls")
        var writer = try source.makeWriter()
        for index in [0, 999] {
            try writer.transaction { change throws(TandemError) in
                try change.set(calls, at: index, to: Call(UInt64(index) + 5))
            }
            var bytes = [UInt8](repeating: 0, count: raw.payloadBytes)
            try bytes.withUnsafeMutableBytes { try raw.read(at: index, into: $0) }
            #expect(bytes.withUnsafeBytes { $0.load(as: Call.self) } == Call(UInt64(index) + 5))
            try writer.transaction { change throws(TandemError) in
                try change.update(raw, at: index) { $0.storeBytes(of: 77, toByteOffset: 8, as: UInt64.self) }
            }
            #expect(try calls.read(at: index).trunk == 77)
        }
        #expect(try calls.read(at: 1) == Call())
        #expect((calls.capacity, calls.name, raw.name, raw.payloadBytes) == (1000, "calls", "calls", 48))
    }

    @Test("A record may be announced at any index whatever: it is a hint, and changes nothing")
    func prefetch() throws {
        let source = try makeSource()
        let calls = try source.table("calls", of: Call.self)
        let epoch = source.area.epoch.load()
        func tables() -> [UInt8] {
            let range = source.layout.tablesOffset ..< source.layout.tablesEnd
            return [UInt8](UnsafeRawBufferPointer(start: source.memory.base + range.lowerBound, count: range.count))
        }
        let before = tables()
        for index in [0, 999, 1000, -1, .min, .max] { calls.prefetch(at: index) }
        #expect(tables() == before)
        #expect(
            source.area.epoch.load() == epoch
                && source.memory.dirty.count(wordCount: source.layout.runtime.wordCount) == 0)
        #expect(try (0 ..< 1000).allSatisfy { try calls.read(at: $0) == Call() })
    }

    @Test("A transaction of any number of records is told by its number: what is not undone has committed")
    func commitsAreCounted() throws {
        let source = try makeSource()
        let calls = try source.table("calls", of: Call.self)
        var writer = try source.makeWriter()
        for count in 1 ... 5 {
            try writer.transaction { change throws(TandemError) in
                for index in 0 ..< count { try change.set(calls, at: index, to: Call(UInt64(count))) }
            }
        }
        _ = try? writer.transaction { change throws(TandemError) in
            try change.set(calls, at: 7, to: Call(7))
            throw change.abort()
        }
        let words = try #require(SourceStatus.read(from: source).writers.first)
        #expect((words.commits, words.aborts) == (5, 1))
        #expect(try calls.read(at: 7) == Call())
    }

    @Test("Two writers that meet on shared records both get through, and nothing is lost")
    func conflicts() async throws {
        let source = try makeSource()
        let calls = try source.table("calls", of: Call.self)
        let rounds = 20_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0 ..< 2 {
                group.addTask {
                    var writer = try source.makeWriter()
                    for _ in 0 ..< rounds {
                        // In opposite order: were writers to wait for each other, they would wait for ever.
                        try writer.transaction { change throws(TandemError) in
                            try change.update(calls, at: worker) { $0.number += 1 }
                            try change.update(calls, at: 1 - worker) { $0.trunk += 1 }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        for index in 0 ..< 2 {
            let call = try calls.read(at: index)
            #expect((call.number, call.trunk) == (UInt64(rounds), UInt64(rounds)))
        }
    }

    @Test("A closure that throws leaves nothing behind, and its error is passed on")
    func abort() throws {
        let source = try makeSource()
        let calls = try source.table("calls", of: Call.self)
        let trunks = try source.table("trunks", of: Trunk.self)
        var writer = try source.makeWriter()
        var code: TandemError.Code?
        do throws(TandemError) {
            try writer.transaction { change throws(TandemError) in
                try change.update(calls, at: 1) { $0.number = 9 }
                try change.update(trunks, at: 1) { $0.busy = 9 }
                throw change.abort(3)
            }
        } catch { code = error.code }
        #expect(code == .aborted)
        #expect(try calls.read(at: 1) == Call())
        #expect(try trunks.read(at: 1) == Trunk())
        try writer.transaction { change throws(TandemError) in try change.update(calls, at: 1) { $0.number = 10 } }
        #expect(try calls.read(at: 1).number == 10)
    }

    @Test(
        "A replicated commit fails at its deadline without a replicator; with one, the copy has it when it returns"
    )
    func replicated() throws {
        let source = try makeSource()
        let calls = try source.table("calls", of: Call.self)
        var writer = try source.makeWriter()
        var code: TandemError.Code?
        do throws(TandemError) {
            try writer.transaction(replicatedWithin: .milliseconds(30)) { change throws(TandemError) in
                try change.set(calls, at: 4, to: Call(4))
            }
        } catch { code = error.code }
        #expect(code == .notReplicatedInTime)
        #expect(try calls.read(at: 4) == Call(4))

        let thread = try OwnThread.replicating(source, to: scratch.file("copy"))
        for value in 5 ..< 55 as Range<UInt64> {
            try writer.transaction(replicatedWithin: .seconds(20)) { change throws(TandemError) in
                try change.set(calls, at: 4, to: Call(value))
            }
            let isReplicated = writer.isLastCommitReplicated
            #expect(isReplicated)
        }
        thread.stop()
        let certificate = try Promotion.promote(copy: scratch.file("copy"), to: scratch.file("new"))
        #expect(certificate.isPromotable && certificate.ancestor == source.generation.description)
        #expect(try SourceDataFile.open(at: scratch.file("new")).table("calls", of: Call.self).read(at: 4) == Call(54))
    }

    @Test("A source opened again has every committed transaction, and none that was not")
    func warmRestart() throws {
        do {
            let source = try makeSource()
            let calls = try source.table("calls", of: Call.self)
            var writer = try source.makeWriter()
            for index in 0 ..< 100 {
                try writer.transaction { change throws(TandemError) in
                    try change.set(calls, at: index, to: Call(UInt64(index)))
                }
            }
            _ = try? writer.transaction { change throws(TandemError) in
                try change.set(calls, at: 0, to: Call(1000))
                throw change.abort()
            }
        }
        let again = try SourceDataFile.open(at: path)
        let calls = try again.table("calls", of: Call.self)
        for index in 0 ..< 100 { #expect(try calls.read(at: index) == Call(UInt64(index))) }
        var writer = try again.makeWriter()
        try writer.transaction { change throws(TandemError) in try change.set(calls, at: 5, to: Call(5000)) }
        #expect(try calls.read(at: 5) == Call(5000))
    }

    @Test("A promoted copy is a source in place, follows on with a copy of its own, and stops its predecessor")
    func takeOver() throws {
        let station = try FixtureFiles()
        _ = try Promotion.promote(copy: station.copyPath)
        let promoted = try Live(
            source: try SourceDataFile.open(at: station.copyPath), copy: station.scratch.file("next"))
        #expect(try promoted.calls.read(at: 105) == Call(4))
        try promoted.put(Call(6), at: 105 ..< 106)
        #expect(promoted.run { promoted.isInSync && promoted.isReplicated })
        let old = try Live(station)
        #expect(old.run { old.status.isSuperseded })
        var code: TandemError.Code?
        do throws(TandemError) { try old.put(Call(7), at: 0 ..< 1) } catch { code = error.code }
        #expect(code == .superseded)
    }

    @Test(
        "Promoted once more, a source is made to last, as the last flush of its promotion may have failed"
    )
    func promoteAgain() throws {
        let station = try FixtureFiles()
        _ = try Promotion.promote(copy: station.copyPath)
        let before = station.scratch.read("copy", count: station.scratch.byteCount("copy"))
        station.scratch.age("copy")
        #expect { try Promotion.promote(copy: station.copyPath) } throws: { ($0 as? TandemError)?.code == .wrongRole }
        #expect(station.scratch.secondsSinceWritten("copy") < 1000)
        #expect(station.scratch.read("copy", count: before.count) == before)
    }

    @Test("A promotion makes the copy's name last, as who renamed a rebuilt copy may have been killed before")
    func nameLasts() throws {
        let station = try FixtureFiles()
        let folder = try DirectoryWatch(station.scratch.path)
        _ = try CopyCheck.check(at: station.copyPath)
        #expect(!folder.wasOpened)
        _ = try Promotion.promote(copy: station.copyPath)
        #expect(folder.wasOpened)
    }

    @Test(
        "A certificate counts each record that was ever written, those too that only the journal has",
        arguments: [false, true])
    func recordsInUse(isRotten: Bool) throws {
        let station = try FixtureFiles()
        let trunks = [16 ..< 26, 20 ..< 30]
        do {
            let live = try Live(station)
            #expect(live.run { live.isInSync })
            for range in trunks {
                try live.put(Trunk(busy: 7), at: range)
                #expect(live.run { live.isReplicated })
            }
        }
        // The record is one that the journal brings, so that it harms nobody: the promotion knows which those are.
        if isRotten { station.scratch.flip("copy", at: StationLayout.offset(of: 25, in: 1) + 20) }
        let checked = try CopyCheck.check(at: station.copyPath)
        #expect(checked.changesReplayed >= 20)
        #expect(checked.tables.map(\.changed) == [1000, 14])
        #expect(try Promotion.promote(copy: station.copyPath).tables.map(\.changed) == [1000, 14])
    }

    @Test("Promoted into memory, the copy is the new source's, in sync at once")
    func promoteTo() throws {
        let station = try FixtureFiles()
        _ = try Promotion.promote(copy: station.copyPath, to: station.scratch.file("new"))
        let live = try Live(source: try SourceDataFile.open(at: station.scratch.file("new")), copy: station.copyPath)
        #expect(live.run { live.isInSync })
        #expect(live.source.area.replicator[.returnsByCut as Counter].load() == 1)
        #expect(live.source.area.replicator[.bulkCopies as Counter].load() == 0)
        #expect(try live.calls.read(at: 105) == Call(4))
    }
}

extension OwnThread {
    /// A replicator as in a program that embeds one. Made here, so that its errors are the caller's; used by the thread
    /// alone from then on.
    static func replicating(_ source: SourceDataFile, to copy: String) throws(TandemError) -> OwnThread {
        nonisolated(unsafe) var replicator: Replicator? = try Replicator(
            source: source, copy: copy, options: .plain, logger: LogLines().logger)
        return OwnThread { thread in
            replicator?.run(until: { thread.isStopping })
            replicator = nil
        }
    }
}
