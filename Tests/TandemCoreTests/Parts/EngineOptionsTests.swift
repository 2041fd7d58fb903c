import TandemCore
import Testing

@Suite("EngineOptions: what goes together")
struct EngineOptionsTests {
    private static let contradictions: [(what: String, change: @Sendable (inout EngineOptions) -> Void)] = [
        ("no pause between probes", { $0.deadlines.probeIntervalMin = 0 }),
        ("a least pause above the most", { $0.deadlines.probeIntervalMax = $0.deadlines.probeIntervalMin - 1 }),
        ("stuck before late", { $0.deadlines.stuckAfter = $0.deadlines.lateAfter - 1 }),
        ("a flush that never ends", { $0.deadlines.flushBytesPerMicrosecond = 0 }),
        ("a capture that never ends", { $0.capture.pagesPerPoll = 0 }),
        ("stuck before a writer is in doubt", { $0.capture.inDoubtAfter = $0.deadlines.stuckAfter + 1 }),
        ("a replay that never ends", { $0.reclaim.replayBytesPerPoll = 0 }),
        ("a bulk copy that never ends", { $0.imagePagesInBulk = 0 }),
        ("a sweep that never ends", { $0.imagePagesInSync = 0 }),
    ]

    @Test("What nobody can mean is named, each by itself", arguments: contradictions.indices)
    func named(row: Int) {
        var options = EngineOptions()
        #expect(options.contradiction == nil)
        Self.contradictions[row].change(&options)
        #expect(options.contradiction != nil, "\(Self.contradictions[row].what)")
    }
}
