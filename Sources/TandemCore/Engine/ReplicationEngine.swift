/// Keeps the copy of one source: a value that is polled with the time and with what has completed, and answers with
/// commands. Knows no clock, thread, file or kernel.
///
/// The capture reads what is the same for every copy; the follower has what belongs to one. The engine brings them
/// together, and is the only one that knows both.
///
/// *Threads:* one, the poller's. *Crash:* its successor finds `taken`, `owed`, `missed` and the copy's own words.
package struct ReplicationEngine: ~Copyable {
    let area: RuntimeArea
    let options: EngineOptions
    package var testOptions: EngineOptions { options }

    var source: SourceCapture
    var follower: CopyFollower
    var warden: WriterWarden
    var pace: Pace
    var throttle: Throttle

    var now: UInt64 = 0
    var wall: UInt64 = 0
    var batch = CommandBatch()

    /// The last poll did something, or the next one can: the runner polls again at once.
    package private(set) var didWork = false
    /// This poll has read more of an open window, and the next one can read on.
    package internal(set) var isReading = false
    /// Completions and commands of this poll that nobody waits for: the pass over the copy's tables.
    var idleMoves = 0
    /// Whether the copy has answered a probe, or failed to.
    package private(set) var hasAnswered = false

    package init(
        memory: SourceMemory, layout: FileLayout, life: Life, platform: EnginePlatform, staging: EngineStaging,
        options: EngineOptions
    ) {
        if let contradiction = options.contradiction { preconditionFailure("engine options: \(contradiction)") }
        area = RuntimeArea(memory: memory, layout: layout)
        self.options = options
        let tables = TableDirectory(memory: memory, layout: layout)
        source = SourceCapture(
            area: area, tables: tables, barrier: platform.barrier, options: options.capture,
            body: CutBody(staging: staging.journal, layout: layout, checksum: platform.checksum))
        follower = CopyFollower(
            area: area, tables: tables, life: life, checksum: platform.checksum, images: staging.images,
            state: staging.state, deadlines: options.deadlines, reclaim: options.reclaim,
            scrubBytesPerSecond: options.scrubBytesPerSecond)
        warden = WriterWarden(memory: memory, writerCount: layout.writerCount, interval: options.reviveInterval)
        pace = Pace(bound: options.behindFrom)
        throttle = Throttle(maxAge: options.maxAge, interval: options.throttleInterval)
        source.inherit()
        follower.status.begin()
    }

    /// The engine as it is, once more: for whoever goes back to where it was. Both write from the same staging memory,
    /// so one of them alone is polled.
    package func copied() -> ReplicationEngine { ReplicationEngine(of: self) }

    private init(of other: borrowing ReplicationEngine) {
        area = other.area
        options = other.options
        source = other.source
        follower = other.follower
        warden = other.warden
        pace = other.pace
        throttle = other.throttle
        now = other.now
        wall = other.wall
        batch = other.batch
        didWork = other.didWork
        isReading = other.isReading
        idleMoves = other.idleMoves
        hasAnswered = other.hasAnswered
    }

    /// One duty cycle: `now` by the monotonic clock, which decides; `wall` for people.
    package mutating func poll(at now: UInt64, wall: UInt64 = 0, completions: [CopyCompletion]) -> [CopyCommand] {
        take(completions, at: now, wall: wall)
        return advance(after: completions.count)
    }

    /// The cycle's first half: what has completed. After it `committed` says so, and who waits for it can be told
    /// before the next cut is read.
    package mutating func take(_ completions: [CopyCompletion], at now: UInt64, wall: UInt64) {
        self.now = now
        self.wall = wall
        batch.removeAll()
        isReading = false
        idleMoves = 0
        for completion in completions { apply(completion) }
        if !completions.isEmpty, phase != .probing { hasAnswered = true }
    }

    /// The rest of it, always in this order: the copy's life; the journal being applied in place; the open window or
    /// the next; room for a cut that did not fit; images out; the pass over the copy's tables; the look at its file;
    /// dead writers; status.
    package mutating func advance(after completed: Int) -> [CopyCommand] {
        advanceLife()
        advanceReplay()
        advanceWindow()
        advanceRoom()
        advanceImages()
        advanceScrub()
        watchCopy()
        warden.look(at: now, into: &batch)
        watchPace()
        publish()
        follower.deadlines.noteIssued(batch.commands, at: now)
        let hasMoved = completed + batch.commands.count > idleMoves
        if hasMoved { follower.status.noteWork() }
        didWork = hasMoved || isReading
        return batch.commands
    }

    /// Something is under way that the next poll can move on without waiting for the device.
    package var isBusy: Bool {
        !isIdle || follower.reclaim.replay != nil || (follower.bulk.walk != .none && phase.name != .offline)
            || phase == .healing
    }
    package var phase: CopyPhase { follower.phase }
    package var reason: CopyReason { follower.reason }
    /// Why the file at the copy's path is left alone; nil while it is not.
    package var refusal: CopyRefusal? { phase.name == .refused ? follower.status.shown.refusal : nil }
    /// Commands to the copy that have not completed.
    package var outstanding: Int { follower.deadlines.outstanding }

    package mutating func takeEvents() -> [EngineEvent] { follower.status.takeEvents() }

    /// No window is open and no cut on its way.
    var isIdle: Bool { source.window == nil && follower.shipping == nil && source.body.isIdle }

    func count(_ counter: Counter, _ amount: Int = 1) { area.count(counter, amount) }

    mutating func move(
        to next: CopyPhase, _ reason: CopyReason, detail: UInt64 = 0, refusal: CopyRefusal? = nil
    ) {
        follower.move(to: next, reason, detail: detail, refusal: refusal, at: now)
    }
}
