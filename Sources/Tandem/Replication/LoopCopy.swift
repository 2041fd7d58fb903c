internal import Glibc
internal import Logging
internal import TandemCore
internal import TandemSystem

/// One copy as the loop has it: its file, the memory that it is written from, and its block in the source.
final class LoopCopy {
    let path: String
    /// With the copy's block.
    let area: RuntimeArea
    let followed: FollowedCopy
    private(set) var driverDescription: String
    /// Nil once the replicator has ended: its driver writes from `staging`.
    private var target: CopyTarget!
    private let staging: StagingMemory
    private var changesNoted = 0
    private let source: SourceDataFile

    /// - Parameter place: among the copies of this replicator, from 1.
    /// - Throws: why the path's medium cannot be made; the block is then as it was.
    init(
        _ path: String, place: Int, block: CopyPlaces.Block, source: SourceDataFile, options: ReplicationOptions,
        engine: EngineOptions, logger: Logger
    ) throws(TandemError) {
        self.path = path
        self.source = source
        staging = StagingMemory()
        area = source.area.of(copy: block.number)
        let words = area.replicator
        let target = try CopyTarget(
            path, of: source, options: options, staging: staging.all, area: area,
            // One that leaves nothing with the server takes its number away.
            isUnsettled: !block.isNew && words[.process].load() != 0)
        self.target = target
        block.begin(in: area, for: path, logger)
        driverDescription = target.description
        var engine = engine
        engine.reclaim.appliesJournal = target.isInMemory
        // A plain write to a disk may take as long as that likes, and lanes' windows would stay open meanwhile.
        if target.blocks { engine.lanePagesMin = .max }
        if target.isRemote { engine.reclaim.replayBytesPerPoll = 1 << 20 }
        followed = FollowedCopy(number: block.number, id: block.id, staging: staging.staging, options: engine)
        words[.process].store(UInt64(getpid()))
        words.copyPath.storeText(path)
        words.driverName.storeText(driverDescription)
        words.place.storeReleasing(UInt64(place))
    }

    var driver: any CopyDriver { target.driver }
    var isFenced: Bool { target.isFenced }

    var isDriverNews: Bool { target.changes != changesNoted }

    /// What is known of a server, or of a file's way past the page cache, is known once it has answered.
    func noteDriver(_ logger: Logger) {
        changesNoted = target.changes
        let description = target.description
        if description == driverDescription { return }
        driverDescription = description
        area.replicator.driverName.storeText(description)
        if !target.isRemote { logger.info("copy \(path) is written by \(description)", metadata: ["copy": "\(path)"]) }
    }

    /// The replicator ends; nobody asks the driver for anything any more.
    func end() {
        area.replicator[.behindSince].store(0)
        // Its number stays where a successor has to know that it may have left writes with a server.
        if target.end() { area.replicator[.process].store(0) }
        target = nil
    }

    // MARK: The log

    func report(_ event: EngineEvent, to logger: Logger) {
        if let pace = event.pace { return report(pace, to: logger) }
        let state = CopyStateText(state: event.state, reason: event.reason, detail: event.detail)
        let level: Logger.Level =
            switch event.state {
            case .inSync, .syncing: .info
            case .offline: .warning
            case .refused: .error
            }
        // For programs: what is true by the time that somebody reads the line may be another state.
        let facts: Logger.Metadata = [
            "copy": "\(path)", "state": "\(state.stateWords)", "reason": "\(state.reasonWords)",
            "owed": "\(event.pagesOwed)", "missed": "\(event.pagesMissed)", "cut": "\(cut)",
        ]
        logger.log(level: level, "\(text(event, state))", metadata: facts)
    }

    private var cut: UInt64 { area.replicator.committed.load() }

    private func text(_ event: EngineEvent, _ state: CopyStateText) -> String {
        var text = "copy \(path) \(state)"
        if event.state == .syncing || event.state == .offline {
            text += ": \(event.pagesOwed) pages owed, \(event.pagesMissed) missed"
        }
        if event.state == .offline, target.isRemote, let words = target.lastFailure { text += "; \(words)" }
        if let refusal = event.refusal { text += ": \(refusal)" }
        if event.reason == .inUse, let holder = CopyHolder(of: path) { text += ": \(holder)" }
        if event.reason == .noSpace, let room = CopyRoom(of: path, layout: source.layout) { text += "; \(room)" }
        if let damage = event.damage { text += ": \(words(damage, event.reason))" }
        if event.journalBytesWanted > 0 {
            text += """
                ; its journal of \(ByteCount(source.layout.journalBytes)) is too small for what changes while a copy \
                is made: one of \(ByteCount(event.journalBytesWanted)) would do. Create the source with that
                """
        }
        if event.isInPlace {
            let why = target.lastFailure.map { " (\($0))" } ?? ""
            text += """
                : it is overwritten in place, and cannot be promoted before it is whole, as no new one can be made \
                beside it\(why)
                """
        }
        return text
    }

    private func words(_ damage: CopyDamage, _ reason: CopyReason) -> String {
        let page = "page \(damage.page) of table \(source.layout.definitions[damage.table].name)"
        if reason == .damaged { return "\(page) was damaged on the copy; it is written again" }
        return damage.pages == 1 ? page : "\(damage.pages) pages, the last of them \(page)"
    }

    private func report(_ pace: Pace.News, to logger: Logger) {
        var facts: Logger.Metadata = [
            "copy": "\(path)", "state": "in sync", "reason": "\(pace.words)", "owed": "\(area.owed.count)",
            "missed": "0", "cut": "\(cut)",
        ]
        guard case .behind(let behind) = pace else {
            return logger.log(level: .info, "copy \(path) in sync, \(pace.words)", metadata: facts)
        }
        facts["age"] = "\(behind.age / 1000)"
        facts["changing"] = "\(behind.changing)"
        facts["carrying"] = "\(behind.carrying)"
        logger.log(
            level: .warning, "copy \(path) in sync, \(pace.words); its last cut can be promoted all the same",
            metadata: facts)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// UTF-8, cut to fit, zero padded.
    func storeText(_ text: String) {
        let bytes = Array(text.utf8.prefix(count - 1))
        initializeMemory(as: UInt8.self, repeating: 0)
        copyBytes(from: bytes)
    }

    func loadText() -> String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
