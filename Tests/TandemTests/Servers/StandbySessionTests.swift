import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// What a replicator says to a standby, and what it makes of the answers: the standby is a script here, a page of shell
/// behind nbdkit, that keeps to the contract and notes who came.
@Suite(
    "A standby's fence, from the primary's side", .serialized,
    .enabled(if: NBDServer.Kind.file.isInstalled, "there is no nbdkit"))
struct StandbySessionTests {
    private static let script = """
        #!/bin/bash
        # $1: what; then the handle, which is the export's name, and what belongs to it.
        cd "$(dirname "$0")"
        bytes=$(stat -c %s exported)
        session() { [[ $1 =~ session=([0-9]+) ]] && echo "${BASH_REMATCH[1]}" || echo 0; }
        gone() {
            [ "$(session "$1")" = 0 ] || [ "$(session "$1")" = "$(cat present)" ] || { echo ESHUTDOWN >&2; exit 1; }
        }
        case $1 in
        export_description) echo "tandem-standby/1 session=$(cat present)" ;;
        open)
            asked=$(session "$3")
            if [ "$2" = false ] && [ "$asked" -gt 0 ]; then
                echo "$3" >>opened
                [ "$asked" -gt "$(cat present)" ] || { echo "EPERM older" >&2; exit 1; }
                echo "$asked" >present
            fi
            echo "$3" ;;
        get_size) echo $((bytes + 4096)) ;;
        can_write) [ "$(session "$2")" -gt 0 ] || exit 3 ;;
        can_flush) exit 0 ;;
        flush) gone "$2" ;;
        pread)
            gone "$2"
            if [ "$4" -ge "$bytes" ]; then
                printf 'TANDEMSB\\001\\0\\0\\0\\0\\0\\0\\0'
                perl -e 'print pack("Q<", $ARGV[0]), "\\0" x 4072' "$(session "$2")"
            else dd if=exported iflag=skip_bytes,count_bytes skip="$4" count="$3" bs=1M status=none; fi ;;
        pwrite) gone "$2"; dd of=exported oflag=seek_bytes seek="$4" bs=1M conv=notrunc status=none ;;
        *) exit 2 ;;
        esac
        """

    private final class Standby {
        let scratch = Scratch(in: "/dev/shm")
        let source: SourceDataFile
        let server: NBDServer

        init() throws(TandemError) {
            source = try SourceDataFile.create(
                at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
            scratch.write(Array(StandbySessionTests.script.utf8), to: "script", mode: 0o700)
            scratch.write(Array("0\n".utf8), to: "present")
            server = NBDServer(
                .file, in: scratch, bytes: source.layout.copyBytes, plugin: ["sh", scratch.file("script")])
        }

        func replicate() throws(TandemError) -> Live {
            try Live(source: source, copy: server.address, options: .remote)
        }

        /// The session that the newest state slot names.
        var writtenSession: Int? {
            StateSlot.newest(in: scratch.read("exported", count: 16384), checksum: LinuxChecksum.crc32c)
                .map { Int($0.session) }
        }

        /// Numbers of the sessions that were asked for, in order.
        var sessions: [Int] {
            String(decoding: scratch.read("opened", count: 1 << 16), as: UTF8.self).split(separator: "\n")
                .compactMap { line in
                    line.split(separator: "=").dropFirst().first.flatMap { Int($0.prefix(while: \.isNumber)) }
                }
        }
    }

    @Test("Each connection asks for a session above all before it, with the copy's generation and length")
    func rises() throws {
        let standby = try Standby()
        for _ in 0 ..< 2 {
            let live = try standby.replicate()
            try live.put(Call(1), at: 0 ..< 100)
            #expect(
                live.run(seconds: 30) { live.isInSync && live.isReplicated }, "\(live.log.all) \(standby.server.log)")
            // What the copy says of it, for a standby that is started again.
            #expect(live.run(seconds: 30) { standby.writtenSession == standby.sessions.last }, "\(live.log.all)")
            #expect(live.status.driver.contains("a standby that fences"), "\(live.status.driver)")
        }
        let sessions = standby.sessions
        #expect(sessions.count >= 2 && sessions == sessions.sorted() && Set(sessions).count == sessions.count)
        let name = String(decoding: standby.scratch.read("opened", count: 4096), as: UTF8.self).prefix { $0 != "\n" }
        #expect(name.hasPrefix("copy?session=1&generation=\(standby.source.generation)&bytes="))
        #expect(name.hasSuffix("&bytes=\(standby.source.layout.copyBytes)"), "\(name)")
    }

    @Test("A session that another has overtaken is off line, and comes back above it")
    func overtaken() throws {
        let standby = try Standby()
        let live = try standby.replicate()
        #expect(live.run(seconds: 30) { live.isInSync }, "\(live.log.all)")
        standby.scratch.write(Array("9\n".utf8), to: "present")
        try live.put(Call(2), at: 0 ..< 100)
        #expect(live.run(seconds: 30) { live.status.copyState == .offline }, "\(live.log.all)")
        #expect(live.log.first(at: .warning)?.contains("connection to its server was lost") == true, "\(live.log.all)")
        // It is behind: refused as long as nobody says that its sessions are older.
        #expect(live.run(seconds: 30) { live.status.reason.contains("has it locked") }, "\(live.log.all)")
        // Nor does it climb above the other one by asking again and again.
        let before = standby.sessions.count
        #expect(live.run(seconds: 30) { standby.sessions.count >= before + 2 }, "\(live.log.all)")
        #expect(Set(standby.sessions.dropFirst(before - 1)).count == 1, "asked for \(standby.sessions)")
        standby.scratch.write(Array("1\n".utf8), to: "present")
        #expect(live.run(seconds: 30) { live.isInSync && live.isReplicated }, "\(live.log.all)")
        #expect(!live.log.all.contains { $0.contains("may still perform") }, "a fence needs no time: \(live.log.all)")
    }

    @Test("A standby that was promoted takes no session, and the source that asks for one hears that it is superseded")
    func promoted() throws {
        let standby = try Standby()
        do {
            let live = try standby.replicate()
            try live.put(Call(1), at: 0 ..< 100)
            #expect(live.run(seconds: 30) { live.isInSync && live.isReplicated }, "\(live.log.all)")
        }
        _ = try Promotion.promote(copy: standby.scratch.file("exported"))
        standby.scratch.write(Array("9000000000000000000\n".utf8), to: "present")
        let live = try standby.replicate()
        #expect(live.run(seconds: 30) { live.status.isSuperseded }, "\(live.log.all)")
        #expect(throws: TandemError.self) { try live.put(Call(2), at: 0 ..< 1) }
    }
}
