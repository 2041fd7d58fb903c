import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// A station's copy has 1,000 records of `Call(1)` in its tables, and three cuts in its journal that make records 100
/// to 109 `Call(2)`, `Call(3)` and `Call(4)`.
@Suite("Records of a copy, as of its last whole cut")
struct InspectionTests {
    private let station: FixtureFiles

    init() throws { station = try FixtureFiles() }

    private func read(_ indices: Range<Int>? = nil, table: String = "calls") throws(TandemError) -> CopyInspection {
        try CopyInspection.read(at: station.copyPath, table: table, indices: indices)
    }

    private func calls(_ inspection: CopyInspection) -> [Call] {
        inspection.records.map { $0.payload.withUnsafeBytes { $0.loadUnaligned(as: Call.self) } }
    }

    @Test("The journal's last change of a record is shown, the table's image of others, and every seal is verified")
    func replayed() throws {
        let found = try read(98 ..< 112)
        #expect(calls(found) == [1, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1, 1].map { Call($0) })
        #expect(found.records.map(\.index) == Array(98 ..< 112))
        #expect(found.records.map(\.isFromJournal) == (98 ..< 112).map { (100 ..< 110).contains($0) })
        #expect(found.isSound && found.cutsReplayed == 3 && found.changesReplayed == 30)
        let cut = try CopyCheck.check(at: station.copyPath).cut
        #expect(found.cut == cut)
        #expect(found.records.allSatisfy { $0.epoch > 0 && $0.epoch <= cut })
    }

    @Test("The same is in the source that the copy becomes, at the first and the last index too")
    func asPromoted() throws {
        let found = try read(0 ..< 1000)
        _ = try Promotion.promote(copy: station.copyPath)
        let table = try SourceDataFile.open(at: station.copyPath).table("calls", of: Call.self)
        for (index, call) in calls(found).enumerated() { #expect(try table.read(at: index) == call) }
    }

    @Test("Without a range there are sixteen records, and a range is cut to the table")
    func ranges() throws {
        #expect(try read().records.map(\.index) == Array(0 ..< 16))
        #expect(try read(990 ..< 5000).records.map(\.index) == Array(990 ..< 1000))
        #expect(try read(table: "trunks").records.count == 16)
        #expect(failure { () throws(TandemError) in _ = try read(1000 ..< 1001) }?.code == .indexOutOfRange)
        #expect(failure { () throws(TandemError) in _ = try read(-5 ..< 0) }?.code == .indexOutOfRange)
        #expect(
            failure { () throws(TandemError) in _ = try read(table: "nothing") }?.description.contains(
                "Its tables are: calls, trunks") == true)
    }

    @Test("A record that has rotted is told, and so is one whose rot the journal covers not")
    func rot() throws {
        station.scratch.flip("copy", at: StationLayout.offset(ofCall: 7) + 20)
        station.scratch.flip("copy", at: StationLayout.offset(ofCall: 105) + 20)
        let found = try read(0 ..< 200)
        #expect(!found.isSound && found.problems.isEmpty)
        // Record 105 is brought by the journal, sealed.
        #expect(found.records.filter { !$0.isSealed }.map(\.index) == [7])
    }

    @Test("A journal that has rotted is told")
    func rottenJournal() throws {
        let cuts = station.scratch.journal(of: "copy")
        station.scratch.flip("copy", at: cuts[1].offset + 200)
        let found = try read(100 ..< 101)
        #expect(calls(found) == [Call(2)])
        #expect(!found.isSound && found.problems.first?.contains("its journal is damaged") == true, "\(found.problems)")
    }

    @Test("A copy that is syncing is no whole state, a source is no copy, and neither is shown as one")
    func refusals() throws {
        station.scratch.forgeSlot("copy") { $0.role = .syncing }
        #expect(failure { () throws(TandemError) in _ = try read() }?.code == .notPromotable)
        #expect(
            failure { () throws(TandemError) in _ = try CopyInspection.read(at: station.sourcePath, table: "calls") }?
                .code
                == .wrongRole)
    }

    @Test("A copy that is syncing has images of later cuts than its journal, and a check calls none of them lost")
    func imagesFirst() throws {
        station.scratch.forgeSlot("copy") { ($0.role, $0.tailCut, $0.cut) = (.syncing, 0, 0) }
        let problems = try CopyCheck.check(at: station.copyPath).problems
        #expect(problems == ["the copy was being brought together when it was left: it is no whole state"])
    }

    @Test("Nothing of it writes to the copy")
    func untouched() throws {
        let before = station.snapshot()
        _ = try read(0 ..< 1000)
        #expect(station.snapshot() == before)
    }

    @Test("Of a copy that is being written, whole states are shown: records changed together are seen together")
    func live() throws {
        let live = try Live(station)
        #expect(live.run { live.isInSync })
        for value in 10 ..< 60 as Range<UInt64> {
            try live.putTogether(Call(value), at: [3, 500, 997])
            for _ in 0 ..< 40 { live.replicator.step() }
            let found = try read(0 ..< 1000)
            #expect(found.isSound)
            let seen = calls(found)
            #expect(seen[3] == seen[500] && seen[3] == seen[997])
        }
    }

    private func failure(_ body: () throws(TandemError) -> Void) -> TandemError? { caught(body) }
}
