import Glibc
import Logging
import Tandem
import TandemSystem
import TestSupport
import Testing

/// Files that were copied with holes, on a memory file system that is full by the time that the holes would be filled.
/// Each of these ended the process by SIGBUS once: a failure here may be the end of the whole run.
@Suite(
    "P6: a file with holes finds room for them first, or is refused with what it takes", .serialized,
    .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
struct SparseFileTests {
    private let station: FixtureFiles
    private let small: SmallMemory
    private var copy: String { small.file("copy") }

    init() throws {
        station = try FixtureFiles()
        small = try #require(SmallMemory(at: station.scratch.file("small"), bytes: 8 << 20))
        small.putSparse(station.scratch.bytes(of: "copy"), as: "copy")
        small.putSparse(station.scratch.bytes(of: "source"), as: "source")
    }

    private func expectShortage(_ error: TandemError?, of name: String) {
        let missing = small.bytes(of: name).count - small.stored(name)
        #expect(error?.code == .noSpace, "\(String(describing: error))")
        let text = error?.description ?? ""
        #expect(text.contains("it needs \(ByteCount(missing)), and 0 bytes are free"), "\(text)")
    }

    @Test(
        "P6: a copy with holes that has no room to be promoted in place is refused, and stays as it was")
    func promote() throws {
        small.fill()
        let before = small.bytes(of: "copy")
        expectShortage(caught { () throws(TandemError) in _ = try Promotion.promote(copy: copy) }, of: "copy")
        #expect(small.bytes(of: "copy") == before)
        #expect(try CopyCheck.check(at: copy).isPromotable)
    }

    @Test("With room it is promoted, and has storage behind every byte from then on")
    func promoteWithRoom() throws {
        _ = try Promotion.promote(copy: copy)
        #expect(small.stored("copy") == small.bytes(of: "copy").count)
        small.fill()
        let source = try SourceDataFile.open(at: copy)
        let calls = try source.table("calls", of: Call.self)
        var writer = try source.makeWriter()
        for index in 0 ..< 1000 {
            try writer.transaction { change throws(TandemError) in try change.set(calls, at: index, to: Call(9)) }
        }
        #expect(try calls.read(at: 999) == Call(9))
    }

    @Test("Loaded into memory from a full disk it is refused, and the new source is not there")
    func promoteElsewhere() {
        small.fill()
        let target = station.scratch.file("new")
        expectShortage(
            caught { () throws(TandemError) in _ = try Promotion.promote(copy: copy, to: target) }, of: "copy")
        #expect(!station.scratch.names.contains("new"))
    }

    @Test("Opened to be written, a source is made whole, or refused")
    func openSource() throws {
        small.fill()
        let path = small.file("source")
        expectShortage(caught { () throws(TandemError) in _ = try SourceDataFile.open(at: path) }, of: "source")
        small.empty()
        _ = try SourceDataFile.open(at: path)
        #expect(small.stored("source") == small.bytes(of: "source").count)
    }

    @Test("Looked at, it takes no room: its status, its records, its seals")
    func looks() throws {
        small.fill()
        let before = (small.stored("copy"), small.stored("source"))
        let source = try SourceDataFile.look(at: small.file("source"))
        #expect(SourceStatus.read(from: source).tables.map(\.name) == ["calls", "trunks"])
        #expect(try source.table("calls", of: Call.self).read(at: 999) == Call(1))
        #expect(try CopyStatus.read(at: copy).role == .consistent)
        #expect(try CopyInspection.read(at: copy, table: "calls", indices: 105 ..< 106).records.count == 1)
        #expect(try CopyCheck.check(at: copy).isPromotable)
        #expect((small.stored("copy"), small.stored("source")) == before)
    }

    @Test("P6: a replicator that finds no room for the holes of a copy leaves it as whole as it was")
    func replicate() throws {
        small.fill()
        let live = try Live(source: try SourceDataFile.open(at: station.sourcePath), copy: copy)
        try live.put(Call(7), at: 0 ..< 1000)
        #expect(live.run { live.log.first(at: .warning) != nil })
        _ = live.run(seconds: 1) { false }
        #expect(live.status.state == "offline" && live.log.first(at: .warning)?.contains("no space") == true)
        #expect(try CopyCheck.check(at: copy).isPromotable)
        small.empty()
        try live.put(Call(8), at: 0 ..< 1)
        #expect(live.run(seconds: 20) { live.isInSync && live.isReplicated })
        #expect(small.stored("copy") == small.bytes(of: "copy").count)
    }
}
