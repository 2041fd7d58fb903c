internal import Glibc
internal import Logging
internal import Synchronization
internal import TandemCore
internal import TandemSystem

/// Engine, drivers and idle strategy, stepped in turn.
final class ReplicationLoop {
    let source: SourceDataFile
    private let lock: SlotLock
    var copies: [LoopCopy]
    /// Where tools ask for something.
    let request: ReplicatorRequest
    /// The block of the copy that is leaving.
    var leaving: Int?
    /// The block of the copy that the source is handed over to, while whoever asked for it waits for an answer.
    var handing: Int?
    /// What becomes of a handover is still to be said in the log.
    var isHandingOver: Bool
    /// Nil once the loop has ended: the drivers' writes come from the copies' memory, and their reads go there.
    var agent: Agent!
    private var idle = IdleStrategy()
    let options: ReplicationOptions
    let engineOptions: EngineOptions
    let logger: Logger
    private var announced: UInt64 = 0
    private var nameWatch: SourceNameWatch

    init(
        source: SourceDataFile, copies paths: [String], options: ReplicationOptions, logger: Logger
    ) throws(TandemError) {
        let interval = try options.validate()
        try Self.check(paths)
        // Before anything is written: whatever is at the paths, a source that nobody may write to has nothing to copy.
        guard source.area.attention.load() & ControlFlags.superseded == 0 else {
            throw TandemError(
                .superseded, source.path, "a promoted copy has taken over from this source",
                remedy: "Stop the programs that write here, and follow the promoted source")
        }
        guard let lock = try SlotLock.tryAcquire(file: source.file, byte: source.layout.lockByteOfEngine) else {
            throw TandemError(
                .inUse, source.path,
                "another replicator (process \(source.area.replicatorProcess)) follows this source",
                remedy: "Stop it first")
        }
        try source.checkLife()
        let blocks = CopyPlaces.assign(paths, in: source)
        isHandingOver = source.area.attention.load() & ControlFlags.handingOver != 0
        if isHandingOver { try Self.checkHandover(of: source, to: blocks) }
        Self.forgetPredecessor(of: source)
        self.source = source
        self.lock = lock
        self.options = options
        self.logger = logger
        nameWatch = SourceNameWatch(copy: paths[0])
        var engineOptions = EngineOptions()
        engineOptions.durable = options.durable
        engineOptions.cutInterval = interval
        if let maxAge = options.maxAge { engineOptions.maxAge = maxAge.nanoseconds }
        engineOptions.adopts = options.adopts
        engineOptions.scrubBytesPerSecond = options.scrubBytesPerSecond
        engineOptions.rebuildsBeside = options.rebuildsBeside
        let lanes = Self.makeLanes(options, source, logger)
        engineOptions.lanes = lanes == nil ? 0 : options.laneCount
        var copies: [LoopCopy] = []
        for (place, path) in paths.enumerated() {
            copies.append(
                try LoopCopy(
                    path, place: place + 1, block: blocks[place], source: source, options: options,
                    engine: engineOptions, logger: logger))
        }
        self.copies = copies
        self.engineOptions = engineOptions
        // Whoever asked one that is no more has given up.
        request = source.area.request
        request.state.store(ReplicatorRequest.State.nothing.rawValue)
        let engine = ReplicationEngine(
            memory: source.memory, layout: source.layout, life: source.life,
            checksum: LinuxChecksum.crc32c,
            copies: copies.map(\.followed), options: engineOptions)
        agent = Agent(engine, drivers: copies.map(\.driver), lanes: lanes)
    }

    private static func makeLanes(
        _ options: ReplicationOptions, _ source: SourceDataFile, _ logger: Logger
    ) -> LaneThreads? {
        let count = options.laneCount
        guard count > 0 else { return nil }
        let lanes = LaneThreads(
            count: count, cpus: options.laneCPUs, engine: options.cpu, memory: source.memory, layout: source.layout,
            checksum: LinuxChecksum.crc32c)
        if lanes == nil { logger.warning("no lanes: no thread is to be had for them") }
        return lanes
    }

    static func check(_ paths: [String]) throws(TandemError) {
        guard (1 ... RuntimeLayout.copiesMax).contains(paths.count) else {
            throw TandemError(
                .badArgument, "copies", "\(paths.count) are not possible",
                remedy: "Give 1 to \(RuntimeLayout.copiesMax) paths")
        }
        for (place, path) in paths.enumerated() {
            try CopyPlaces.checkLength(of: path)
            if paths[..<place].contains(path) {
                throw TandemError(
                    .badArgument, "path '\(path)'", "it is given twice", remedy: "Give each copy a path of its own")
            }
        }
    }

    /// Whoever sees the lock held must not take a predecessor's "in sync" for ours, while memory is laid out here.
    private static func forgetPredecessor(of source: SourceDataFile) {
        for words in source.area.copies.map(\.replicator) {
            words[.state].store(CopyState.offline.rawValue)
            words[.reason].store(CopyReason.starting.rawValue)
            words.place.storeReleasing(0)
        }
    }

    /// Steps until each copy has answered for the first time.
    ///
    /// - Throws: why one is refused. Only a person can change that.
    func admit() throws(TandemError) {
        while !copies.indices.allSatisfy({ agent.engine.hasAnswered($0) }) { step() }
        for (place, copy) in copies.enumerated() {
            if let refusal = agent.engine.refusal(of: place) { throw refusal.error(about: copy.path) }
        }
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
        attend()
        // Before the engine looks: a commit that begins to wait after that look finds us awake, or ends the nap.
        let wanted = source.area.wanted.load()
        let now = MonotonicClock.now()
        if let news = nameWatch.look(at: source.file, now: now) { logger.log(level: news.level, "\(news.text)") }
        agent.take(at: now, wall: WallClock.now())
        wakeWaiters()
        agent.advance()
        // What has no completion moves `committed` too, such as the end of a bulk copy.
        wakeWaiters()
        for (place, copy) in copies.enumerated() {
            if copy.isDriverNews { copy.noteDriver(logger) }
            for event in agent.takeEvents(of: place) {
                copy.noteDriver(logger)
                copy.report(event, to: logger)
            }
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

    /// Commits that wait for copies sleep on the word that has just moved.
    private func wakeWaiters() {
        // One of these moves with each cut that any copy has.
        let moved = copies.reduce(0) { $0 &+ $1.area.replicator.committed.load() }
        guard moved != announced else { return }
        announced = moved
        source.area.told.add(1)
        // `committed` is seen before `waiters` is looked at, against a commit that says first that it sleeps and then
        // looks at `committed`: one of the two sees the other.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard source.area.waiters.load() != 0 else { return }
        Futex.wakeAll(word: source.memory.base + source.layout.runtime.control + ControlOffset.told)
    }

    deinit {
        source.area.attention.clear(ControlFlags.slow)
        agent = nil
        for copy in copies { copy.end() }
    }
}
