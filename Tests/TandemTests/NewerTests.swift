import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// Sources and copies that somebody has put back, on real files.
@Suite("P8: nothing older overwrites something newer")
struct NewerTests {
    /// Runs a replicator, with ten more commits where it is told to, until the copy has them; then it ends.
    private func run(_ station: FixtureFiles, put value: UInt64? = nil) throws {
        let live = try Live(station)
        #expect(live.run { live.isInSync })
        guard let value else { return }
        try live.put(Call(value), at: 200 ..< 210)
        #expect(live.run { live.isReplicated })
    }

    private func adopting() -> ReplicationOptions {
        var options = ReplicationOptions.plain
        options.adopts = true
        return options
    }

    @Test(
        "A source put back from a backup is refused by its own copy, which tells both cuts, both times and what to do")
    func olderSource() throws {
        let station = try FixtureFiles()
        try run(station)
        let backup = station.scratch.bytes(of: "source")
        try run(station, put: 7)
        let newer = try CopyCheck.check(at: station.copyPath).cut
        let copy = station.scratch.bytes(of: "copy")
        station.scratch.write(backup, to: "source")
        let live = try Live(station)
        let older = live.source.area.committed.load()
        #expect(live.run { live.status.copyState == .refused })
        #expect(live.status.reason == "the copy is newer than this source")
        let text = try #require(live.log.first(at: .error))
        for part in ["holds cut \(newer) of 20", "knows is cut \(older) of 20", " UTC", "promote the copy", "--adopt"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(station.scratch.bytes(of: "copy") == copy)
        #expect(
            try CopyInspection.read(at: station.copyPath, table: "calls", indices: 205 ..< 206).records[0].payload[0]
                == 7)
    }

    @Test("A source that has never had a replicator is no newer than the copy that it got later")
    func newSource() throws {
        let scratch = Scratch(in: "/dev/shm")
        _ = try SourceDataFile.create(at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let backup = scratch.bytes(of: "source")
        do {
            let live = try Live(source: try SourceDataFile.open(at: scratch.file("source")), copy: scratch.file("copy"))
            try live.put(Call(1), at: 0 ..< 10)
            #expect(live.run { live.isInSync && live.isReplicated })
        }
        let copy = scratch.bytes(of: "copy")
        scratch.write(backup, to: "source")
        let live = try Live(source: try SourceDataFile.open(at: scratch.file("source")), copy: scratch.file("copy"))
        #expect(live.run { live.status.copyState == .refused })
        #expect(scratch.bytes(of: "copy") == copy)
    }

    @Test("With adopt the older source's tables take the newer copy's place, and its cuts get numbers of their own")
    func olderSourceAdopted() throws {
        let station = try FixtureFiles()
        try run(station)
        let backup = station.scratch.bytes(of: "source")
        try run(station, put: 7)
        let newer = try CopyCheck.check(at: station.copyPath).cut
        station.scratch.write(backup, to: "source")
        let live = try Live(
            source: try SourceDataFile.open(at: station.sourcePath), copy: station.copyPath, options: adopting())
        try live.put(Call(8), at: 300 ..< 301)
        #expect(live.run { live.isInSync && live.isReplicated })
        let certificate = try CopyCheck.check(at: station.copyPath)
        #expect(certificate.isPromotable && certificate.cut > newer)
        let calls = try CopyInspection.read(at: station.copyPath, table: "calls", indices: 205 ..< 301).records
        #expect(calls[0].payload[0] == 1 && calls[95].payload[0] == 8)
    }

    @Test("A copy that was moved away, and is back behind another's rebuilds, is an older one and no newer")
    func olderCopyBack() throws {
        let station = try FixtureFiles()
        try run(station, put: 5)
        rename(station.copyPath, station.scratch.file("away"))
        // Each bulk copy is a few slots more.
        for value in 6 ... 9 as ClosedRange<UInt64> {
            station.scratch.remove("copy")
            try run(station, put: value)
        }
        rename(station.scratch.file("away"), station.copyPath)
        let live = try Live(station)
        #expect(live.run { live.isInSync })
        #expect(try CopyCheck.check(at: station.copyPath).isPromotable)
    }

    @Test("P8: a sibling that was ahead when its source was lost is left alone, and one that was not gets what differs")
    func sibling() throws {
        let station = try FixtureFiles()
        try run(station, put: 5)
        let behind = station.scratch.bytes(of: "copy")
        try run(station, put: 6)
        station.scratch.write(station.scratch.bytes(of: "copy"), to: "ahead")
        station.scratch.write(behind, to: "copy")
        station.scratch.write(behind, to: "behind")
        let cut = try Promotion.promote(copy: station.copyPath).cut
        do {
            let live = try Live(
                source: try SourceDataFile.open(at: station.copyPath), copy: station.scratch.file("behind"))
            #expect(live.run { live.isInSync && live.isReplicated })
            #expect(live.status.reason == "another copy was promoted, which had all that this one holds")
            #expect(live.status.counters["returnsByContent"] == 1)
        }
        let bytes = station.scratch.bytes(of: "ahead")
        do {
            let live = try Live(
                source: try SourceDataFile.open(at: station.copyPath), copy: station.scratch.file("ahead"))
            #expect(live.run { live.status.copyState == .refused })
            #expect(live.status.reason == "the copy is newer than this source")
            let text = try #require(live.log.first(at: .error))
            #expect(text.contains("took over at cut \(cut)") && text.contains("--adopt"), "\(text)")
        }
        #expect(station.scratch.bytes(of: "ahead") == bytes)
        let live = try Live(
            source: try SourceDataFile.open(at: station.copyPath), copy: station.scratch.file("ahead"),
            options: adopting())
        #expect(live.run { live.isInSync })
    }

    @Test("After ten promotions the first source is superseded still, and so is one in between")
    func forgottenAncestors() throws {
        let station = try FixtureFiles()
        let middle = station.scratch.file("middle")
        for number in 1 ... 10 {
            let next = station.scratch.file("next")
            _ = try Promotion.promote(copy: station.copyPath, to: next)
            if number == 1 { rename(next, middle) } else { station.scratch.remove("next") }
        }
        #expect(try CopyStatus.read(at: station.copyPath).ancestors.count == 8)
        for path in [station.sourcePath, middle] {
            let source = try SourceDataFile.open(at: path)
            #expect(!(try CopyStatus.read(at: station.copyPath).ancestors.contains("\(source.generation)")))
            let live = try Live(source: source, copy: station.copyPath)
            #expect(live.run { live.status.isSuperseded })
        }
    }

    @Test("A superseded source gets no replicator, and what stands at the path stays as it is")
    func supersededStart() throws {
        let station = try FixtureFiles()
        station.scratch.write(station.scratch.bytes(of: "copy"), to: "backup")
        _ = try Promotion.promote(copy: station.copyPath)
        do {
            let live = try Live(station)
            #expect(live.run { live.status.isSuperseded })
        }
        let before = station.snapshot(besides: ["source"])
        for name in ["backup", "new"] {
            var code: TandemError.Code?
            do throws(TandemError) {
                _ = try Replicator(
                    source: try SourceDataFile.open(at: station.sourcePath), copy: station.scratch.file(name))
            } catch { code = error.code }
            #expect(code == .superseded)
        }
        #expect(station.snapshot(besides: ["source"]) == before)
    }

    @Test("Another source's copy is called that, whatever tables it has", arguments: [false, true])
    func anotherSource(hasOtherTables: Bool) throws {
        let station = try FixtureFiles()
        let tables = hasOtherTables ? [Exchange.calls] : Exchange.tables
        let other = try SourceDataFile.create(
            at: station.scratch.file("other"), tables: tables, options: Exchange.options)
        let live = try Live(source: try SourceDataFile.open(at: station.sourcePath), copy: station.scratch.file("none"))
        _ = live
        let bytes = station.scratch.bytes(of: "copy")
        let log = LogLines()
        let replicator = try Replicator(source: other, copy: station.copyPath, options: .plain, logger: log.logger)
        for _ in 0 ..< 100 { replicator.step() }
        let text = try #require(log.first(at: .error))
        #expect(text.contains("it is a copy of another source"), "\(text)")
        #expect(station.scratch.bytes(of: "copy") == bytes)
        #expect(throws: TandemError.self) { try Verification.compare(source: other, copy: station.copyPath) }
    }
}
