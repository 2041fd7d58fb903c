import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// Keys that both sides have, and connections that must not come to be.
@Suite("A copy over TLS", .serialized, .enabled(if: NBDServer.Kind.file.isInstalled, "there is no nbdkit"))
struct SecretTests {
    private static let key = String(repeating: "0123456789abcdef", count: 4)
    private static let otherKey = String(repeating: "fedcba9876543210", count: 4)

    private func secret(_ text: String, in scratch: Scratch, named name: String = "secret", mode: mode_t = 0o600)
        -> String
    {
        scratch.write(Array(text.utf8), to: name, mode: mode)
        return scratch.file(name)
    }

    private func options(_ secret: String) -> ReplicationOptions {
        var options = ReplicationOptions.remote
        options.secret = secret
        return options
    }

    /// A server with the key in "served", or without encryption.
    private func remote(_ scratch: Scratch, tls: String = "require") throws -> Remote {
        let served = secret("tandem:\(Self.key)\n", in: scratch, named: "served")
        return try Remote(.file, options: tls == "off" ? [] : ["--tls=\(tls)", "--tls-psk=\(served)"])
    }

    @Test("With the server's key it gets in sync, and says that it is encrypted")
    func right() throws {
        let keys = Scratch(in: "/dev/shm")
        let remote = try remote(keys)
        do {
            let live = try remote.replicate(
                to: remote.server.secureAddress, options: options(secret("tandem:\(Self.key)\n", in: keys)))
            try live.put(Call(1), at: 0 ..< 1000)
            #expect(live.run { live.isInSync && live.isReplicated }, "\(live.log.all)")
            #expect(live.status.driver.contains("over TLS"), "\(live.status.driver)")
        }
        #expect(try remote.promoted(0 ..< 1000).allSatisfy { $0 == Call(1) })
    }

    @Test("With another key, another user, and a server without encryption nothing is sent", arguments: [0, 1, 2, 3])
    func wrong(row: Int) throws {
        let keys = Scratch(in: "/dev/shm")
        let remote = try remote(keys, tls: row == 2 ? "off" : "require")
        let text = ["tandem:\(Self.otherKey)", "somebody:\(Self.key)", "tandem:\(Self.key)", "tandem:\(Self.key)"][row]
        let file = secret(text + "\n", in: keys)
        let address =
            row == 3 ? remote.server.address : remote.server.secureAddress
        let live = try remote.replicate(to: address, options: row == 3 ? .remote : options(file))
        let reason = row == 3 ? "cannot be reached" : "have not agreed on a key"
        #expect(live.run { live.status.reason.contains(reason) }, "\(row): \(live.log.all)")
        for _ in 0 ..< 200 { live.replicator.step() }
        #expect(!live.isInSync)
        #expect(remote.scratch.bytes(of: "exported").allSatisfy { $0 == 0 })
    }

    @Test("A file of keys that is no secret, or none, is refused by name")
    func files() throws {
        let keys = Scratch(in: "/dev/shm")
        let remote = try remote(keys)
        let rows: [(file: String, words: String)] = [
            (secret("tandem:\(Self.key)\n", in: keys, named: "open", mode: 0o644), "open"),
            (secret("", in: keys, named: "empty"), "it has no key"),
            (secret("tandem:xyz\n", in: keys, named: "words"), "not 'user:key'"),
            (secret("tandem:abcd\n", in: keys, named: "short"), "not 'user:key'"),
            (secret("a:\(Self.key)\nb:\(Self.key)\n", in: keys, named: "two"), "the keys of 2 users"),
            (keys.file("missing"), "does not exist"),
            (keys.path, keys.path),
        ]
        for row in rows {
            let error = caught { () throws(TandemError) in
                _ = try remote.replicate(to: remote.server.secureAddress, options: options(row.file))
            }
            #expect(error?.description.contains(row.words) == true, "\(row.file): \(String(describing: error))")
        }
    }

    @Test("Addresses and keys that do not fit each other are refused before anything is sent")
    func fit() throws {
        let keys = Scratch(in: "/dev/shm")
        let remote = try remote(keys)
        let file = secret("tandem:\(Self.key)\n", in: keys)
        var secretive = options(file)
        let rows: [(address: String, options: ReplicationOptions, words: String)] = [
            ("nbds://localhost/copy", .remote, "needs a key"),
            ("nbd://localhost/copy", secretive, "not encrypted"),
            ("nbd://192.0.2.1/copy", .remote, "leads over a network"),
            ("nbds://nobody@localhost/copy", secretive, "no key of user 'nobody'"),
            (keys.file("copy"), secretive, "is a file"),
        ]
        for row in rows {
            let error = caught { () throws(TandemError) in
                _ = try Replicator(
                    source: remote.source, copy: row.address, options: row.options, logger: LogLines().logger)
            }
            #expect(error?.description.contains(row.words) == true, "\(row.address): \(String(describing: error))")
        }
        secretive.io = .uring
        let error = caught { () throws(TandemError) in
            _ = try Replicator(source: remote.source, copy: remote.server.secureAddress, options: secretive)
        }
        #expect(error?.description.contains("it is for files") == true, "\(String(describing: error))")
    }
}
