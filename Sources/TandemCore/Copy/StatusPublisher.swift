/// What is said of one copy: in shared memory for whoever looks, and in events for the log.
struct StatusPublisher {
    /// How much of it is there; counted by the engine anyway.
    struct Gauges {
        var pagesDone: Int
        var journalUsed: Int
        var isRebuilding: Bool
    }

    private static let interval: UInt64 = 100_000_000

    private let area: RuntimeArea
    /// What shared memory says, and what the log said last.
    private(set) var shown = CopyNews()
    private var told = CopyNews()
    private var events: [EngineEvent] = []
    private var lastPublished: UInt64 = 0
    /// Something has happened since pages were last counted.
    private var isCountOld = true
    /// Whether and when a copy that is syncing will be in sync.
    var outlook = Convergence()

    init(area: RuntimeArea) { self.area = area }

    /// Whoever sees that this engine holds the source's lock must not take a predecessor's words for its own.
    func begin() {
        area.replicator[.state].store(shown.state.rawValue)
        area.replicator[.reason].store(shown.reason.rawValue)
        area.replicator[.detail].store(0)
        area.replicator[.journalWanted].store(0)
        area.replicator[.behindSince].store(0)
        area.replicator[.verdict].store(SyncVerdict.unknown.rawValue)
    }

    mutating func noteWork() { isCountOld = true }

    /// Says in shared memory what the copy's state is.
    mutating func show(_ news: CopyNews, at now: UInt64) {
        if news.state != shown.state { area.replicator[.since].store(now) }
        shown = news
        area.replicator[.reason].store(news.reason.rawValue)
        area.replicator[.detail].store(news.detail)
        // Last: who sees the state also sees why, and since when.
        area.replicator[.state].storeReleasing(news.state.rawValue)
    }

    /// For the log, unless it is what was told last.
    mutating func tell(_ news: CopyNews) {
        guard news != told else { return }
        told = news
        events.append(
            EngineEvent(
                state: news.state, reason: news.reason, detail: news.detail, pagesOwed: area.owed.count,
                pagesMissed: area.missed.count + area.memory.dirty.count(wordCount: area.layout.runtime.wordCount),
                refusal: news.refusal, journalBytesWanted: news.journalBytesWanted,
                isInPlace: news.isInPlace, damage: news.damage, pace: nil))
    }

    mutating func tell(_ pace: Pace.News) {
        events.append(
            EngineEvent(
                state: shown.state, reason: shown.reason, detail: shown.detail, pagesOwed: area.owed.count,
                pagesMissed: 0, refusal: nil, journalBytesWanted: 0, isInPlace: false, damage: nil, pace: pace))
    }

    mutating func takeEvents() -> [EngineEvent] {
        // Mostly there are none, and emptying an array that has just been given away would make a new one.
        if events.isEmpty { return [] }
        defer { events = [] }
        return events
    }

    /// The engine lives. True ten times a second, when the gauges are to be published.
    mutating func beat(at now: UInt64) -> Bool {
        area.replicator[.heartbeat].store(now)
        guard now &- lastPublished >= Self.interval else { return false }
        lastPublished = now
        return true
    }

    mutating func publish(_ gauges: Gauges) {
        // Counting bits of a 64 GiB source takes 100 µs; ten times a second is often enough for eyes, and not at all
        // while nothing happens.
        if isCountOld {
            isCountOld = false
            area.replicator[.owedPages].store(UInt64(area.owed.count))
            area.replicator[.missedPages].store(UInt64(area.missed.count))
        }
        area.replicator[.bulkPagesDone].store(UInt64(gauges.pagesDone))
        area.replicator[.journalUsed].store(UInt64(gauges.journalUsed))
        area.replicator[.rebuilding].store(gauges.isRebuilding ? 1 : 0)
        area.replicator[.state].store(shown.state.rawValue)
    }

    func publish(_ pace: Pace) {
        let block = area.replicator
        block[.changing].store(pace.rates.changing)
        block[.carrying].store(pace.rates.carrying)
        // Release: who sees since when also sees the rates.
        block[.behindSince].storeReleasing(pace.since ?? 0)
    }

    func publish(_ outlook: Convergence.Outlook) {
        let block = area.replicator
        block[.syncIn].store(outlook.nanoseconds)
        block[.dirtying].store(outlook.dirtying)
        block[.copying].store(outlook.copying)
        block[.verdict].store(outlook.verdict.rawValue)
    }

    /// What is known of one outage says nothing of the next.
    mutating func forgetOutlook() {
        outlook = Convergence()
        area.replicator[.verdict].store(SyncVerdict.unknown.rawValue)
    }
}
