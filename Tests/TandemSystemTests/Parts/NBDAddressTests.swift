import TandemCore
import Testing

@testable import TandemSystem

@Suite("Addresses of servers")
struct NBDAddressTests {
    @Test("Host, port, name, socket and user are what libnbd takes them for")
    func right() throws {
        func address(_ text: String) throws(TandemError) -> NBDAddress { try NBDAddress(text) }
        #expect(try address("nbd://standby").place == .tcp(host: "standby", port: 10809))
        #expect(try address("nbd://standby").name == "")
        #expect(try address("nbd://standby:7/a/b").place == .tcp(host: "standby", port: 7))
        #expect(try address("nbd://standby:7/a/b").name == "a/b")
        #expect(try address("nbds://[::1]:10810/copy").place == .tcp(host: "::1", port: 10810))
        #expect(try address("nbds://[fe80::1]/copy").place == .tcp(host: "fe80::1", port: 10809))
        #expect(try address("nbds://tandem@standby/copy").user == "tandem")
        #expect(try address("nbds://tandem@standby/copy").usesTLS)
        #expect(try !address("nbd://standby/copy").usesTLS)
        #expect(try address("nbd+unix:///copy?socket=/run/nbd%20a").place == .unix(socket: "/run/nbd a"))
        #expect(try address("nbds+unix:///?socket=nbd").place == .unix(socket: "nbd"))
        #expect(try address("nbd://h/%61%2f%C3%A4").name == "a/ä")
    }

    @Test("A host that is this one is told from a network")
    func local() throws {
        for (text, isLocal) in [
            ("nbd://localhost", true), ("nbd://127.0.0.1", true), ("nbd://127.9.9.9:1/a", true), ("nbd://[::1]", true),
            ("nbd+unix:///?socket=s", true), ("nbd://127.0.0.1.example.org", false), ("nbd://127.1", false),
            ("nbd://10.0.0.1", false), ("nbd://localhost.example.org", false), ("nbd://127.0.0.256", false),
        ] {
            #expect(try NBDAddress(text).isLocal == isLocal, "\(text)")
        }
    }

    @Test("A path is no address, and what begins with a scheme is no path")
    func paths() {
        for path in ["/dev/shm/copy", "copy", "nbd", "nbd:/copy", "./nbd://x", "", "://", "+nbd://h"] {
            #expect(!NBDAddress.isAddress(path), "\(path)")
        }
        for text in ["nbd://h", "ndb://h", "http://h", "nbd+vsock://2"] { #expect(NBDAddress.isAddress(text)) }
    }

    @Test("A typo is told by what is wrong with it")
    func wrong() {
        let rows: [(String, String)] = [
            ("ndb://host/copy", "'ndb' is none of"), ("http://host/copy", "'http' is none of"),
            ("nbd+vsock://2/copy", "is none of"), ("NBD://host/copy", "'NBD' is none of"),
            ("nbd:///copy", "host is missing"), ("nbd://", "host is missing"), ("nbd://:10809/copy", "host is missing"),
            ("nbd://host:/copy", "port is missing"), ("nbd://host:0/copy", "from 1 to 65535"),
            ("nbd://host:65536/copy", "from 1 to 65535"), ("nbd://host:-1/copy", "from 1 to 65535"),
            ("nbd://host:1O809/copy", "from 1 to 65535"), ("nbd://host:+1/copy", "from 1 to 65535"),
            ("nbd://host:１/copy", "from 1 to 65535"), ("nbd://ho%73t/copy", "host has a '%'"),
            ("nbd://::1/copy", "in brackets"), ("nbd://[::1/copy", "no ']'"), ("nbd://[::1]1/copy", "behind its ']'"),
            ("nbd://[::1]:/copy", "port is missing"), ("nbd://[]/copy", "host is missing"),
            ("nbd://host/co py", "a space"), ("nbd://host/copy\n", "a space"), ("nbd://host/copy#1", "'#'"),
            ("nbd://host/%zz", "two hexadecimal digits"), ("nbd://host/%0", "two hexadecimal digits"),
            ("nbd://host/%00", "two hexadecimal digits"), ("nbd://host/%ff", "two hexadecimal digits"),
            ("nbd://host/copy?tls-psk-file=/etc/key", "--secret"), ("nbd://host/copy?", "parameters"),
            ("nbd://user@host/copy", "over TLS"), ("nbds://@host/copy", "user is empty"),
            ("nbds://user:word@host/copy", "a password"),
            ("nbd+unix://host/copy?socket=s", "three slashes"), ("nbd+unix:///copy", "?socket=PATH"),
            ("nbd+unix:///copy?socket=", "no path"), ("nbd+unix:///copy?sock=s", "?socket=PATH"),
            ("nbd+unix:///copy?socket=s&x=1", "no other parameter"),
            ("nbd+unix:///copy?socket=" + String(repeating: "s", count: 108), "longer than 107"),
            ("nbd://host/" + String(repeating: "n", count: 4097), "longer than 4096"),
        ]
        for (text, words) in rows {
            let error: TandemError?
            do throws(TandemError) {
                _ = try NBDAddress(text)
                error = nil
            } catch let wrong { error = wrong }
            #expect(error?.code == .badArgument, "\(text)")
            #expect(error?.detail?.problem.contains(words) == true, "\(text): \(error?.description ?? "taken")")
        }
    }
}
