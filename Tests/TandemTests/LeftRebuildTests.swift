import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("What a killed rebuild leaves")
struct LeftRebuildTests {
    /// A copy of the station's own line, but syncing, as a replicator that was killed in mid-rebuild leaves it.
    private func leaveRebuild(_ station: FixtureFiles) throws {
        let access = try CopyAccess(path: station.copyPath, writable: false)
        let slot = StateSlot(
            sequence: 90, generation: access.slot.generation, lineage: access.slot.lineage, role: .syncing)
        let header = CopyFormatter.header(layout: access.layout, slot: slot, checksum: LinuxChecksum.crc32c)
        let rest = [UInt8](repeating: 0, count: access.layout.copyBytes - header.count)
        station.scratch.write(header + rest, to: "copy.rebuild")
    }

    @Test("A promotion removes what a rebuild of the earlier life has left")
    func promoted() throws {
        let station = try FixtureFiles()
        try leaveRebuild(station)
        _ = try Promotion.promote(copy: station.copyPath)
        #expect(!station.scratch.names.contains("copy.rebuild"))
    }

    @Test("A copy in use loses what a rebuild of an earlier life has left beside it")
    func watched() throws {
        let station = try FixtureFiles()
        try leaveRebuild(station)
        let left = station.scratch.bytes(of: "copy.rebuild")
        _ = try Promotion.promote(copy: station.copyPath, to: station.scratch.file("new"))
        station.scratch.write(left, to: "copy.rebuild")
        let live = try Live(source: try SourceDataFile.open(at: station.scratch.file("new")), copy: station.copyPath)
        #expect(live.run { live.isInSync && !station.scratch.names.contains("copy.rebuild") })
    }

    @Test("A stranger's file of that name stays, and the log says why the copy is overwritten in place")
    func strangers() throws {
        let station = try FixtureFiles()
        do {
            let live = try Live(station)
            #expect(live.run { live.isInSync })
            // Nothing that it shows is believed any more.
            live.source.area.replicator[.flushLost].store(1)
        }
        station.scratch.write([1, 2, 3], to: "copy.rebuild")
        let live = try Live(station)
        #expect(live.run { live.isInSync })
        #expect(station.scratch.bytes(of: "copy.rebuild") == [1, 2, 3])
        let told = live.log.all.filter { $0.contains("overwritten in place") }
        #expect(told.count == 1 && told[0].contains("copy.rebuild: cannot remove it"), "\(live.log.all)")
    }
}
