import BenchRows
import Foundation
import Testing

/// Peers are asked in turn, and none is left out in silence.
@Suite(.serialized)
struct PeerTests {
    @Test func aPeersAnswersStandBesideTandemsOwn() throws {
        let report = try run(["able": Self.able])
        #expect(report.failures.isEmpty)
        let ids = ["updates", "commits", "commits-p99", "bulk"].map { "peers.\($0).able" }
        #expect(report.figures.map(\.id).sorted() == ids.sorted())
        for figure in report.figures {
            #expect(figure.baseline?.name == "Able 1.2")
            #expect(figure.samples.values.count == 2 && figure.samples.values.allSatisfy { $0 > 0 })
        }
        #expect(report.figures.first { $0.id == "peers.commits-p99.able" }?.baseline?.samples.values == [94, 94])
        #expect(report.notes.contains("able: Able 1.2"))
    }

    @Test func whoFindsRecordsIsAskedForThatAlone() throws {
        let report = try run(["finder": Self.finder], finders: ["finder"])
        #expect(report.failures.isEmpty)
        let figure = try #require(report.figures.first { $0.id == "peers.finds.finder" })
        #expect(report.figures.count == 1 && figure.baseline?.samples.values == [209.5, 209.5])
        #expect(figure.unit == .nanoseconds && figure.samples.values.allSatisfy { $0 > 0 && $0 < 1e6 })
    }

    @Test func onePeerThatIsMissingIsNamedWithTheReason() throws {
        let report = try run(
            ["able": Self.able, "gone": "echo missing gone is not installed: install it"], plus: "unbuilt")
        #expect(report.warnings.contains("gone is missing: gone is not installed: install it"))
        #expect(report.warnings.contains { $0.hasPrefix("unbuilt is missing: ") && $0.contains("make peers") })
        #expect(report.figures.count == 4, "the others' figures are there")
    }

    @Test func aPeerThatFailsOrEndsFailsTheReport() throws {
        let failing = Self.able.replacingOccurrences(of: "echo commits 61.5 94", with: "echo failed no replica")
        let ending = Self.able.replacingOccurrences(of: "echo commits 61.5 94", with: "exit 3")
        #expect(try run(["failing": failing]).failures.contains("failing, commits: no replica"))
        #expect(try run(["ending": ending]).failures.contains("ending, commits: it has ended with status 3"))
    }

    private static let able = """
        echo version Able 1.2
        echo ready bulk updates commits
        while read work; do
          case $work in
            bulk) echo bulk 1.5;;
            updates) echo updates 0.25;;
            commits) echo commits 61.5 94;;
          esac
        done
        """

    private static let finder = """
        echo version Finder 3
        echo ready finds
        while read work; do echo $work 209.5; done
        """

    private func run(
        _ peers: [String: String], finders: [String] = [], plus absent: String...
    ) throws -> Report {
        let folder = NSTemporaryDirectory() + "tandem-bench-peers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, script) in peers {
            try "#!/bin/sh\n\(script)\n".write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(folder)/\(name)")
        }
        var row = PeersRow()
        row.common.repetitions = 2
        row.common.disk = "/tmp"
        (row.bytes, row.scale, row.programs) = (1 << 20, 0.0001, folder)
        row.names = peers.keys.sorted() + absent
        row.finders = finders
        return try row.run()
    }
}
