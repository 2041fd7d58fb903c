import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// Servers that no copy can be kept on, and servers that say what they like.
@Suite("A server that is a mistake", .serialized, .enabled(if: NBDServer.Kind.file.isInstalled, "there is no nbdkit"))
struct WrongServerTests {
    struct Case: CustomStringConvertible, Sendable {
        let description: String
        var kind = NBDServer.Kind.file
        var options: [String] = []
        /// Bytes of the export above those that the copy needs.
        var more = 0
        var name = "copy"
        let state: CopyState
        /// In what is logged.
        let words: [String]
    }

    static let cases = [
        Case(
            description: "read-only", options: ["-r"], state: .refused,
            words: ["lets nobody write to it", "without the server's read-only option"]),
        Case(
            description: "a page too small", more: -4096, state: .refused,
            words: ["bytes where the copy needs", "truncate -s"]),
        Case(description: "a byte too small", more: -1, state: .refused, words: ["bytes where the copy needs"]),
        Case(description: "empty", kind: .memory, more: -(1 << 40), state: .refused, words: ["has 0 bytes"]),
        Case(
            description: "a byte longer", more: 1, state: .inSync,
            words: ["in sync"]),
        Case(
            description: "blocks of 64 KiB",
            options: [
                "--filter=blocksize-policy", "blocksize-minimum=65536", "blocksize-preferred=65536",
                "blocksize-error-policy=error",
            ],
            state: .refused, words: ["takes blocks of 65536", "pages of 4096"]),
        Case(
            description: "requests of up to 64 KiB",
            options: ["--filter=blocksize-policy", "blocksize-maximum=65536", "blocksize-error-policy=error"],
            state: .inSync, words: ["in sync"]),
        Case(
            description: "no flush", kind: .classic, options: ["flush = false"], state: .refused,
            words: ["cannot flush", "flush = true"]),
        Case(
            description: "another name", kind: .classic, name: "cpoy", state: .offline,
            words: ["no export of this name"]),
        Case(
            description: "another name", kind: .qemu, name: "cpoy", state: .offline, words: ["no export of this name"]),
        Case(
            description: "full", options: ["--filter=error", "error-pwrite=ENOSPC", "error-pwrite-rate=100%"],
            state: .offline, words: ["no space left"]),
        Case(
            description: "unreadable", options: ["--filter=error", "error-pread=EIO", "error-pread-rate=100%"],
            state: .offline, words: ["reported an error", "Input/output error"]),
        Case(
            description: "only over TLS", options: ["--tls=require", "--tls-psk=/dev/null"], state: .offline,
            words: ["cannot be reached"]),
    ]

    private static let possible = cases.filter { $0.kind.isInstalled }

    @Test("It is refused or waited for, in words, and nothing but a copy is written there", arguments: possible)
    func wrong(row: Case) throws {
        let scratch = Scratch(in: "/dev/shm")
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let bytes = max(0, source.layout.copyBytes + row.more)
        let server = NBDServer(row.kind, in: scratch, bytes: bytes, options: row.options)
        let live = try Live(
            source: source, copy: server.address(of: row.name), options: .remote)
        let hasAnswered = { live.log.all.contains { $0.contains(row.words[0]) } }
        #expect(live.run(until: hasAnswered), "\(row): \(live.log.all) \(server.log)")
        let line = live.log.all.first { $0.contains(row.words[0]) } ?? ""
        for word in row.words { #expect(line.contains(word), "\(row): \(line)") }
        #expect(live.status.copyState == row.state, "\(row): \(live.log.all)")
        guard row.state == .refused, row.kind.hasFile else { return }
        #expect(scratch.bytes(of: "exported") == [UInt8](repeating: 0, count: bytes))
    }

    @Test("An export with somebody's data is refused and left as it is")
    func foreign() throws {
        let remote = try Remote(.file)
        var bytes = [UInt8](repeating: 0, count: remote.source.layout.copyBytes)
        bytes.replaceSubrange(70_000 ..< 70_006, with: Array("letter".utf8))
        remote.scratch.write(bytes, to: "exported")
        let live = try remote.replicate()
        #expect(live.run { live.status.copyState == .refused }, "\(live.log.all)")
        #expect(live.log.first(at: .error)?.contains("holds data that is not a Tandem copy") == true)
        #expect(remote.scratch.bytes(of: "exported") == bytes)
    }

    @Test("The copy of another source is refused by a server as by a file")
    func foreignCopy() throws {
        let remote = try Remote(.file)
        let other = try SourceDataFile.create(
            at: remote.scratch.file("other"), tables: Exchange.tables, options: Exchange.options)
        do {
            let live = try remote.replicate()
            #expect(live.run { live.isInSync })
        }
        let live = try Live(source: other, copy: remote.server.address, options: .remote)
        #expect(live.run { live.status.copyState == .refused }, "\(live.log.all)")
    }

    @Test("A source that was put back is refused by the newer copy on a server")
    func olderSource() throws {
        let remote = try Remote(.file)
        do {
            let live = try remote.replicate()
            try live.put(Call(1), at: 0 ..< 10)
            #expect(live.run { live.isInSync && live.isReplicated })
        }
        let backup = remote.scratch.bytes(of: "source")
        do {
            let live = try remote.replicate()
            try live.put(Call(2), at: 0 ..< 10)
            #expect(live.run { live.isInSync && live.isReplicated })
        }
        remote.scratch.write(backup, to: "source")
        let copy = remote.scratch.bytes(of: "exported")
        let older = try SourceDataFile.open(at: remote.scratch.file("source"))
        let live = try Live(source: older, copy: remote.server.address, options: .remote)
        #expect(live.run { live.status.copyState == .refused }, "\(live.log.all)")
        #expect(live.status.reason == "the copy is newer than this source")
        #expect(remote.scratch.bytes(of: "exported") == copy)
    }

    /// What somebody says who is no server.
    enum Stranger: String, CaseIterable, Sendable { case says, isSilent, hangsUp, greetsAndHangsUp }

    @Test(
        "Whoever is no server is waited for: silent, hanging up, or talking of other things",
        arguments: Stranger.allCases)
    func stranger(kind: Stranger) throws {
        let scratch = Scratch(in: "/dev/shm")
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let listener = Listener(at: scratch.file("socket"), says: kind)
        defer { listener.stop() }
        let live = try Live(
            source: source, copy: "nbd+unix:///copy?socket=\(scratch.file("socket"))", options: .remote)
        #expect(live.run { live.status.reason.contains("its server cannot be reached") }, "\(live.log.all)")
        let begun = MonotonicClock.now()
        try live.put(Call(1), at: 0 ..< 100)
        #expect(MonotonicClock.now() - begun < 500_000_000)
    }

    @Test("Where nobody listens it is waited for, and found when it is there")
    func late() throws {
        let remote = try Remote(.file)
        remote.server.kill()
        let live = try remote.replicate()
        #expect(live.run { live.status.reason.contains("its server cannot be reached") }, "\(live.log.all)")
        remote.server.start()
        #expect(live.run { live.isInSync }, "\(live.log.all)")
    }
}

/// Somebody who listens on a socket and is no server.
private final class Listener: Sendable {
    private let thread: OwnThread
    private let file: Int32

    init(at path: String, says kind: WrongServerTests.Stranger) {
        let file = ListeningSocket.open(at: path)
        self.file = file
        thread = OwnThread { own in
            var held: [Int32] = []
            while !own.isStopping {
                let peer = accept(file, nil, nil)
                guard peer >= 0 else {
                    usleep(5000)
                    continue
                }
                let words: [UInt8] =
                    switch kind {
                    case .says: Array("220 mail.example.org ESMTP\r\n".utf8) + [UInt8](repeating: 65, count: 4096)
                    case .greetsAndHangsUp: Array("NBDMAGICIHAVEOPT".utf8) + [0, 3]
                    case .isSilent, .hangsUp: []
                    }
                _ = words.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if kind == .hangsUp || kind == .greetsAndHangsUp { close(peer) } else { held.append(peer) }
            }
            for peer in held { close(peer) }
        }
    }

    func stop() {
        thread.stop()
        close(file)
    }
}
