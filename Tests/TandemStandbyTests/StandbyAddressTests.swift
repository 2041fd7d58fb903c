import Glibc
import TandemTypes
import TestSupport
import Testing

@testable import TandemStandby
@testable import TandemSystem

/// The replicator's host and the standby's read the same words by the same rules.
@Suite("A standby's address and its secret")
struct StandbyAddressTests {
    private static let key = String(repeating: "0123456789abcdef", count: 4)

    private func problem(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? TandemError)?.detail.map { "\($0.problem). \($0.remedy)" } ?? "?" }
        return nil
    }

    @Test("A place to listen at is taken, or refused in the same words, as host and port of an address are")
    func places() throws {
        for (text, host, port) in [
            ("h", "h", 10809), ("10.0.0.2:7", "10.0.0.2", 7), ("[::1]", "::1", 10809), ("[fe80::1]:1", "fe80::1", 1),
        ] {
            let place = try StandbyAddress.listening(text)
            #expect(place == (host, UInt16(port)), "\(text)")
            #expect(try NBDAddress("nbd://\(text)/copy").place == .tcp(host: host, port: UInt16(port)), "\(text)")
        }
        for text in ["", ":1", "h:", "h:+1", "h:0", "h:65536", "h:１", "::1", "[::1", "[::1]1", "[::1]:", "[]"] {
            let there = try #require(problem { _ = try NBDAddress("nbd://\(text)/copy") }, "\(text)")
            let here = try #require(problem { _ = try StandbyAddress.listening(text) }, "\(text)")
            #expect(here.split(separator: ". ").first == there.split(separator: ". ").first, "\(text)")
            #expect(here.contains("Give HOST:PORT"), "\(text)")
        }
    }

    @Test("An export's host is told from a path, and from this host")
    func hosts() {
        for path in ["/dev/shm/a://b", "./nbd://x", "copy", "://"] { #expect(!StandbyAddress.isAddress(path)) }
        #expect(StandbyAddress.isAddress("nbds://10.0.0.2/c") && StandbyAddress.isAddress("nbd+unix:///c?socket=s"))
        #expect(StandbyAddress.host(of: "nbds://10.0.0.2:7/c") == "10.0.0.2")
        #expect(StandbyAddress.host(of: "nbd+unix:///c?socket=s") == nil && StandbyAddress.host(of: "/copy") == nil)
    }

    @Test("A file of keys is taken at both ends, or at none, and the refusal says what to do")
    func secrets() throws {
        let scratch = Scratch(in: "/dev/shm")
        let line = "tandem:\(Self.key)\n"
        let rows: [(name: String, text: String, mode: mode_t, owner: uid_t?, words: String?)] = [
            ("right", line, 0o600, nil, nil), ("noted", "# by psktool\n\n" + line, 0o400, nil, nil),
            ("open", line, 0o640, nil, "chmod 600"), ("another's", line, 0o600, 65_534, "belongs to user 65534"),
            ("words", "tandem:xyz\n", 0o600, nil, "not 'user:key'"), ("empty", "", 0o600, nil, "it has no key"),
            ("odd", "tandem:\(Self.key)a\n", 0o600, nil, "not 'user:key'"),
            ("two colons", "tandem::\(Self.key)\n", 0o600, nil, "not 'user:key'"),
            ("behind", line + "x\n", 0o600, nil, "not 'user:key'"), ("short", "tandem:abcd\n", 0o600, nil, "32"),
        ]
        for row in rows {
            let path = scratch.file(row.name)
            scratch.write(Array(row.text.utf8), to: row.name, mode: row.mode)
            // Who is not root can give nothing away.
            if let owner = row.owner, chown(path, owner, .max) != 0 { continue }
            try expect(path, row.words)
        }
        try expect(scratch.file("missing"), "tandem standby --new-secret")
        try expect(scratch.path, "no file that its user alone can read")
        #expect(mkfifo(scratch.file("pipe"), 0o600) == 0)
        try expect(scratch.file("pipe"), "no file that its user alone can read")
    }

    private func expect(_ path: String, _ words: String?) throws {
        var access = NBDAccess()
        access.secret = path
        let address = try NBDAddress("nbds://standby/copy")
        let here = problem { try StandbyAddress.checkSecret(path) }
        #expect(problem { _ = try access.security(for: address) } == here, "\(path)")
        #expect(words.map { here?.contains($0) == true } ?? (here == nil), "\(path): \(here ?? "taken")")
    }
}
