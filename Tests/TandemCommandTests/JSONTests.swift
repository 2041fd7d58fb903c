import FoundationEssentials
import Glibc
import Tandem
import TestSupport
import Testing

@testable import TandemCommand

@Suite("JSON: what is documented is what is written", .serialized)
struct JSONTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var source: String { scratch.file("source") }
    private var copy: String { scratch.file("copy") }

    static let document: String = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return (try? String(contentsOfFile: "/\(root)/docs/JSON.md", encoding: .utf8)) ?? ""
    }()

    /// Each line of what the command writes has the keys, and the types, of this section.
    private func expect(
        _ section: String, status: Int32 = 0, _ words: String..., at location: SourceLocation = #_sourceLocation
    ) {
        guard let ended = Tool(words + ["--json"]).wait() else {
            Issue.record("\(words) does not end", sourceLocation: location)
            return
        }
        #expect(ended.status == status, "\(ended.errors)", sourceLocation: location)
        expect(section, ended.lines, at: location)
    }

    private func expect(
        _ section: String, _ lines: some Collection<String>, at location: SourceLocation = #_sourceLocation
    ) {
        let schema = JSONSchema(section, in: Self.document)
        #expect(schema != nil, "there is no '\(section)'", sourceLocation: location)
        #expect(!lines.isEmpty, "\(section): nothing was written", sourceLocation: location)
        for line in lines {
            let problems = schema?.problems(of: line) ?? []
            #expect(problems == [], "\(section): \(line)", sourceLocation: location)
        }
    }

    private func create() { expect("create", "create", source, "--workload", "exchange", "--calls", "100") }

    private func isInSync(_ tool: Tool) -> Bool {
        Tool.until { tool.output.contains(#""state":"in sync""#) || !tool.isRunning } && tool.isRunning
    }

    @Test("A source, before any replicator, while one runs, and after; its copy; and all that reads them")
    func life() {
        create()
        expect("status of a source", "status", source)
        expect("inspect", "inspect", source, "--table", "trunks")
        expect("audit", "audit", source)
        let replicator = Tool(["replicate", source, "--to", copy, "--json"])
        #expect(isInSync(replicator), "\(replicator.output) \(replicator.errors)")
        expect("status of a source", "status", source)
        expect("load", "load", source, "--seconds", "0.2", "--acks", scratch.file("acks"))
        expect("status of a copy", "status", copy)
        expect("verify", "verify", source, copy)
        unlink(source)
        #expect(Tool.until { replicator.output.contains("was deleted while it is in use") })
        expect("status of a copy", "status", copy)
        expect("refusal", status: 2, "status", source)
        let relinking = Tool(["relink", source, "--json"])
        usleep(300_000)
        replicator.send(SIGTERM)
        let ended = replicator.wait()
        #expect(ended?.status == 0)
        expect("replicate", ended?.lines ?? [])
        expect("relink", relinking.wait()?.lines ?? [])
        expect("status of a source", "status", source)
        expect("status of a copy", "status", copy)
        expect("inspect", "inspect", copy, "--table", "calls", "--range", "0...3")
        expect("audit", "audit", copy)
        expect("check and promote", "check", copy)
        expect("check and promote", "promote", copy, "--to", scratch.file("new"))
        expect("status of a source", "status", scratch.file("new"))
        expect("check and promote", "promote", copy)
        expect("demote", "demote", source, "--force")
        expect("demote", "demote", source)
    }

    @Test("With several copies each event says whose it is, and the status has each, for programs and people")
    func several() {
        create()
        let other = scratch.file("other")
        let replicator = Tool(["replicate", source, "--to", copy, "--to", other, "--json"])
        let areBoth = Tool.until {
            [copy, other].allSatisfy { path in
                replicator.output.split(separator: "\n").contains { line in
                    line.contains(#""copy":"\#(path.replacing("/", with: "\\/"))""#) && line.contains(#""in sync""#)
                        || line.contains(#""copy":"\#(path)""#) && line.contains(#""in sync""#)
                }
            }
        }
        #expect(areBoth, "\(replicator.output) \(replicator.errors)")
        expect("replicate", replicator.output.split(separator: "\n").map(String.init))
        expect("status of a source", "status", source)
        let shown = Tool(["status", source]).wait()?.output ?? ""
        #expect(shown.contains("  copies") && shown.contains(other), "\(shown)")
        #expect(shown.split(separator: "\n").filter { $0.contains("in sync") }.count == 3, "\(shown)")
        replicator.send(SIGTERM)
        _ = replicator.wait()
        for path in [copy, other] { expect("check and promote", "check", path) }
    }

    @Test("One more copy is attached to a replicator that runs, detached, and forgotten")
    func attached() {
        create()
        let other = scratch.file("other")
        let replicator = Tool(["replicate", source, "--to", copy, "--json"])
        #expect(isInSync(replicator), "\(replicator.output) \(replicator.errors)")
        expect("attach, detach and forget", "attach", source, other)
        let isFollowed = Tool.until {
            let status = try? SourceStatus.read(from: SourceDataFile.open(at: source))
            return status?.copies.filter { $0.isFollowed && $0.copyState == .inSync }.count == 2
        }
        #expect(isFollowed, "\(replicator.output)")
        expect("refusal", status: 2, "forget", source, other)
        expect("attach, detach and forget", "detach", source, other)
        expect("refusal", status: 2, "detach", source, other)
        expect("attach, detach and forget", "forget", source, other)
        expect("refusal", status: 2, "forget", source, other)
        replicator.send(SIGTERM)
        let ended = replicator.wait()
        expect("replicate", ended?.lines ?? [])
        #expect(ended?.status == 0 && ended?.output.contains("it was detached") == true, "\(ended?.output ?? "")")
        expect("refusal", status: 2, "attach", source, other)
        expect("check and promote", "check", other)
    }

    @Test("A source is taken back, and handed over")
    func handedOver() {
        create()
        let replicator = Tool(["replicate", source, "--to", copy, "--json"])
        #expect(isInSync(replicator), "\(replicator.output) \(replicator.errors)")
        expect("take back", "switchover", source, "--take-back")
        expect("switchover", "switchover", source, copy)
        let ended = replicator.wait()
        expect("replicate", ended?.lines.dropLast() ?? [])
        expect("refusal", ended?.lines.suffix(1) ?? [])
        #expect(ended?.status == 1)
        expect("status of a source", "status", source)
    }

    @Test("What is refused is refused in JSON too, by every command")
    func refusals() {
        create()
        let missing = scratch.file("missing")
        for words in [
            ["create", source, "--table", "a:8:8"], ["replicate", missing, "--to", copy], ["status", missing],
            ["verify", missing, copy], ["check", missing], ["promote", missing], ["promote", source],
            ["inspect", missing, "--table", "a"], ["inspect", source, "--table", "nothing"],
            ["load", missing], ["audit", missing], ["relink", source], ["relink", missing],
            ["demote", source], ["demote", missing],
        ] {
            let ended = Tool(words + ["--json"]).wait()
            #expect(ended?.status == 2 && ended?.errors.hasPrefix("tandem: ") == true, "\(words)")
            expect("refusal", ended?.lines ?? [])
        }
    }

    @Test("A copy that is not whole, and a source that is superseded")
    func otherStates() throws {
        create()
        let replicator = Tool(["replicate", source, "--to", copy, "--json"])
        #expect(isInSync(replicator))
        replicator.send(SIGTERM)
        _ = replicator.wait()
        // In the first record: its seal does not match any more.
        let table = try AuditedFile(copy).tables[0]
        let descriptor = open(copy, O_RDWR)
        pwrite(descriptor, [UInt8(0xFF)], 1, table.offset + 20)
        close(descriptor)
        expect("check and promote", status: 1, "check", copy)
        expect("refusal", status: 1, "promote", copy)
        expect("inspect", status: 1, "inspect", copy, "--table", table.name)
        expect("check and promote", "promote", copy, "--force")
        let old = Tool(["replicate", source, "--to", copy, "--json"])
        let ended = old.wait()
        #expect(ended?.status == 1)
        expect("refusal", ended?.lines.suffix(1) ?? [])
        expect("status of a source", "status", source)
    }

    @Test("The demo's report, of one that was stopped")
    func demo() {
        let demo = Tool(["demo", "--calls", "1000", "--json"])
        #expect(Tool.until { demo.errors.contains("traffic:") })
        demo.send(SIGINT)
        let ended = demo.wait()
        #expect(ended?.status == 130)
        #expect(ended?.errors.contains("stopped after") == true && ended?.errors.contains("failed") == false)
        expect("demo", ended?.lines ?? [])
    }

    @Test("What is nil is null, in every place, and what is no number is null")
    func encoding() {
        struct Inner: Encodable { let a: Int? }
        struct Report: Encodable {
            let text: String?
            let number: Double?
            let inner: Inner?
            let list: [Inner]
            let odd: Double
            let name: String
            let map: [String: UInt64]
            let large: UInt64
        }
        let report = Report(
            text: nil, number: nil, inner: nil, list: [Inner(a: nil), Inner(a: 2)], odd: .infinity, name: "a\n\"\u{1}",
            map: ["k": 1], large: .max)
        #expect(
            jsonLine(report)
                == #"{"inner":null,"large":18446744073709551615,"list":[{"a":null},{"a":2}],"map":{"k":1},"#
                + #""name":"a\n\"\u0001","number":null,"odd":null,"text":null}"#)
    }
}
