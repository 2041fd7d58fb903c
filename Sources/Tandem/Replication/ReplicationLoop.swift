internal import Glibc
internal import Logging
internal import Synchronization
internal import TandemCore
internal import TandemSystem

/// Engine, driver and idle strategy, stepped in turn.
final class ReplicationLoop {
    private let source: SourceDataFile
    private let lock: SlotLock
    private var target: CopyTarget!
    /// Nil once the loop has ended: the driver's writes come from `staging`, and its reads go there.
    private var agent: Agent!
    private let staging = StagingMemory()
    private var idle = IdleStrategy()
    private let options: ReplicationOptions
    private let logger: Logger
    private let copyPath: String
    private var announced: UInt64 = 0
    private var nameWatch: SourceNameWatch
    private(set) var driverDescription: String

    init(
        source: SourceDataFile, copy path: String, options: ReplicationOptions, logger: Logger
    ) throws(TandemError) {
        let interval = try options.validate()
        // Cut to fit, it would name another file to whoever reads the status.
        guard path.utf8.count < ReplicatorBlock.pathBytes else {
            throw TandemError(
                .badArgument, "path '\(path.prefix(40))…'",
                "it has \(path.utf8.count) bytes, and the source remembers \(ReplicatorBlock.pathBytes - 1)",
                remedy: "Use a shorter path, from the current directory on perhaps")
        }
        // Before anything is written: whatever is at `path`, a source that nobody may write to has nothing to copy.
        guard source.area.attention.load() & ControlFlags.superseded == 0 else {
            throw TandemError(
                .superseded, source.path, "a promoted copy has taken over from this source",
                remedy: "Stop the programs that write here, and follow the promoted source")
        }
        guard MemoryBarrier.mode == .membarrier || source.area.usesFences.load() != 0 else {
            throw TandemError(
                .unavailable, "membarrier", "this process may not use it, while the source's writers rely on it",
                remedy:
                    """
                    Allow membarrier(2) in the seccomp filter of this process, or create the source where it is \
                    forbidden
                    """
            )
        }
        guard let lock = try SlotLock.tryAcquire(file: source.file, byte: source.layout.runtime.replicator) else {
            throw TandemError(
                .inUse, source.path,
                "another replicator (process \(source.area.replicator[.process].load())) follows this source",
                remedy: "Stop it first")
        }
        // Whoever sees the lock held must not take a predecessor's "in sync" for ours, while memory is laid out here.
        source.area.replicator[.state].store(CopyState.offline.rawValue)
        source.area.replicator[.reason].store(CopyReason.starting.rawValue)
        self.source = source
        self.lock = lock
        self.options = options
        self.logger = logger
        copyPath = path
        nameWatch = SourceNameWatch(copy: path)
        target = try CopyTarget(path, of: source, options: options, staging: staging.all)
        driverDescription = target.description
        var engineOptions = EngineOptions()
        engineOptions.durable = options.durable
        engineOptions.cutInterval = interval
        if let maxAge = options.maxAge { engineOptions.maxAge = maxAge.nanoseconds }
        engineOptions.adopts = options.adopts
        engineOptions.scrubBytesPerSecond = options.scrubBytesPerSecond
        engineOptions.rebuildsBeside = options.rebuildsBeside
        engineOptions.reclaim.appliesJournal = target.isInMemory
        if target.isRemote { engineOptions.reclaim.replayBytesPerPoll = 1 << 20 }
        let engine = ReplicationEngine(
            memory: source.memory, layout: source.layout, life: source.life,
            platform: EnginePlatform(barrier: MemoryBarrier.issue, checksum: LinuxChecksum.crc32c),
            staging: staging.staging, options: engineOptions)
        agent = Agent(engine, driver: target.driver)
        let block = source.area.replicator
        block[.process].store(UInt64(getpid()))
        block.copyPath.storeText(path)
        block.driverName.storeText(driverDescription)
    }

    /// Steps until the copy has answered for the first time.
    ///
    /// - Throws: why it is refused. Only a person can change that.
    func admit() throws(TandemError) {
        while !agent.engine.hasAnswered { step() }
        if let refusal = agent.engine.refusal { throw refusal.error(about: copyPath) }
    }

    func run(until shouldStop: () -> Bool) {
        CurrentThread.name("tandem-copy")
        CurrentThread.endNapsInTime()
        if let cpu = options.cpu, case .unavailable(let reason) = CurrentThread.pin(toCPU: cpu) {
            logger.warning("not pinned to processor \(cpu): \(reason)")
        }
        while !shouldStop() { step() }
    }

    func step() {
        // Before the engine looks: a commit that begins to wait after that look finds us awake, or ends the nap.
        let wanted = source.area.wanted.load()
        let now = MonotonicClock.now()
        if let news = nameWatch.look(at: source.file, now: now) { logger.log(level: news.level, "\(news.text)") }
        agent.take(at: now, wall: WallClock.now())
        wakeWaiters()
        agent.advance()
        // What has no completion moves `committed` too, such as the end of a bulk copy.
        wakeWaiters()
        for event in agent.takeEvents() {
            noteDriver()
            report(event)
        }
        let progress = agent.progress()
        guard let pause = idle.pause(didWork: progress.didWork, isBusy: progress.isBusy) else { return }
        if progress.isBusy, agent.wait(nanoseconds: pause) { return }
        nap(nanoseconds: pause, whileWanted: wanted)
    }

    /// Until the time is over, or a commit begins to wait for its cut.
    private func nap(nanoseconds: UInt64, whileWanted wanted: UInt64) {
        _ = Futex.wait(
            word: source.memory.base + source.layout.runtime.control + ControlOffset.wanted,
            whileLow32Equals: UInt32(truncatingIfNeeded: wanted), nanoseconds: nanoseconds)
    }

    /// Commits that wait sleep on the word that has just moved.
    private func wakeWaiters() {
        let committed = source.area.committed.load()
        guard committed != announced else { return }
        announced = committed
        // `committed` is seen before `waiters` is looked at, against a commit that says first that it sleeps and then
        // looks at `committed`: one of the two sees the other.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard source.area.waiters.load() != 0 else { return }
        Futex.wakeAll(word: source.memory.base + source.layout.runtime.control + ControlOffset.committed)
    }

    /// What is known of a server is known once it has answered.
    private func noteDriver() {
        let description = target.description
        if description == driverDescription { return }
        driverDescription = description
        source.area.replicator.driverName.storeText(description)
    }

    private func report(_ event: EngineEvent) {
        if let pace = event.pace { return report(pace) }
        let state = CopyStateText(state: event.state, reason: event.reason, detail: event.detail)
        var text = "copy \(copyPath) \(state)"
        if event.state == .syncing || event.state == .offline {
            text += ": \(event.pagesOwed) pages owed, \(event.pagesMissed) missed"
        }
        if event.state == .offline, target.isRemote, let words = target.lastFailure { text += "; \(words)" }
        if let refusal = event.refusal { text += ": \(refusal)" }
        if event.reason == .inUse, let holder = CopyHolder(of: copyPath) { text += ": \(holder)" }
        if event.reason == .noSpace, let room = CopyRoom(of: copyPath, layout: source.layout) { text += "; \(room)" }
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
        let level: Logger.Level =
            switch event.state {
            case .inSync, .syncing: .info
            case .offline: .warning
            case .refused: .error
            }
        // For programs: what is true by the time that somebody reads the line may be another state.
        let facts: Logger.Metadata = [
            "state": "\(state.stateWords)", "reason": "\(state.reasonWords)", "owed": "\(event.pagesOwed)",
            "missed": "\(event.pagesMissed)", "cut": "\(source.area.committed.load())",
        ]
        logger.log(level: level, "\(text)", metadata: facts)
    }

    private func words(_ damage: CopyDamage, _ reason: CopyReason) -> String {
        let page = "page \(damage.page) of table \(source.layout.definitions[damage.table].name)"
        if reason == .damaged { return "\(page) was damaged on the copy; it is written again" }
        return damage.pages == 1 ? page : "\(damage.pages) pages, the last of them \(page)"
    }

    private func report(_ pace: Pace.News) {
        var facts: Logger.Metadata = [
            "state": "in sync", "reason": "\(pace.words)", "owed": "\(source.area.owed.count)", "missed": "0",
            "cut": "\(source.area.committed.load())",
        ]
        guard case .behind(let behind) = pace else {
            return logger.log(level: .info, "copy \(copyPath) in sync, \(pace.words)", metadata: facts)
        }
        facts["age"] = "\(behind.age / 1000)"
        facts["changing"] = "\(behind.changing)"
        facts["carrying"] = "\(behind.carrying)"
        logger.log(
            level: .warning, "copy \(copyPath) in sync, \(pace.words); its last cut can be promoted all the same",
            metadata: facts)
    }

    deinit {
        source.area.attention.clear(ControlFlags.slow)
        source.area.replicator[.behindSince].store(0)
        agent = nil
        // Its number stays where a successor has to know that it may have left writes with a server.
        if target?.end() == true { source.area.replicator[.process].store(0) }
        target = nil
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
