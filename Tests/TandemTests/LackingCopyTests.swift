import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("A copy that lacks cuts is no equal one")
struct LackingCopyTests {
    @Test("An older copy is a finding of a comparison, though every record that it has is as it was")
    func older() throws {
        let station = try FixtureFiles()
        let older = station.scratch.bytes(of: "copy")
        do {
            let live = try Live(station)
            #expect(live.run { live.isInSync })
            try live.put(Call(7), at: 200 ..< 210)
            #expect(live.run { live.isReplicated })
            #expect(try Verification.compare(source: live.source, copy: station.copyPath).isSound)
        }
        station.scratch.write(older, to: "copy")
        let source = try SourceDataFile.open(at: station.sourcePath)
        let found = try Verification.compare(source: source, copy: station.copyPath)
        #expect(!found.isSound && found.lacksCuts && found.sourceCut == source.area.committed.load())
        #expect(Set(found.differences.map(\.index)) == Set(200 ..< 210))
        #expect(found.recordsTooHot == 0)
    }

    @Test("A journal that is damaged behind some of its cuts is a finding, even if no record tells")
    func damagedJournal() throws {
        let station = try FixtureFiles()
        let source = try SourceDataFile.open(at: station.sourcePath)
        let access = try CopyAccess(path: station.copyPath, writable: false)
        // The first of three cuts, so that all of them are out of reach.
        let first = access.layout.journalOffset + Int(access.slot.journalTail) % access.layout.journalBytes
        station.scratch.flip("copy", at: first + 200)
        let found = try Verification.compare(source: source, copy: station.copyPath)
        #expect(found.lacksCuts && !found.isSound)
    }
}
