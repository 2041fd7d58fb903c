internal import TandemCore
public import TandemTypes
internal import TandemSystem

extension SourceStatus {
    /// One of the source's copies.
    public struct Copy: Sendable {
        /// As the replicator was given it.
        public let path: String
        /// What it is known by, wherever it lies: 32 hexadecimal digits, or nothing.
        public let id: String
        /// The replicator that runs was given it. What others miss is remembered.
        public let isFollowed: Bool
        /// Where it is in its life; offline where nobody follows it.
        public let copyState: CopyState
        /// The same in words: offline, syncing, in sync or refused.
        public var state: String { copyState.words }
        /// Why it is in that state.
        public let reason: String
        /// How it is written, and why so.
        public let driver: String
        /// The last cut that is whole on it.
        public let cut: UInt64
        /// Microseconds since the state that it holds was the newest one; nil unless in sync.
        public let ageMicroseconds: Double?
        /// Pages with an image on it that is behind.
        public let owedPages: Int
        /// Pages that changed since its last cut, and that only a later one of its own brings.
        public let missedPages: Int
        /// What of its journal's ring it still needs.
        public let journalUsedBytes: Int
        /// A commit waits for a cut that this copy has not got yet.
        public let isAwaited: Bool
    }
}

extension SourceStatus.Copy {
    /// - Parameters:
    ///   - place: among those that are followed; nil: it is not.
    ///   - isServed: a replicator lives.
    init(_ area: RuntimeArea, place: Int?, isServed: Bool, of source: SourceDataFile) {
        let block = area.replicator
        let moments = ReplicatorMoments(of: block)
        let isFollowed = place != nil && isServed && moments.isPolling
        let text = CopyStateText(
            state: CopyState(rawValue: block[.state].loadAcquiring()) ?? .offline,
            reason: CopyReason(rawValue: block[.reason].load()) ?? .starting, detail: block[.detail].load())
        path = block.copyPath.loadText()
        let id = block.id
        self.id = id == .none ? "" : Generation(high: id.high, low: id.low).description
        self.isFollowed = isFollowed
        copyState = isFollowed || !moments.hasPolled ? text.state : .offline
        reason =
            isFollowed
            ? text.reasonWords : isServed ? "the replicator was not given it" : "no replicator is running"
        driver = block.driverName.loadText()
        cut = block.committed.load()
        let runtime = source.layout.runtime
        let isPresent =
            !area.memory.dirty.isAnyMarked(wordCount: runtime.wordCount) && area.taken.isEmpty && area.missed.isEmpty
            && block.shipping.load() == cut
        ageMicroseconds = text.state != .inSync || !isFollowed ? nil : isPresent ? 0 : moments.age
        owedPages = area.owed.count
        missedPages = area.missed.count
        journalUsedBytes = Int(clamping: block[.journalUsed].load())
        isAwaited = area.waiters.load() > 0 && area.wanted.load() > cut
    }
}

extension SourceStatus.Copy: Encodable {
    private enum CodingKeys: CodingKey {
        case path, id, isFollowed, state, reason, driver, cut, ageMicroseconds, owedPages, missedPages
        case journalUsedBytes, isAwaited
    }

    /// Every key is always there; `null` stands for what is not known.
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(path.isEmpty ? nil : path, forKey: .path)
        try keys.encode(id.isEmpty ? nil : id, forKey: .id)
        try keys.encode(isFollowed, forKey: .isFollowed)
        try keys.encode(state, forKey: .state)
        try keys.encode(reason, forKey: .reason)
        try keys.encode(driver.isEmpty ? nil : driver, forKey: .driver)
        try keys.encode(cut, forKey: .cut)
        try keys.encode(ageMicroseconds, forKey: .ageMicroseconds)
        try keys.encode(owedPages, forKey: .owedPages)
        try keys.encode(missedPages, forKey: .missedPages)
        try keys.encode(journalUsedBytes, forKey: .journalUsedBytes)
        try keys.encode(isAwaited, forKey: .isAwaited)
    }
}
