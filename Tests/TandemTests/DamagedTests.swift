import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("A copy whose tables somebody else writes to is put right")
struct DamagedTests {
    @Test(
        "A stranger's page in a table of an open copy is named in log and status, and written again within a second",
        arguments: ["/dev/shm", "/var/tmp"])
    func healed(folder: String) throws {
        let station = try FixtureFiles()
        let copy = Scratch(in: folder)
        copy.write(station.scratch.bytes(of: "copy"), to: "copy")
        var options = ReplicationOptions()
        options.scrubBytesPerSecond = 256 << 20
        let live = try Live(
            source: try SourceDataFile.open(at: station.sourcePath), copy: copy.file("copy"), options: options)
        #expect(live.run { live.isInSync && live.isReplicated && live.status.secondsSinceScrub != nil })
        #expect(live.status.lastDamagedPage == nil)
        let before = live.status.counters
        let calls = live.source.layout.tables[0]
        let page = calls.pageCount - 1
        copy.patch("copy", at: calls.offset + page * calls.pageBytes, [UInt8](repeating: 0xA5, count: calls.pageBytes))
        let struck = MonotonicClock.now()
        #expect(live.run(seconds: 5) { live.status.counters["pagesDamaged"] == 1 && live.isInSync })
        // A pass takes some milliseconds; this machine has others to serve.
        #expect(MonotonicClock.now() - struck < 2_000_000_000)
        let name = live.source.layout.definitions[0].name
        #expect(
            live.log.all.contains {
                $0.contains("page \(page) of table \(name) was damaged on the copy; it is written")
            },
            "\(live.log.all)")
        #expect(live.status.lastDamagedPage?.table == name && live.status.lastDamagedPage?.page == page)
        #expect(try Verification.compare(source: live.source, copy: copy.file("copy")).isSound)
        #expect(try CopyCheck.check(at: copy.file("copy")).isPromotable)
        let after = live.status.counters
        for counter in ["outages", "bulkCopies", "returnsFromZero"] { #expect(after[counter] == before[counter]) }
    }

    @Test("A rate of the pass that is none is refused in words, and zero switches it off", arguments: [-1, 1 << 41])
    func rate(_ bytes: Int) throws {
        var options = ReplicationOptions()
        options.scrubBytesPerSecond = bytes
        #expect { _ = try options.validate() } throws: { ($0 as? TandemError)?.code == .badArgument }
        options.scrubBytesPerSecond = 0
        #expect(try options.validate() == 200_000)
    }
}
