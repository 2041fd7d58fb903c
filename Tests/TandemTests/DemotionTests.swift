import Synchronization
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// Two files that change roles, as those of two hosts do.
struct Pair {
    let station: FixtureFiles
    var scratch: Scratch { station.scratch }

    init(in parent: String = "/dev/shm") throws { station = try FixtureFiles(in: parent) }

    func path(_ name: String) -> String { scratch.file(name) }

    func live(_ source: String, to copy: String) throws -> Live {
        try Live(source: try SourceDataFile.open(at: path(source)), copy: path(copy))
    }

    /// The copy is promoted, and its old source finds out.
    func failOver(from source: String = "source", to copy: String = "copy") throws {
        _ = try Promotion.promote(copy: path(copy))
        let old = try live(source, to: copy)
        #expect(old.run { old.status.isSuperseded }, "\(old.log.all)")
    }

    func demote(_ source: String = "source", force: Bool = false) throws(TandemError) -> DemotionReport {
        try Demotion.demote(source: path(source), force: force)
    }

    func records(of name: String) throws -> [Call] {
        let source = try SourceDataFile.look(at: path(name))
        let calls = try source.table("calls", of: Call.self)
        return try (0 ..< 1000).map { try calls.read(at: $0) }
    }
}

extension Live {
    func counter(_ counter: Counter) -> Int { Int(source.area.replicator[counter].load()) }
}

@Suite("Fail-back: a source that was superseded becomes a copy where it lies, and gets what differs")
struct DemotionTests {
    private let pair: Pair

    init() throws { pair = try Pair() }

    @Test("P5: only the pages that differ travel, and then it can be promoted back with every record")
    func wayBack() throws {
        try pair.failOver()
        let report = try pair.demote()
        #expect(!report.wasDemoted && report.byteCount == StationLayout.layout.copyBytes)
        do {
            let new = try pair.live("copy", to: "source")
            // 64 records a page: two pages of 16.
            try new.put(Call(50), at: 10 ..< 20)
            try new.put(Call(51), at: 700 ..< 701)
            #expect(new.run { new.isInSync && new.isReplicated }, "\(new.log.all)")
            #expect(new.counter(.pagesDifferent) == 2 && new.counter(.returnsByContent) == 1)
            #expect(new.counter(.bulkCopies) == 0)
            #expect(try Verification.compare(source: new.source, copy: pair.path("source")).isSound)
        }
        let records = try pair.records(of: "copy")
        #expect(try CopyCheck.check(at: pair.path("source")).isPromotable)
        _ = try Promotion.promote(copy: pair.path("source"))
        #expect(try pair.records(of: "source") == records && records[15] == Call(50) && records[700] == Call(51))
    }

    @Test("What it had that the new source lacks is gone when that has compared, and not before")
    func givenUp() throws {
        _ = try Promotion.promote(copy: pair.path("copy"))
        do {
            let old = try pair.live("source", to: "copy")
            try old.put(Call(66), at: 300 ..< 301)
            #expect(old.run { old.status.isSuperseded })
        }
        let report = try pair.demote()
        #expect(report.changedPages == 1 && report.cut > 0)
        // Should the new source be lost at this moment, what there is can still be had.
        let kept = pair.scratch.read("source", count: 1, at: StationLayout.offset(ofCall: 300) + 16)
        #expect(kept == [66])
        let new = try pair.live("copy", to: "source")
        #expect(new.run { new.isInSync })
        #expect(new.counter(.pagesDifferent) == 1)
        #expect(try Verification.compare(source: new.source, copy: pair.path("source")).isSound)
    }

    @Test("The new source is lost as well before it has compared: by force it is the source again, and goes on")
    func promotedByForce() throws {
        try pair.failOver()
        let records = try pair.records(of: "source")
        let epoch = try pair.demote().epoch
        let source = pair.path("source")
        #expect(caught { () throws(TandemError) in _ = try Promotion.promote(copy: source) }?.code == .notPromotable)
        #expect(try Promotion.promote(copy: source, force: true).cut >= epoch)
        #expect(try pair.records(of: "source") == records)
        let live = try pair.live("source", to: "third")
        try live.put(Call(70), at: 3 ..< 4)
        #expect(live.run { live.isInSync && live.isReplicated })
        #expect(try Verification.compare(source: live.source, copy: pair.path("third")).isSound)
    }

    @Test("A record that a writer left half changed when it died comes from the new source")
    func halfDone() throws {
        try pair.failOver()
        let offset = StationLayout.offset(ofCall: 500)
        pair.scratch.patch("source", at: offset, [3, 0])  // the lock of writer 2
        pair.scratch.patch("source", at: offset + 24, [0xEE])
        _ = try pair.demote()
        do {
            let new = try pair.live("copy", to: "source")
            #expect(new.run { new.isInSync })
            #expect(new.counter(.pagesDifferent) == 1)
        }
        _ = try Promotion.promote(copy: pair.path("source"))
        #expect(try pair.records(of: "source")[500] == Call(1))
    }

    @Test("On a disk, where nothing is mapped to be written, its records are sealed and compared as well")
    func onDisk() throws {
        let pair = try Pair(in: "/var/tmp")
        try pair.failOver()
        _ = try pair.demote()
        let new = try pair.live("copy", to: "source")
        try new.put(Call(50), at: 10 ..< 20)
        #expect(new.run { new.isInSync && new.isReplicated }, "\(new.log.all)")
        #expect(new.counter(.pagesDifferent) == 1 && new.counter(.bulkCopies) == 0)
        #expect(try Verification.compare(source: new.source, copy: pair.path("source")).isSound)
    }

    @Test("P8, P10: twelve times they change places, with changes each time, and no record is older than it was")
    func alternating() throws {
        var wanted = try pair.records(of: "source")
        var (source, copy) = ("source", "copy")
        for round in 0 ..< 12 as Range<UInt64> {
            try pair.failOver(from: source, to: copy)
            _ = try pair.demote(source)
            swap(&source, &copy)
            let live = try pair.live(source, to: copy)
            let first = Int(round) * 70
            for index in first ..< first + 5 {
                wanted[index] = Call(100 + round)
                try live.put(wanted[index], at: index ..< index + 1)
            }
            #expect(live.run { live.isInSync && live.isReplicated }, "round \(round): \(live.log.all)")
            #expect(live.counter(.bulkCopies) == 0, "round \(round)")
            #expect(try pair.records(of: source) == wanted, "round \(round)")
            let compared = try Verification.compare(source: live.source, copy: pair.path(copy))
            #expect(compared.isSound, "round \(round): \(compared.differences)")
        }
        let slot = pair.scratch.slot(of: source)
        #expect(slot.ancestors.count == 8 && slot.lineage.promotions == 12 && slot.lineage.first != nil)
    }

    @Test("Who has it open reads every record as it was while it is sealed, and never waits")
    func readers() throws {
        try pair.failOver()
        let before = try pair.records(of: "source")
        let source = try SourceDataFile.open(at: pair.path("source"))
        let calls = try source.table("calls", of: Call.self)
        let seen = Seen()
        let reader = OwnThread { thread in
            while !thread.isStopping {
                for index in 0 ..< 1000 where (try? calls.read(at: index)) != before[index] {
                    seen.wrong.add(1, ordering: .relaxed)
                }
                seen.rounds.add(1, ordering: .relaxed)
            }
        }
        while seen.rounds.load(ordering: .relaxed) == 0 {}
        for _ in 0 ..< 20 { _ = try pair.demote() }
        reader.stop()
        #expect(seen.wrong.load(ordering: .relaxed) == 0)
    }

    @Test("P10: a program that has had it open since before gets no writer and no replicator, then or later")
    func superseded() throws {
        try pair.failOver()
        let program = try SourceDataFile.open(at: pair.path("source"))
        _ = try pair.demote()
        let bytes = pair.scratch.bytes(of: "source")
        func isTold() {
            #expect(caught { () throws(TandemError) in _ = try program.makeWriter() }?.code == .superseded)
            #expect(
                caught { () throws(TandemError) in
                    _ = try Replicator(source: program, copy: pair.path("other"), options: .plain)
                }?.code == .superseded)
        }
        isTold()
        #expect(pair.scratch.bytes(of: "source") == bytes)
        do {
            let new = try pair.live("copy", to: "source")
            #expect(new.run { new.isInSync })
        }
        // A source again, of another life: what the program knows of its own is history.
        _ = try Promotion.promote(copy: pair.path("source"))
        isTold()
        _ = try SourceDataFile.open(at: pair.path("source")).makeWriter()
    }
}

private final class Seen: Sendable {
    let wrong = Atomic(0)
    let rounds = Atomic(0)
}
