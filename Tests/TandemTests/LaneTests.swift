import Tandem
import TandemCore
import TestSupport
import Testing

@Suite("Lanes: threads that read images beside the replicator's")
struct LaneTests {
    private func options(_ lanes: Int) -> ReplicationOptions {
        var options = ReplicationOptions.plain
        options.lanes = .exactly(lanes)
        return options
    }

    @Test("A copy made over no lane, over one and over three has the same digest")
    func sameDigest() throws {
        let station = try FixtureFiles()
        let source = try SourceDataFile.open(at: station.sourcePath)
        let scratch = Scratch(in: "/dev/shm")
        var digests: Set<[UInt64]> = []
        for count in [0, 1, 3] {
            // Where others have the processors, lanes may all be late: then the engine has read everything.
            for _ in 0 ..< 20 {
                scratch.remove("copy\(count)")
                let path = scratch.file("copy\(count)")
                let live = try Live(source: source, copy: path, options: options(count))
                if count == 0 {
                    for index in 0 ..< 40 { try live.put(Call(UInt64(index) + 1), at: index ..< index + 1) }
                }
                #expect(live.run { live.isInSync && live.status.journalUsedBytes == 0 && live.status.dirtyPages == 0 })
                let status = live.status
                #expect(try Verification.compare(source: source, copy: path).isSound)
                // Nor has anything been mended meanwhile.
                #expect(status.counters["pagesDamaged"] == 0)
                digests.insert(
                    try Self.digests(of: scratch.read("copy\(count)", count: source.layout.copyBytes), source))
                let hasRead = status.counters["pagesByLanes"]! > 0
                #expect(hasRead == (count > 0) || status.lanesWereLate)
                if count == 0 || hasRead { break }
            }
        }
        #expect(digests.count == 1)
    }

    /// As a standby serves them.
    private static func digests(of bytes: [UInt8], _ source: SourceDataFile) throws -> [UInt64] {
        bytes.withUnsafeBytes { raw in
            source.layout.tables.flatMap { table in
                (0 ..< table.pageCount).map { page in
                    PageDigest.of(table, page: page, at: raw.baseAddress! + table.offset + page * table.pageBytes)
                }
            }
        }
    }

    @Test("It is exact while a program changes everything, and a replicator ends with its lanes", arguments: [1, 3])
    func underTraffic(count: Int) throws {
        let station = try FixtureFiles()
        let live = try Live(
            source: SourceDataFile.open(at: station.sourcePath), copy: station.copyPath, options: options(count))
        for round in 0 ..< 200 {
            try live.put(Call(UInt64(round)), at: round % 100 ..< round % 100 + 20)
            live.replicator.step()
        }
        #expect(live.run { live.isInSync && live.isReplicated })
        #expect(try Verification.compare(source: live.source, copy: station.copyPath).isSound)
    }

    @Test(
        "A number of lanes that is not possible is refused, and so is a processor that cannot be",
        arguments: [(-1, []), (17, []), (2, [-1]), (2, [0, 4096])])
    func refused(count: Int, cpus: [Int]) throws {
        let station = try FixtureFiles()
        var options = options(count)
        options.laneCPUs = cpus
        let source = try SourceDataFile.open(at: station.sourcePath)
        let error = #expect(throws: TandemError.self) {
            _ = try Replicator(source: source, copy: station.copyPath, options: options)
        }
        #expect(error?.code == .badArgument)
    }
}

extension SourceStatus {
    /// Others had the processors.
    fileprivate var lanesWereLate: Bool { counters["lanesLate"]! > 0 }
}
