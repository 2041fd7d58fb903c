import Glibc
import Tandem
import TandemCore
import TestSupport
import Testing

@testable import TandemCommand

/// A source, its replicator and a standby, as on two hosts.
@Suite(
    "A standby takes over", .serialized,
    .enabled(if: NBDClient.isThere, "nbdkit or python3-libnbd is missing: apt-get install nbdkit python3-libnbd"))
struct StandbyTakeOverTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var source: String { scratch.file("source") }
    private var copy: String { scratch.file("copy") }
    private var acknowledged: String { scratch.file("acks") }

    @Test("P9, P10: promoted beside its standby the copy has every acknowledged commit, and the old primary is told")
    func takeOver() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        let replicator = follow(source, by: "copy", at: "socket")
        let load = Tool([
            "load", source, "--seconds", "60", "--rate", "2000", "--acks", acknowledged, "--ack-every", "8",
        ])
        #expect(Tool.until { scratch.byteCount("acks") > 2000 }, "\(load.errors)")
        // While it is written: who looks holds nobody up.
        #expect(Tool.run("status", copy)?.status == 0)
        // Its journal is freed by asking how far its tables are: no image of what has changed goes there.
        let images = statistic("imagesWritten")
        #expect(
            Tool.until { (statistic("replays") ?? 0) >= 2 }, "\(Tool.run("status", source, "--json")?.output ?? "")")
        #expect(statistic("imagesWritten") == images && images != nil && statistic("sweeps") == 0)
        #expect(Tool.run("inspect", copy, "--table", "trunks")?.status == 0)
        // The standby is asked, though a primary is writing.
        let promoted = Tool.run("promote", copy, "--json")
        #expect(promoted?.status == 0, "\(promoted?.errors ?? "no end")")
        // All of it was verified, and applied, as it arrived.
        let certificate = promoted?.output ?? ""
        #expect(certificate.contains(#""cutsReplayed":0"#), "\(certificate)")
        #expect(number("sealsVerified", certificate) == number("verifiedOnArrival", certificate), "\(certificate)")
        #expect(number("sealsVerified", certificate) ?? 0 > 1000, "\(certificate)")
        load.send(SIGKILL)
        #expect(load.wait() != nil)
        let audit = Tool.run("audit", copy, "--acks", acknowledged)
        #expect(audit?.status == 0, "\(audit?.output ?? "") \(audit?.errors ?? "")")
        // It learns of it by itself, and so does one that is started later.
        #expect(replicator.wait()?.status == 1, "\(replicator.errors)")
        let later = Tool(replicate(source, by: "copy", at: "socket")).wait()
        #expect(later?.status == 1, "\(later?.errors ?? "no end")")
        #expect(standby.isRunning && standby.output.contains("the copy was promoted, and is the source now"))
    }

    @Test("P10: a standby that is started again after its promotion shows it, and the old primary is told")
    func startedAgain() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        let replicator = follow(source, by: "copy", at: "socket")
        // Nobody is there to tell of it when it is promoted.
        standby.send(SIGTERM)
        #expect(standby.wait()?.status == 0)
        #expect(Tool.run("promote", copy)?.status == 0)
        #expect(replicator.isRunning, "\(replicator.errors)")
        // The new source's programs run by then, and hold locks on it.
        let load = Tool(["load", copy, "--seconds", "100", "--rate", "100"])
        #expect(Tool.until { self.statistic("commits", of: copy).map { $0 > 0 } == true || !load.isRunning })
        let again = Tool(["standby", copy, "--unix", scratch.file("socket")])
        let shows = "it was promoted, and is a source now"
        _ = Tool.until { again.output.contains(shows) || !again.isRunning }
        // Where it does not, nobody tells the old primary, which would be waited for in vain.
        try #require(again.output.contains(shows), "\(again.errors)")
        #expect(replicator.wait()?.status == 1, "\(replicator.errors)")
        let refused = Tool.run("load", source, "--seconds", "1", "--rate", "100")
        #expect(refused?.status == 1 && refused?.errors.contains("has taken over") == true, "\(refused?.errors ?? "")")
        #expect(load.isRunning && again.isRunning)
        load.send(SIGTERM)
        #expect(load.wait()?.status == 0, "\(load.errors)")
    }

    /// A standby of this copy that is ready; its socket has a name in the scratch folder.
    private func serve(_ copy: String, at socket: String) -> Tool {
        let standby = Tool(["standby", copy, "--unix", scratch.file(socket)])
        #expect(Tool.until { standby.output.contains("tandem replicate") }, "\(standby.output) \(standby.errors)")
        return standby
    }

    private func replicate(_ source: String, by copy: String, at socket: String) -> [String] {
        ["replicate", source, "--to", "nbd+unix:///\(copy)?socket=\(scratch.file(socket))", "--json"]
    }

    /// A replicator whose copy is in sync.
    private func follow(_ source: String, by copy: String, at socket: String) -> Tool {
        let replicator = Tool(replicate(source, by: copy, at: socket))
        expectInSync(replicator)
        return replicator
    }

    private func expectInSync(_ replicator: Tool) {
        #expect(
            Tool.until { replicator.output.contains(#""state":"in sync""#) || !replicator.isRunning },
            "\(replicator.output) \(replicator.errors)")
    }

    private func number(_ key: String, _ json: String) -> Int? {
        json.firstRange(of: "\"\(key)\":").flatMap { Int(json[$0.upperBound...].prefix { $0.isNumber }) }
    }

    /// What is counted for the source's first copy.
    private func statistic(_ key: String, of path: String? = nil) -> Int? {
        Tool.run("status", path ?? source, "--json").flatMap { number(key, $0.output) }
    }

    @Test("P6, P9: what somebody else has written over a copy since it arrived is not taken for what arrived")
    func writtenOver() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        let replicator = follow(source, by: "copy", at: "socket")
        #expect(Tool.run("load", source, "--seconds", "1", "--rate", "200")?.status == 0)
        let older = scratch.read("copy", count: scratch.byteCount("copy"))
        #expect(Tool.run("load", source, "--seconds", "1", "--rate", "200")?.status == 0)
        replicator.send(SIGKILL)
        #expect(replicator.wait() != nil)
        #expect(Tool.until { standby.output.contains("has gone") }, "\(standby.output)")
        scratch.write(older, to: "copy")
        let promoted = Tool.run("promote", copy, "--json")?.output ?? ""
        #expect(number("verifiedOnArrival", promoted) == 0 && number("sealsVerified", promoted) ?? 0 > 0, "\(promoted)")
        #expect(Tool.run("audit", copy)?.status == 0)
    }

    @Test("The status of a copy that is served says who writes it, by which session, and what is applied")
    func status() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        func status(_ words: String...) -> String { Tool(["status", copy] + words).wait()?.output ?? "" }
        func problems(_ line: String) -> [String]? {
            JSONSchema("status of a copy", in: JSONTests.document)?.problems(of: line)
        }
        let replicator = follow(source, by: "copy", at: "socket")
        let held = status("--json")
        for words in [
            #""standbyState":"held""#, #""standbySession":1,"#, #""standbyPeer":"local""#,
            #""standbyAppliesCuts":true"#,
        ] { #expect(held.contains(words), "\(held)") }
        let shown = status()
        #expect(shown.contains("local writes it, as session 1") && shown.contains("applied"), "\(shown)")
        #expect(problems(held) == [])
        replicator.send(SIGTERM)
        #expect(replicator.wait()?.status == 0)
        #expect(Tool.until { standby.output.contains("has gone") })
        #expect(status().contains("nobody writes it; the last was session 1"), "\(status())")
        #expect(problems(status("--json")) == [])
        // Its server is stopped: who looks is not.
        let server = pid_t(number("standbyProcess", status("--json")) ?? 0)
        try #require(server > 1)
        kill(server, SIGSTOP)
        #expect(status().contains("does not answer") && status("--json").contains(#""standbyState":null"#))
        kill(server, SIGCONT)
        standby.send(SIGTERM)
        #expect(standby.wait()?.status == 0)
        #expect(status().contains("none is writing it"))
        #expect(problems(status("--json")) == [])
    }

    @Test("A source whose session was scribbled over takes the one above the last that its standby has seen")
    func scribbledSession() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        func end(_ replicator: Tool) {
            replicator.send(SIGTERM)
            #expect(replicator.wait()?.status == 0)
        }
        for _ in 1 ... 3 { end(follow(source, by: "copy", at: "socket")) }
        let opened = try SourceDataFile.open(at: source)
        defer { withExtendedLifetime(opened) {} }
        let word = opened.area.replicator[.session]
        #expect(word.load() == 3)
        for scribbled: UInt64 in [1 << 62, .max] {
            word.store(scribbled)
            end(follow(source, by: "copy", at: "socket"))
        }
        #expect(word.load() == 5 && standby.output.contains("as session 5 of"), "\(standby.output)")
    }

    @Test("P8: a source that was put back goes above newer sessions with --adopt alone, and not while one writes")
    func putBack() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        func end(_ replicator: Tool) {
            replicator.send(SIGTERM)
            #expect(replicator.wait()?.status == 0, "\(replicator.errors)")
        }
        end(follow(source, by: "copy", at: "socket"))
        scratch.write(scratch.read("source", count: scratch.byteCount("source")), to: "older")
        end(follow(source, by: "copy", at: "socket"))
        let newer = follow(source, by: "copy", at: "socket")
        #expect(Tool.run("load", source, "--seconds", "1", "--rate", "200")?.status == 0)
        let older = scratch.file("older")
        let adopting = Tool(replicate(older, by: "copy", at: "socket") + ["--adopt"])
        func refusals(_ session: Int, _ above: Int) -> Int {
            standby.output.ranges(of: "session \(session) is not above session \(above)").count
        }
        // Whoever writes is to be ended first, and until then the same number is asked for.
        #expect(Tool.until { refusals(2, 3) >= 2 || !adopting.isRunning }, "\(standby.output) \(adopting.errors)")
        #expect(statistic("outages") == 0 && !adopting.output.contains(#""state":"in sync""#), "\(standby.output)")
        end(newer)
        expectInSync(adopting)
        #expect(standby.output.contains("as session 4 of"), "\(standby.output)")
        end(adopting)
        #expect(Tool.run("verify", older, copy)?.status == 0)
        // The other one has been overtaken, and nobody has told it to overwrite anything.
        let overtaken = Tool(replicate(source, by: "copy", at: "socket"))
        #expect(Tool.until { refusals(4, 4) >= 2 }, "\(standby.output)")
        end(overtaken)
        #expect(Tool.run("verify", older, copy)?.status == 0)
    }

    /// A standby is asked how far the tables of a copy in memory are, and by the way whether its name stands for it; on
    /// a disk only a look at the name tells.
    @Test(
        "A copy that is deleted under its standby is noticed while nobody writes anything, and is made anew",
        arguments: ["/dev/shm", "/var/tmp"])
    func deleted(from folder: String) throws {
        let place = Scratch(in: folder)
        let copy = place.file("copy")
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let standby = serve(copy, at: "socket")
        let replicator = follow(source, by: "copy", at: "socket")
        #expect(unlink(copy) == 0)
        // The standby itself makes it anew, when the replicator has given up the session that wrote the deleted file.
        #expect(Tool.until { place.byteCount("copy") > 0 }, "\(standby.output) \(replicator.output)")
        #expect(Tool.until { statistic("bulkCopies") == 2 }, "\(replicator.output)")
        #expect(Tool.until { Tool.run("check", copy)?.status == 0 }, "\(replicator.output)")
    }

    @Test("P5, P9: the old source is back as its successor's copy where it lies, by digests, and takes over again")
    func wayBack() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "20000")?.status == 0)
        let standby = serve(copy, at: "there")
        defer { withExtendedLifetime(standby) {} }
        func end(_ replicator: Tool) {
            replicator.send(SIGTERM)
            #expect(replicator.wait()?.status == 0)
        }
        func load(_ source: String) {
            #expect(Tool.run("load", source, "--seconds", "1", "--rate", "200")?.status == 0)
        }
        let first = follow(source, by: "copy", at: "there")
        load(source)
        end(first)
        #expect(Tool.run("promote", copy)?.status == 0)
        // Nobody has told it yet: then it is a source like any other.
        let early = Tool.run("standby", source, "--unix", scratch.file("back"))
        #expect(early?.status == 2 && early?.errors.contains("tandem demote") == true, "\(early?.errors ?? "")")
        #expect(Tool(replicate(source, by: "copy", at: "there")).wait()?.status == 1)
        let second = serve(source, at: "back")
        #expect(second.output.contains("was superseded, and is a copy now"), "\(second.output)")
        load(copy)
        let third = follow(copy, by: "source", at: "back")
        let status = Tool.run("status", copy, "--json")?.output ?? ""
        #expect(status.contains(#""returnsByContent":1"#) && status.contains(#""bulkCopies":0"#), "\(status)")
        load(copy)
        end(third)
        #expect(Tool.run("verify", copy, source)?.status == 0)
        #expect(Tool.run("promote", source)?.status == 0)
        // The first standby has run all the while; the file that it serves is a copy again by its own command.
        #expect(Tool(replicate(copy, by: "source", at: "back")).wait()?.status == 1)
        #expect(Tool.run("demote", copy)?.status == 0)
        let fourth = follow(source, by: "copy", at: "there")
        end(fourth)
        #expect(Tool.run("verify", source, copy)?.status == 0)
        #expect(Tool.run("audit", source)?.status == 0)
    }

    @Test("P5: an older copy that is served again gets what differs, which the standby's digests tell")
    func olderCopy() throws {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "20000")?.status == 0)
        let standby = serve(copy, at: "socket")
        defer { withExtendedLifetime(standby) {} }
        func replicate() {
            let replicator = follow(source, by: "copy", at: "socket")
            #expect(Tool.run("load", source, "--seconds", "1", "--rate", "200")?.status == 0)
            replicator.send(SIGTERM)
            #expect(replicator.wait()?.status == 0)
        }
        replicate()
        let older = scratch.read("copy", count: scratch.byteCount("copy"))
        replicate()
        scratch.write(older, to: "copy")
        replicate()
        let status = Tool.run("status", source, "--json")?.output ?? ""
        #expect(status.contains(#""returnsByContent":1"#) && status.contains(#""bulkCopies":1"#), "\(status)")
        #expect(Tool.run("verify", source, copy)?.status == 0)
    }
}
