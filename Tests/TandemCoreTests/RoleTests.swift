import TandemCore
import Testing

/// What the other suites step by hand runs here on real threads that share one mapping: what ThreadSanitizer has to see
/// to say that there are no races but those that are argued (`make sanitize`).
@Suite("Roles as threads over one mapping", .serialized)
struct RoleTests {
    @Test("P1, P4: writers, a reader and the replicator at once, writers that die, and the copy is the source")
    func together() throws {
        let roles = Roles(writerCount: 3)
        let (outcome, copy) = try roles.run(seconds: 1.5)
        try expectEqual(outcome, copy, roles)
    }

    @Test("P5: the same while the copy goes away and comes back")
    func outages() throws {
        // Looked for often, and away for a time of which the interval of looks, 5,000 polls, is no multiple: else each
        // look finds it as the one before did, and that it has gone is never seen.
        var options = EngineOptions()
        options.deadlines.probeIntervalMin = 1_000_000
        options.deadlines.probeIntervalMax = 7_000_000
        let roles = Roles(writerCount: 3, options: options)
        let (outcome, copy) = try roles.run(seconds: 1.5, syncsMin: 2) { poll in poll / 700 % 2 == 0 }
        try expectEqual(outcome, copy, roles)
        #expect(outcome.syncs > 1, "\(outcome)")
    }

    private func expectEqual(_ outcome: Roles.Outcome, _ copy: RecoveredCopy?, _ roles: Roles) throws {
        #expect(outcome.failures == [])
        #expect(
            outcome.commits > 0 && outcome.reads > 0 && outcome.deaths > 0 && outcome.acknowledged > 0, "\(outcome)")
        let copy = try #require(copy, "the copy is not promotable")
        #expect(copy.brokenSeals == [])
        #expect(try copy.differences(from: roles.source) == [])
    }
}
