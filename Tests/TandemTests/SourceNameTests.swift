import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("A source whose name is taken away while it is in use", .serialized)
struct SourceNameTests {
    private let station: FixtureFiles
    private let live: Live

    init() throws {
        station = try FixtureFiles()
        live = try Live(station)
        #expect(live.run { live.isInSync })
    }

    /// A second is the promise; a machine that is busy gets more.
    private func says(_ words: String) -> Bool {
        live.run(seconds: 5) { live.log.first(at: .error)?.contains(words) == true }
    }

    @Test("Deleted, the log says so, and what to do")
    func deleted() {
        unlink(station.sourcePath)
        #expect(says("was deleted while it is in use: its writers go on"), "\(live.log.all)")
        #expect(live.log.first(at: .error)?.contains("run 'tandem relink \(station.sourcePath)' now") == true)
        #expect(live.log.first(at: .error)?.contains("promote \(station.copyPath)") == true)
    }

    @Test("Renamed, the log says so, and says when the name is back")
    func renamed() {
        rename(station.sourcePath, station.scratch.file("away"))
        #expect(says("was renamed while it is in use"), "\(live.log.all)")
        rename(station.scratch.file("away"), station.sourcePath)
        #expect(live.run(seconds: 5) { live.log.all.contains { $0.contains("has its name again") } })
    }

    @Test("Deleted, and another made in its place, the log says both")
    func taken() throws {
        unlink(station.sourcePath)
        _ = try SourceDataFile.create(at: station.sourcePath, tables: Exchange.tables, options: Exchange.options)
        #expect(says("deleted while it is in use, and another file stands under its name"), "\(live.log.all)")
    }

    @Test("Another source made under its name is told why nobody follows it, and who writes the copy that it asks for")
    func successor() throws {
        // Generations of their own: all stations of this process share one.
        let scratch = Scratch(in: "/dev/shm")
        let path = scratch.file("source")
        func make() throws -> SourceDataFile {
            try SourceDataFile.create(at: path, tables: Exchange.tables, options: Exchange.options)
        }
        let live = try Live(source: try make(), copy: scratch.file("copy"))
        #expect(live.run { live.isInSync })
        unlink(path)
        let new = try make()
        let status = SourceStatus.readAround(new)
        #expect(
            status.reason.hasPrefix("no replicator has run yet for this file: another file of its name was deleted"))
        #expect(status.reason.contains("process \(getpid())"), "\(status.reason)")
        #expect(SourceStatus.readAround(live.source).isReplicatorAlive, "the old one's is its own affair")
        let second = try Live(source: new, copy: scratch.file("copy"))
        #expect(second.run(seconds: 5) { second.log.first(at: .warning) != nil })
        let words = "process \(getpid()) writes it as the copy of \(path), which was deleted while it is in use"
        #expect(second.log.first(at: .warning)?.contains(words) == true, "\(second.log.all)")
    }

    @Test("Cut by a page that nobody touches, the log says so")
    func cut() {
        truncate(station.sourcePath, StationLayout.layout.tablesEnd - 4096)
        #expect(says("was cut or extended to \(StationLayout.layout.tablesEnd - 4096) bytes"), "\(live.log.all)")
    }

    @Test("The copy tells whose process writes it, from which source, and whether that has lost its name")
    func copyTells() throws {
        // A source with a generation of its own: all stations of this process share one.
        let scratch = Scratch(in: "/dev/shm")
        let path = scratch.file("source")
        let live = try Live(
            source: try SourceDataFile.create(at: path, tables: Exchange.tables, options: Exchange.options),
            copy: scratch.file("copy"))
        #expect(live.run { live.isInSync })
        var status = try CopyStatus.read(at: scratch.file("copy"))
        #expect(status.replicatorProcess == Int(getpid()) && status.sourcePath == path)
        #expect(status.isSourceDeleted == false)
        unlink(path)
        status = try CopyStatus.read(at: scratch.file("copy"))
        #expect(status.sourcePath == path && status.isSourceDeleted == true)
        #expect(DeletedSource.processes(using: path) == [Int(getpid())])
    }
}

@Suite("relink: a deleted source is held, and gets its name back when nobody changes it any more", .serialized)
struct RelinkingTests {
    @Test("Everything committed is there, also what no copy has seen")
    func back() throws {
        let station = try FixtureFiles()
        let relinking: Relinking
        do {
            let live = try Live(station)
            unlink(station.sourcePath)
            relinking = try Relinking(path: station.sourcePath)
            try live.put(Call(77), at: 5 ..< 6)
            #expect(try relinking.proceed() == .waiting(for: [Int(getpid())]))
            #expect(!station.scratch.names.contains("source"))
            try live.put(Call(78), at: 6 ..< 7)
        }
        #expect(try relinking.proceed() == .done)
        let live = try Live(station)
        #expect(try live.calls.read(at: 5) == Call(77) && live.calls.read(at: 6) == Call(78))
        #expect(live.run { live.isInSync })
        #expect(live.source.area.replicator[.bulkCopies as Counter].load() <= 1)
    }

    @Test("A name that is taken stays whose it is, and a file that nobody has open is gone")
    func refusals() throws {
        let station = try FixtureFiles()
        #expect(caught { () throws(TandemError) in _ = try Relinking(path: station.sourcePath) }?.code == .exists)
        unlink(station.sourcePath)
        #expect(caught { () throws(TandemError) in _ = try Relinking(path: station.sourcePath) }?.code == .notFound)
    }

    @Test("Of two deleted files of one name none is guessed")
    func two() throws {
        let station = try FixtureFiles()
        let first = try SourceDataFile.open(at: station.sourcePath)
        unlink(station.sourcePath)
        let second = try SourceDataFile.create(
            at: station.sourcePath, tables: Exchange.tables, options: Exchange.options)
        unlink(station.sourcePath)
        withExtendedLifetime((first, second)) {
            let error = caught { () throws(TandemError) in _ = try Relinking(path: station.sourcePath) }
            #expect(error?.description.contains("2 different deleted files had this name") == true)
        }
    }
}

@Suite("The path of the copy, as the source remembers it")
struct CopyPathTests {
    @Test("A path that does not fit is refused, not cut")
    func tooLong() throws {
        let station = try FixtureFiles()
        let source = try SourceDataFile.open(at: station.sourcePath)
        let path = station.scratch.path + String(repeating: "/.", count: 600)
        let error = caught { () throws(TandemError) in
            _ = try Replicator(source: source, copy: path + "/copy", options: .plain)
        }
        #expect(error?.code == .badArgument && error?.description.contains("the source remembers 1023") == true)
        let longest = station.scratch.path + String(repeating: "/", count: 1018 - station.scratch.path.utf8.count)
        _ = try Replicator(source: source, copy: longest + "/copy", options: .plain)
        #expect(SourceStatus.read(from: source).copyPath == longest + "/copy")
    }

    @Test("A promoted source knows the copy that it was loaded from, before any replicator has run")
    func promoted() throws {
        let station = try FixtureFiles()
        let path = station.scratch.file("new")
        _ = try Promotion.promote(copy: station.copyPath, to: path)
        #expect(SourceStatus.read(from: try SourceDataFile.look(at: path)).copyPath == station.copyPath)
    }
}

@Suite("A source that is only looked at")
struct LookTests {
    @Test("What lets others read lets itself be looked at, and nothing of it can be written")
    func modes() throws {
        let station = try FixtureFiles()
        for mode in [0o400, 0o444, 0o644] as [mode_t] {
            chmod(station.sourcePath, mode)
            let source = try SourceDataFile.look(at: station.sourcePath)
            #expect(try source.table("calls", of: Call.self).read(at: 5) == Call(1))
            #expect(!source.file.isWritable)
        }
        chmod(station.sourcePath, 0o666)
        #expect(
            caught { () throws(TandemError) in _ = try SourceDataFile.look(at: station.sourcePath) }?.code
                == .unsafeFile)
    }

    @Test("A copy that was cut short is not told to promote the copy")
    func shortCopy() throws {
        let station = try FixtureFiles()
        truncate(station.copyPath, StationLayout.layout.copyBytes - 4096)
        let error = caught { () throws(TandemError) in _ = try SourceDataFile.open(at: station.copyPath) }
        #expect(error?.code == .wrongLength)
        #expect(error?.description.contains("cannot be promoted; use another copy") == true)
    }
}
