import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// What a server answers is believed as little as what stands in a file.
@Suite("A server that says what it likes", .serialized)
struct PretendServerTests {
    private static let words: [PretendServer.Manner: [String]] = [
        .forgets: ["somebody else has written", "is not the copy", "reported an error", "not whole"],
        .isSilent: ["took too long", "no progress for ten seconds"],
        .answersOthers: ["connection to its server was lost", "took too long"],
        .stammers: ["connection to its server was lost"],
        .hangsUpInReply: ["connection to its server was lost"],
        .hasItsOwnErrors: ["reported an error", "flush failed"],
        .isRandom: ["not a copy"],
        .isHuge: ["somebody else has written", "reported an error", "not whole"],
        .isNegative: ["cannot be reached", "bytes where the copy needs"],
        .claimsToBeStandby: ["may still perform"],
    ]

    @Test("It is never in sync, is told of in words, and holds no writer up", arguments: PretendServer.Manner.allCases)
    func pretends(manner: PretendServer.Manner) throws {
        let scratch = Scratch(in: "/dev/shm")
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let server = PretendServer(at: scratch.file("socket"), bytes: source.layout.copyBytes + 8192, manner)
        defer { server.stop() }
        let live = try Live(
            source: source, copy: "nbd+unix:///copy?socket=\(scratch.file("socket"))", options: .remote)
        let begun = MonotonicClock.now()
        try live.put(Call(1), at: 0 ..< 1000)
        #expect(MonotonicClock.now() - begun < 1_000_000_000)
        let told = { live.log.all.contains { line in Self.words[manner]!.contains { line.contains($0) } } }
        // A flush may take its time before it counts as lost.
        #expect(live.run(seconds: 30, until: told), "\(manner): \(live.log.all)")
        #expect(!live.log.all.contains { $0.contains("in sync") }, "\(manner): \(live.log.all)")
        #expect(!live.isReplicated)
    }
}
