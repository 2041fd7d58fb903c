@testable import TandemCore
import Testing

@Suite("StatusPublisher: what is said of a copy")
struct StatusPublisherTests {
    private let source = TestSource.small()
    private var status: StatusPublisher
    private let lost = CopyNews(state: .offline, reason: .notFound, detail: 2)

    init() { status = StatusPublisher(area: source.area) }

    private func word(_ field: ReplicatorBlock.Field) -> UInt64 { source.area.replicator[field].load() }

    @Test("A state is shown with its reason, its errno and the moment since when it is so")
    mutating func shown() {
        status.show(CopyNews(state: .inSync, reason: .caughtUp), at: 7)
        #expect(word(.state) == CopyState.inSync.rawValue && word(.reason) == CopyReason.caughtUp.rawValue)
        status.show(lost, at: 9)
        #expect(word(.state) == CopyState.offline.rawValue && word(.detail) == 2 && word(.since) == 9)
        status.show(CopyNews(state: .offline, reason: .inUse), at: 11)
        #expect(word(.reason) == CopyReason.inUse.rawValue)
        #expect(word(.since) == 9, "it is off line as before, for another reason")
    }

    @Test("The same news is told once, and what is told is handed out once")
    mutating func told() {
        status.tell(lost)
        status.tell(lost)
        #expect(status.takeEvents().map(\.reason) == [.notFound])
        #expect(status.takeEvents().isEmpty)
        status.tell(CopyNews(state: .offline, reason: .inUse))
        status.tell(lost)
        #expect(status.takeEvents().map(\.reason) == [.inUse, .notFound])
    }

    @Test("The heart beats at every poll; gauges are due ten times a second")
    mutating func beats() {
        var due = 0
        for poll in 1 ... 1000 as ClosedRange<UInt64> where status.beat(at: poll * 1_000_000) {
            #expect(word(.heartbeat) == poll * 1_000_000)
            due += 1
        }
        #expect(word(.heartbeat) == 1_000_000_000)
        #expect(due == 10)
    }

    @Test("Pages are counted when something has happened since, and not else")
    mutating func counts() {
        let gauges = StatusPublisher.Gauges(pagesDone: 3, journalUsed: 4096, isRebuilding: true)
        status.publish(gauges)
        #expect(word(.bulkPagesDone) == 3 && word(.journalUsed) == 4096 && word(.rebuilding) == 1)
        source.area.owed.insert(1)
        source.area.missed.insert(2)
        status.publish(gauges)
        #expect(word(.owedPages) == 0 && word(.missedPages) == 0)
        status.noteWork()
        status.publish(gauges)
        #expect(word(.owedPages) == 1 && word(.missedPages) == 1)
    }

    @Test("What was foretold in one outage is forgotten in the next")
    mutating func outlook() {
        status.publish(Convergence.Outlook(verdict: .outpaced, nanoseconds: 5, dirtying: 6, copying: 7))
        #expect(word(.verdict) == SyncVerdict.outpaced.rawValue && word(.dirtying) == 6)
        status.forgetOutlook()
        #expect(word(.verdict) == SyncVerdict.unknown.rawValue)
    }
}
