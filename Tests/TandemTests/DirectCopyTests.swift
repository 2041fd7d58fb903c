import Glibc
import Tandem
import TandemSystem
import TestSupport
import Testing

@Suite("A copy on a disk is written past the page cache")
struct DirectCopyTests {
    private static let folder = "/var/tmp"

    /// Why it is not here; nil where it is.
    private static let reason: String? = {
        if CopyDrivers.isInMemory(folder) { return "\(folder) is in memory" }
        let scratch = Scratch(in: folder)
        let descriptor = open(scratch.file("asked"), O_RDWR | O_CREAT | 0o40000, 0o600)  // O_DIRECT
        if descriptor < 0 { return "\(folder): \(String(cString: strerror(errno)))" }
        close(descriptor)
        return nil
    }()

    @Test(
        "It gets in sync, stays equal under changes, and is promoted with all of them",
        .enabled(if: reason == nil, "no direct I/O in /var/tmp"), arguments: [false, true],
        ReplicationOptions.IO.allCases)
    func promoted(durable: Bool, io: ReplicationOptions.IO) throws {
        let station = try FixtureFiles()
        let disk = Scratch(in: Self.folder)
        var options = ReplicationOptions()
        (options.durable, options.io, options.direct) = (durable, io, .on)
        guard let cut = try follow(station, disk.file("copy"), options) else { return }
        let certificate = try Promotion.promote(copy: disk.file("copy"), to: disk.file("promoted"))
        #expect(certificate.cut >= cut && certificate.problems == [])
        let promoted = try SourceDataFile.open(at: disk.file("promoted"))
        #expect(try promoted.table("calls", of: Call.self).read(at: 4) == Call(99))
    }

    /// The last cut that is on the copy; nil where io_uring is insisted on and forbidden.
    private func follow(_ station: FixtureFiles, _ copy: String, _ options: ReplicationOptions) throws -> UInt64? {
        let live: Live
        do throws(TandemError) {
            live = try Live(source: SourceDataFile.open(at: station.sourcePath), copy: copy, options: options)
        } catch {
            #expect(options.io == .uring && error.code == .unavailable)
            return nil
        }
        #expect(live.run { live.isInSync })
        let way = options.durable ? "; past the page cache" : "; images past the page cache"
        #expect(live.status.driver.hasSuffix(way), "\(live.status.driver)")
        #expect(live.log.all.contains { $0.hasSuffix(way) }, "\(live.log.all)")
        for round in 0 ..< 20 { try live.put(Call(UInt64(round)), at: round * 10 ..< round * 10 + 40) }
        // Until its images are on the copy, too.
        #expect(live.run { live.isReplicated && live.status.journalUsedBytes == 0 })
        #expect(try Verification.compare(source: live.source, copy: copy).isSound)
        #expect(try CopyCheck.check(at: copy).isPromotable)
        try live.put(Call(99), at: 0 ..< 5)
        #expect(live.run { live.isReplicated })
        return live.status.cut
    }

    @Test("With a server's export it is a mistake, and in memory it is refused, in words")
    func refused() throws {
        let station = try FixtureFiles()
        var options = ReplicationOptions()
        options.direct = .on
        let source = try SourceDataFile.open(at: station.sourcePath)
        #expect {
            try Replicator(source: source, copy: "nbd://localhost/copy", options: options)
        } throws: {
            ($0 as? TandemError)?.code == .badArgument && "\($0)".contains("--direct on: it is for files and devices")
        }
        #expect {
            try Replicator(source: source, copy: station.copyPath, options: options).admit()
        } throws: {
            "\($0)".contains("it cannot be written past the page cache: it is in memory. Leave --direct on away")
        }
    }
}
