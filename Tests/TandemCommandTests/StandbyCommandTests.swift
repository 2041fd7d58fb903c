import Glibc
import TandemStandby
import TestSupport
import Testing

@testable import TandemCommand

/// The standby as it runs: the command, nbdkit, the plugin in it, and nbdkit's own clients.
@Suite(
    "tandem standby", .serialized,
    .enabled(if: NBDClient.isThere, "nbdkit or python3-libnbd is missing: apt-get install nbdkit python3-libnbd"))
struct StandbyCommandTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var copy: String { scratch.file("copy") }
    private var socket: String { scratch.file("socket") }

    /// One that has said that it listens.
    private func standby(_ words: String...) -> Tool {
        let tool = Tool(["standby", copy] + words)
        #expect(Tool.until { tool.output.contains("tandem replicate SOURCE --to") || !tool.isRunning })
        #expect(tool.isRunning, "\(tool.errors)")
        return tool
    }

    private func stop(_ tool: Tool) -> Tool.Ended? {
        tool.send(SIGTERM)
        return tool.wait()
    }

    @Test("A client finds what is promised of an export, and an older session is fenced by a newer one")
    func session() {
        let tool = standby("--unix", socket)
        NBDClient.expect("session", socket)
        let ended = stop(tool)
        #expect(ended?.status == 0)
        #expect(ended?.output.contains("'nbd+unix:///copy?socket=\(socket)'") == true)
        for words in ["as session 1 of generation", "in session 1 is performed any more", "session 2 is over"] {
            #expect(ended?.output.contains(words) == true, "\(words)")
        }
        #expect(scratch.names == ["copy"], "its sockets are gone")
    }

    @Test("P6: odd names, odd requests, noise and clients that vanish get errors, and the server stays")
    func odd() {
        let tool = standby("--unix", socket)
        NBDClient.expect("odd", socket)
        #expect(tool.isRunning && !tool.output.contains("server has ended"))
    }

    @Test("P10: 30 rounds of late writes, and no page is stale; without a fence most of them are")
    func fence() {
        let plugin = Tool.path.replacing("/tandem", with: "/libnbdkit-tandem-plugin.so")
        let fenced = NBDClient.run("fence.py", plugin, "30")
        #expect(fenced?.output == "30 rounds, 0 pages stale\n", "\(fenced?.errors ?? "no end")")
        let stock = NBDClient.run("fence.py", "stock", "30")
        let stale = stock?.output.split(separator: " ").dropFirst(2).first.flatMap { Int($0) } ?? 0
        #expect(stale > 15, "\(stock?.output ?? "no end"): the rounds show nothing")
    }

    @Test("Only who has the secret is let in, and it is a file of its own that nobody else reads")
    func secret() {
        for name in ["right", "wrong"] {
            #expect(Tool.run("standby", "--new-secret", scratch.file(name))?.status == 0)
        }
        #expect(Tool.run("standby", "--new-secret", scratch.file("right"))?.status == 2, "it is there already")
        var status = stat()
        #expect(stat(scratch.file("right"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        let port = NBDClient.freePort
        let tool = standby("--listen", "127.0.0.1:\(port)", "--secret", scratch.file("right"))
        NBDClient.expect("secret", "\(port)", scratch.file("right"), scratch.file("wrong"))
        let ended = stop(tool)
        #expect(ended?.output.contains("nbds://127.0.0.1:\(port)/copy --secret \(scratch.file("right"))") == true)
    }

    @Test("A standby that is killed leaves nothing that is in the way of the next")
    func killed() {
        let first = standby("--unix", socket)
        first.send(SIGKILL)
        #expect(first.wait()?.status == 128 + SIGKILL)
        // nbdkit ends with it.
        let second = standby("--unix", socket)
        NBDClient.expect("session", socket)
        #expect(stop(second)?.status == 0)
    }

    @Test("A server ends with its standby, though somebody is connected who says nothing, as a host without power")
    func silent() {
        let port = NBDClient.freePort
        let secret = scratch.file("secret")
        #expect(Tool.run("standby", "--new-secret", secret)?.status == 0)
        let tool = standby("--listen", "127.0.0.1:\(port)", "--secret", secret)
        let client = Tool([NBDClient.script("client.py"), "silent", "\(port)", secret], program: NBDClient.python)
        #expect(Tool.until { tool.output.contains("session 1") })
        tool.send(SIGKILL)
        #expect(tool.wait()?.status == 128 + SIGKILL)
        #expect(Tool.until(seconds: 10) { StandbyClient(of: copy) == nil }, "nbdkit goes on")
        #expect(client.isRunning)
    }

    @Test("A server that dies is started again, and that is said")
    func restarted() throws {
        let tool = standby("--unix", socket)
        let client = Tool([NBDClient.script("client.py"), "hold", socket, "7"], program: NBDClient.python)
        #expect(Tool.until { tool.output.contains("session 7") })
        let server = try #require(StandbyClient(of: copy)?.status().process)
        kill(server, SIGKILL)
        #expect(Tool.until { (try? StandbyClient(of: copy)?.status().process).map { $0 != server } == true })
        NBDClient.expect("odd", socket)
        #expect(tool.output.contains("the server has ended (signal 9), and is started again"))
        _ = client.isRunning
    }

    @Test("What cannot be served is refused in words, with exit status 2, and stays as it is")
    func refusals() {
        let letter = Array("somebody's letter\n".utf8)
        scratch.write(letter, to: "letter")
        scratch.write(Array("tandem:xyz\n".utf8), to: "odd")
        scratch.write(Array("tandem:\(String(repeating: "ab", count: 32))\n".utf8), to: "open", mode: 0o644)
        let source = scratch.file("source")
        #expect(Tool.run("create", source, "--table", "t:16:100")?.status == 0)
        let holder = standby("--unix", socket)
        let port = NBDClient.freePort
        let taken = Listener(port: port)
        let cases: [([String], String)] = [
            ([scratch.file("letter"), "--unix", scratch.file("s")], "not a Tandem copy"),
            ([source, "--unix", scratch.file("s")], "it is a source"),
            ([scratch.file("no/copy"), "--unix", scratch.file("s")], "it does not exist"),
            ([copy, "--unix", scratch.file("s")], "another standby serves it"),
            ([scratch.file("b"), "--unix", scratch.file("letter")], "something is there already"),
            ([scratch.file("b"), "--unix", socket], "something is there already"),
            ([scratch.file("b"), "--listen", "127.0.0.1:\(port)"], "another process listens there"),
            ([scratch.file("b"), "--listen", "192.0.2.1:9", "--insecure"], "no address of this host"),
            ([scratch.file("b"), "--listen", "no-such-host.invalid:9"], "no host's name or address"),
            ([scratch.file("b"), "--listen", "0.0.0.0:\(port)"], "without a secret"),
            ([scratch.file("b"), "--listen", "h:9", "--secret", scratch.file("none")], "tandem standby --new-secret"),
            ([scratch.file("b"), "--listen", "h:9", "--secret", scratch.file("odd")], "not 'user:key'"),
            ([scratch.file("b"), "--listen", "h:9", "--secret", scratch.file("open")], "chmod 600"),
        ]
        for (words, reason) in cases {
            let ended = Tool(["standby"] + words).wait()
            #expect(ended?.status == 2 && ended?.errors.contains(reason) == true, "\(words): \(ended?.errors ?? "")")
        }
        let bare = Tool(["standby", scratch.file("b"), "--unix", scratch.file("s")], environment: ["PATH=/nowhere"])
        #expect(bare.wait()?.errors.contains("apt-get install nbdkit") == true)
        #expect(scratch.read("letter", count: 100) == letter)
        #expect(!scratch.names.contains("b") && taken.isThere && holder.isRunning)
    }
}
