import Tandem

/// The few figures of a source that commands show while they run.
struct StatusReading {
    let status: SourceStatus

    init(of source: SourceDataFile) { status = SourceStatus.read(from: source) }

    var isInSync: Bool { status.copyState == .inSync }
    var isSyncing: Bool { status.copyState == .syncing }
    var commits: UInt64 { status.commits }
    var recoveries: UInt64 { status.writers.reduce(0) { $0 + $1.recoveries } }

    /// `in sync, 212 µs old`, `offline: the file is not there`
    var words: String {
        if let behind = status.behind { return "in sync, \(behind.words)" }
        if let age = status.ageMicroseconds, isInSync { return "in sync, \(Figures.age(microseconds: age))" }
        return "\(status.state): \(status.reason)"
    }

    /// The first copy, and how many of the others are in sync.
    var wordsOfAll: String {
        let others = status.copies.dropFirst().filter(\.isFollowed)
        guard !others.isEmpty else { return words }
        return "\(words); \(others.count { $0.copyState == .inSync }) of \(others.count) others in sync"
    }

    /// What an outage came down to, from the counters that moved since `before`.
    func wayBack(since before: StatusReading) -> String {
        func moved(_ counter: Counter) -> UInt64 { status.counter(counter) &- before.status.counter(counter) }
        let written = Figures.bytes(moved(.journalBytes) &+ moved(.imageBytes))
        if moved(.returnsFromZero) > 0 { return "copied anew, \(written) written" }
        if moved(.returnsByPages) > 0 { return "owed and missed pages copied, \(written) written" }
        if moved(.returnsByContent) > 0 { return "compared, and what differed came as one cut, \(written) written" }
        if moved(.returnsByCut) > 0 { return "what it missed came as one cut, \(written) written" }
        return "\(written) written"
    }
}
