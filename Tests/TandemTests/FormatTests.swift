import Glibc
import Tandem
import TestSupport
import Testing

/// A file that an earlier version of Tandem has written is refused by every door, in words that say what it is and what
/// to do, and stays as it is.
@Suite("Files of earlier formats")
struct FormatTests {
    private func put(_ former: FormerFormat, at name: String, in station: FixtureFiles) {
        station.scratch.write(former.header, to: name)
        truncate(station.scratch.file(name), 1 << 20)
    }

    private static let words = """
        the file has format 1, this program reads format 2, and does not convert it. Use the version of Tandem that \
        wrote it, or begin with a new source, and a new copy of it, at other paths
        """

    @Test("Each door that reads a source says its format and what to do", arguments: FormerFormat.allCases)
    func sources(_ former: FormerFormat) throws {
        let station = try FixtureFiles()
        put(former, at: "source", in: station)
        let bytes = station.scratch.read("source", count: 1 << 20)
        let doors: [EntryPoint] = [
            .open,
            EntryPoint("look, as `tandem status` does") { _ = try SourceDataFile.look(at: $0.sourcePath) },
            EntryPoint("open or create") {
                _ = try SourceDataFile.openOrCreate(at: $0.sourcePath, tables: Exchange.tables)
            },
            .verify, .replicate,
        ]
        for door in doors { try expectRefused(by: door, station) }
        #expect(station.scratch.read("source", count: 1 << 20) == bytes)
    }

    @Test("Each door that reads a copy says its format and what to do", arguments: FormerFormat.allCases)
    func copies(_ former: FormerFormat) throws {
        let station = try FixtureFiles()
        put(former, at: "copy", in: station)
        let bytes = station.scratch.read("copy", count: 1 << 20)
        for door in [EntryPoint.status, .inspect, .check, .verify, .promote, .promoteTo, .replicate] {
            try expectRefused(by: door, station)
        }
        #expect(station.scratch.read("copy", count: 1 << 20) == bytes && !station.scratch.names.contains("new"))
    }

    @Test("Nothing is created over one", arguments: FormerFormat.allCases)
    func isNotCreatedOver(_ former: FormerFormat) throws {
        let station = try FixtureFiles()
        put(former, at: "old", in: station)
        let bytes = station.scratch.read("old", count: 1 << 20)
        for door in [EntryPoint.create(at: "old"), .promote(to: "old")] {
            let error = #expect(throws: TandemError.self) { try door.enter(station) }
            #expect(error?.code == .exists, "\(door.name): \(String(describing: error))")
        }
        #expect(station.scratch.read("old", count: 1 << 20) == bytes)
    }

    @Test("A file of a later format is its version's to read")
    func laterFormat() throws {
        let station = try FixtureFiles()
        var header = FormerFormat.source1.header
        header[8] = 3
        station.scratch.write(header, to: "source")
        let error = #expect(throws: TandemError.self) { try EntryPoint.open.enter(station) }
        #expect(error?.code == .formatVersion)
        #expect(
            error?.description.contains(
                "the file has format 3, this program reads format 2. Use the version of Tandem that wrote it") == true)
    }

    private func expectRefused(by door: EntryPoint, _ station: FixtureFiles) throws {
        do {
            try door.enter(station)
            Issue.record("\(door.name): not refused")
        } catch let error as TandemError {
            #expect(error.code == .formatVersion, "\(door.name): \(error)")
            #expect(error.description.contains(Self.words), "\(door.name): \(error)")
        } catch let refusal as LoggedRefusal {
            #expect(refusal.text.contains(Self.words), "\(door.name): \(refusal.text)")
        }
    }
}
