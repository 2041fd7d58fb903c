import Glibc
import TandemStandby
import TestSupport
import Testing

@testable import TandemCommand

/// A source under load, and a copy that it is handed over to.
@Suite("A source is handed over, with nothing missing", .serialized)
struct SwitchoverTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var source: String { scratch.file("source") }
    private var copy: String { scratch.file("copy") }
    private var socket: String { scratch.file("socket") }
    private var export: String { "nbd+unix:///copy?socket=\(socket)" }

    /// The source with its replicator, in sync, and a load on it.
    private func begin(to copy: String) throws -> (replicator: Tool, load: Tool) {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let replicator = Tool(["replicate", source, "--to", copy, "--json"])
        #expect(
            Tool.until { replicator.output.contains(#""state":"in sync""#) || !replicator.isRunning },
            "\(replicator.output) \(replicator.errors)")
        return (replicator, load("acks"))
    }

    private func load(_ acknowledgements: String) -> Tool {
        let load = Tool([
            "load", source, "--processes", "2", "--seconds", "60", "--rate", "2000",
            "--acks", scratch.file(acknowledgements), "--ack-every", "8",
        ])
        #expect(Tool.until { scratch.byteCount(acknowledgements) > 1000 }, "\(load.errors)")
        return load
    }

    /// What the exchange's tables hold.
    private func digest(_ path: String) -> String? {
        let audit = Tool.run("audit", path)
        #expect(audit?.status == 0, "\(audit?.output ?? "") \(audit?.errors ?? "")")
        return audit?.output.split(separator: "\n").first { $0.hasPrefix("digest") }.map(String.init)
    }

    /// Whoever wrote is told, and both hold the same: not what was acknowledged alone, but all that was committed.
    private func isWhole(_ promoted: String, _ replicator: Tool, _ load: Tool) {
        #expect(load.wait()?.status == 1 && load.errors.contains("a promoted copy has taken over"), "\(load.errors)")
        #expect(replicator.wait()?.status == 1, "\(replicator.errors)")
        #expect(digest(source) == digest(promoted) && digest(source) != nil)
        #expect(Tool.run("audit", promoted, "--acks", scratch.file("acks"))?.status == 0)
    }

    @Test("P9: a copy on this host gets everything that was committed, and is promoted; the programs are told")
    func file() throws {
        let (replicator, load) = try begin(to: copy)
        let done = Tool.run("switchover", source, copy, "--json")
        #expect(done?.status == 0, "\(done?.output ?? "") \(done?.errors ?? "")")
        #expect(done?.output.contains(#""newSource":"\#(copy)""#) == true, "\(done?.output ?? "")")
        isWhole(copy, replicator, load)
    }

    @Test("P9: the same with tables that are loaded into a new source")
    func loaded() throws {
        let (replicator, load) = try begin(to: copy)
        let new = scratch.file("new")
        let done = Tool.run("switchover", source, copy, "--to", new)
        #expect(
            done?.status == 0 && done?.output.contains("attach the programs to \(new)") == true, "\(done?.errors ?? "")"
        )
        isWhole(new, replicator, load)
    }

    @Test(
        "P9, P10: a standby promotes its copy by itself",
        .enabled(if: NBDClient.isThere, "nbdkit or python3-libnbd is missing: apt-get install nbdkit python3-libnbd"))
    func standby() throws {
        let standby = Tool(["standby", copy, "--unix", socket])
        #expect(Tool.until { standby.output.contains("tandem replicate") })
        let (replicator, load) = try begin(to: export)
        let done = Tool.run("switchover", source, export)
        #expect(done?.status == 0, "\(done?.output ?? "") \(done?.errors ?? "") \(standby.output)")
        #expect(done?.output.contains("'tandem standby COPY' on this host") == true, "\(done?.output ?? "")")
        #expect(Tool.until { standby.output.contains("nothing missing") }, "\(standby.output)")
        isWhole(copy, replicator, load)
    }

    @Test(
        "A standby that is late, and a tool that is killed: the writers go on, and nobody promotes later",
        .enabled(if: NBDClient.isThere, "nbdkit or python3-libnbd is missing: apt-get install nbdkit python3-libnbd"))
    func takenBack() throws {
        let standby = Tool(["standby", copy, "--unix", socket])
        #expect(Tool.until { standby.output.contains("tandem replicate") })
        let (replicator, load) = try begin(to: export)
        // Its server goes on, and tells it of slots; it does nothing about them.
        standby.send(SIGSTOP)
        let done = Tool.run("switchover", source, export, "--within", "500ms")
        #expect(
            done?.status == 1 && done?.errors.contains("has not taken over in time") == true, "\(done?.errors ?? "")")
        #expect(goesOn())
        let killed = Tool(["switchover", source, export, "--within", "1s"])
        #expect(Tool.until { said(replicator, "is to be promoted") == 2 })
        killed.send(SIGKILL)
        _ = killed.wait()
        #expect(goesOn())
        standby.send(SIGCONT)
        #expect(Tool.until { standby.output.contains("the copy was not promoted") }, "\(standby.output)")
        #expect(goesOn() && load.isRunning)
        #expect(Tool.run("switchover", source, export)?.status == 0)
        isWhole(copy, replicator, load)
    }

    private func said(_ tool: Tool, _ text: String) -> Int { tool.output.ranges(of: text).count }

    /// Commits are acknowledged again.
    private func goesOn() -> Bool {
        let before = scratch.byteCount("acks")
        return Tool.until { scratch.byteCount("acks") > before + 1000 }
    }

    @Test("The report says where the source is now, and what is to be run next, on which host")
    func report() {
        func text(_ copy: String, _ newSource: String? = nil) -> String {
            Switchover.Report(
                source: "/s", copy: copy, newSource: newSource, newSourceHost: StandbyAddress.host(of: copy),
                generation: newSource.map { _ in "g" }, cut: newSource.map { _ in 7 }, handoverMilliseconds: 1,
                takeOverMilliseconds: 2
            ).text
        }
        let rows: [(text: String, words: [String])] = [
            (text("/c", "/n"), ["attach the programs to /n", "tandem demote /s", "tandem replicate /n --to /s"]),
            (text("nbd+unix:///c?socket=s"), ["on this host", "attach the programs to COPY", "standby /s --unix"]),
            (
                text("nbds://10.0.0.2:7/c"),
                [
                    "source:   on 10.0.0.2, the file COPY", "there:    attach the programs to COPY",
                    "here:     tandem standby /s --listen", "tandem replicate COPY --to",
                ]
            ),
        ]
        for row in rows {
            for words in row.words { #expect(row.text.contains(words), "\(row.text)") }
            #expect(!row.text.contains("attach the programs to nbd"), "no program can")
        }
    }

    @Test("What cannot be handed over is refused in words, and nothing stands still")
    func refused() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let unknown = Tool.run("switchover", source, copy)
        #expect(unknown?.status == 2 && unknown?.errors.contains("knows no copy there") == true)
        #expect(Tool.run("switchover", source, "--take-back")?.status == 2, "no replicator")
        #expect(Tool.run("switchover", source)?.status == 64)
        #expect(Tool.run("switchover", source, copy, "--force")?.status == 64)
        #expect(Tool.run("switchover", source, "nbd://host/x", "--to", copy)?.status == 64)
        let replicator = Tool(["replicate", source, "--to", copy, "--json"])
        #expect(Tool.until { replicator.output.contains(#""state":"in sync""#) })
        // Nothing was handed over: so it is taken back, and promoted by who asks for that alone.
        #expect(Tool.run("switchover", source, "--take-back")?.status == 0)
        #expect(Tool.run("load", source, "--seconds", "1", "--rate", "100")?.status == 0)
        replicator.send(SIGTERM)
        #expect(replicator.wait()?.status == 0)
        let alone = Tool.run("switchover", source, copy)
        #expect(alone?.status == 2 && alone?.errors.contains("no replicator follows it") == true)
    }
}
