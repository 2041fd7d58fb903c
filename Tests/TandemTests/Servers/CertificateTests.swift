import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// Certificates count where they are verified, and nowhere else.
@Suite(
    "A copy over TLS with certificates", .serialized,
    .enabled(
        if: NBDServer.Kind.file.isInstalled && NBDServer.find("certtool") != nil, "there is no nbdkit, or no certtool"))
struct CertificateTests {
    /// An authority, and a server's certificate for localhost; besides, an authority that nobody knows.
    private final class Authority {
        let scratch = Scratch(in: "/dev/shm")
        let server = Scratch(in: "/dev/shm")
        let client = Scratch(in: "/dev/shm")
        let stranger = Scratch(in: "/dev/shm")

        init() {
            make(in: server, name: "localhost")
            client.write(server.bytes(of: "ca-cert.pem"), to: "ca-cert.pem")
            make(in: stranger, name: "localhost")
        }

        private func make(in folder: Scratch, name: String) {
            folder.write(Array("cn = test\nca\ncert_signing_key\n".utf8), to: "ca.txt")
            folder.write(Array("cn = \(name)\ndns_name = \(name)\ntls_www_server\n".utf8), to: "server.txt")
            func tool(_ words: String) {
                let words = words.split(separator: " ").map {
                    $0.hasPrefix("@") ? folder.file("\($0.dropFirst())") : "\($0)"
                }
                #expect(NBDServer.run(["certtool"] + words) == 0, "\(words)")
            }
            for key in ["ca-key.pem", "server-key.pem"] {
                tool("--generate-privkey --key-type=ecdsa --outfile @\(key)")
            }
            tool("--generate-self-signed --load-privkey @ca-key.pem --template @ca.txt --outfile @ca-cert.pem")
            tool(
                "--generate-certificate --load-ca-certificate @ca-cert.pem --load-ca-privkey @ca-key.pem "
                    + "--load-privkey @server-key.pem --template @server.txt --outfile @server-cert.pem")
        }
    }

    private func options(_ folder: String) -> ReplicationOptions {
        var options = ReplicationOptions.remote
        options.certificates = folder
        return options
    }

    @Test("A server is believed by its authority's signature and its host's name, and by nothing less")
    func verified() throws {
        let authority = Authority()
        let remote = try Remote(
            .file, options: ["--tls=require", "--tls-certificates=\(authority.server.path)"], isTCP: true)
        let rows: [(host: String, folder: String, isRight: Bool)] = [
            ("127.0.0.1", authority.client.path, false), ("localhost", authority.stranger.path, false),
            ("localhost", authority.client.path, true),
        ]
        for row in rows {
            let live = try remote.replicate(
                to: remote.server.secureAddress(host: row.host), options: options(row.folder))
            if row.isRight {
                #expect(live.run { live.isInSync }, "\(row): \(live.log.all) \(remote.server.log)")
                #expect(live.status.driver.contains("over TLS"), "\(live.status.driver)")
            } else {
                #expect(live.run { live.status.reason.contains("have not agreed") }, "\(row): \(live.log.all)")
                #expect(remote.scratch.bytes(of: "exported").allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("A server without encryption gets nothing")
    func plain() throws {
        let authority = Authority()
        let remote = try Remote(.file, isTCP: true)
        let live = try remote.replicate(
            to: remote.server.secureAddress(host: "localhost"), options: options(authority.client.path))
        #expect(live.run { live.status.reason.contains("have not agreed") }, "\(live.log.all)")
        #expect(remote.scratch.bytes(of: "exported").allSatisfy { $0 == 0 })
    }

    @Test("A folder that vouches for nobody, and a socket without a host's name, are refused before anything is sent")
    func nobody() throws {
        let folder = Scratch(in: "/dev/shm")
        let remote = try Remote(.file)
        func refusal(_ address: String) -> String {
            let error = caught { () throws(TandemError) in
                _ = try Replicator(
                    source: remote.source, copy: address, options: options(folder.path), logger: LogLines().logger)
            }
            return error?.description ?? "taken"
        }
        #expect(refusal("nbds://localhost/copy").contains("ca-cert.pem: there is no such file"))
        folder.write([], to: "ca-cert.pem")
        #expect(refusal("nbds://localhost/copy").contains("it is no certificate"))
        folder.write(Array("letter".utf8), to: "ca-cert.pem")
        #expect(refusal("nbds://localhost/copy").contains("it is no certificate"))
        folder.write(Array("-----BEGIN CERTIFICATE-----\n".utf8), to: "ca-cert.pem")
        #expect(refusal(remote.server.secureAddress).contains("over a Unix socket nobody can tell"))
        #expect(refusal("nbd://localhost/copy").contains("not encrypted"))
    }
}
