import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// What somebody may write over an open copy, in place: name, inode and length stay as they were.
enum Overwriting: CaseIterable {
    /// All of an older whole copy, as `cp` writes it.
    case olderCopy
    /// The same, from before the last cuts but behind the last state slot: nothing but the journal tells.
    case olderCuts
    /// One page of a stranger's, where the header is.
    case header
    /// Both state slots.
    case slots
    case zeros

    func strike(_ station: FixtureFiles, older: [UInt8], justBefore: [UInt8]) {
        switch self {
        case .olderCopy: station.scratch.patch("copy", at: 0, older)
        case .olderCuts: station.scratch.patch("copy", at: 0, justBefore)
        case .header: station.scratch.patch("copy", at: 0, [UInt8](repeating: 0xA5, count: 4096))
        case .slots: station.scratch.patch("copy", at: 8192, [UInt8](repeating: 0, count: 8192))
        case .zeros: station.scratch.patch("copy", at: 0, [UInt8](repeating: 0, count: older.count))
        }
    }

    /// What the file then is may not be overwritten.
    var isRefused: Bool { self == .header || self == .slots }
}

@Suite("A copy that somebody else writes to is gone")
struct OverwrittenTests {
    @Test(
        "What is written over an open copy is found within a second, and commits are not acknowledged any more",
        arguments: Overwriting.allCases, ["/dev/shm", "/var/tmp"])
    func found(_ overwriting: Overwriting, folder: String) throws {
        let station = try FixtureFiles()
        let copy = Scratch(in: folder)
        let older = station.scratch.bytes(of: "copy")
        copy.write(older, to: "copy")
        // `auto` takes io_uring where the copy is not in memory and the kernel allows it.
        let live = try Live(
            source: try SourceDataFile.open(at: station.sourcePath), copy: copy.file("copy"),
            options: ReplicationOptions())
        #expect(live.run { live.isInSync })
        try live.put(Call(7), at: 200 ..< 210)
        #expect(live.run { live.isReplicated && live.status.journalUsedBytes == 0 })
        try live.put(Call(8), at: 210 ..< 220)
        #expect(live.run { live.isReplicated })
        let justBefore = copy.bytes(of: "copy")
        try live.put(Call(9), at: 220 ..< 221)
        #expect(live.run { live.isReplicated })
        // What is written into zeros before they are noticed makes data of them, which is nobody's, and refused.
        if overwriting == .zeros {
            #expect(live.run { live.status.owedPages == 0 && live.status.journalUsedBytes == 0 })
        }
        // Between two sweeps, which would write a slot.
        let place = FixtureFiles(madeAt: copy.path)
        overwriting.strike(place, older: older, justBefore: justBefore)
        let struck = MonotonicClock.now()
        #expect(live.run(seconds: 5) { !live.isInSync })
        // Twice a second; this machine has others to serve.
        #expect(MonotonicClock.now() - struck < 2_000_000_000)
        #expect(live.log.all.contains { $0.contains("somebody else has written to the file") }, "\(live.log.all)")
        if overwriting.isRefused {
            #expect(live.run { live.status.copyState == .refused })
            try live.put(Call(10), at: 230 ..< 231)
            #expect(!live.run(seconds: 0.2) { live.isReplicated })
        } else {
            try live.put(Call(10), at: 230 ..< 231)
            #expect(live.run { live.isInSync && live.isReplicated }, "\(live.log.all)")
            #expect(try Verification.compare(source: live.source, copy: copy.file("copy")).isSound)
            #expect(try CopyCheck.check(at: copy.file("copy")).isPromotable)
        }
    }
}
