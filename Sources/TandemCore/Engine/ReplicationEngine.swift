/// Keeps the copies of one source: a value that is polled with the time and with what has completed, and answers with
/// commands. Knows no clock, thread, file or kernel.
///
/// The capture reads what is the same for every copy; a follower has what belongs to one. The engine brings them
/// together, and is the only one that knows both. Followers are named by their places, from 0.
///
/// *Threads:* one, the poller's. *Crash:* its successor finds `taken`, `owed`, `missed` and each copy's own words.
package struct ReplicationEngine: ~Copyable {
    let area: RuntimeArea
    let tables: TableDirectory
    private let life: Life
    let checksum: Checksum
    let options: EngineOptions
    package var testOptions: EngineOptions { options }

    var source: SourceCapture
    var followers: [CopyFollower]
    /// What lanes have to do.
    var lanes: LaneDesk
    var warden: WriterWarden
    var throttle: Throttle
    /// The source is being handed over to a copy.
    var handover: Handover?
    /// What became of the last one; nil: there was none.
    var handoverEnd: HandoverOutcome?

    var now: UInt64 = 0
    /// The last cut that commits have been told of.
    private var announced: UInt64 = 0

    /// The last poll did something, or the next one can: the runner polls again at once.
    package private(set) var didWork = false
    /// This poll has read more of an open window, and the next one can read on.
    package internal(set) var isReading = false

    /// - Parameter copies: one to eight, each by a block of its own.
    package init(
        memory: SourceMemory, layout: FileLayout, life: Life, checksum: Checksum, copies: [FollowedCopy],
        options: EngineOptions
    ) {
        if let contradiction = options.contradiction { preconditionFailure("engine options: \(contradiction)") }
        let numbers = copies.map(\.number)
        precondition(
            !copies.isEmpty && Set(numbers).count == copies.count, "copies \(numbers) of a source, each once")
        area = RuntimeArea(memory: memory, layout: layout)
        tables = TableDirectory(memory: memory, layout: layout)
        self.life = life
        self.checksum = checksum
        self.options = options
        let absent = area.copies.filter { $0.replicator.id != .none }.map(\.copy).filter { !numbers.contains($0) }
        source = SourceCapture(
            area: area, tables: tables, options: options.capture, absent: absent)
        source.inherit(absent + numbers)
        followers = []
        lanes = LaneDesk(lanes: options.lanes, rests: options.laneRestMin ... options.laneRestMax)
        warden = WriterWarden(memory: memory, writerCount: layout.writerCount, interval: options.reviveInterval)
        throttle = Throttle(maxAge: options.maxAge, interval: options.throttleInterval)
        // A copy that is not there may hold it still.
        let inherited = area.committed.load()
        if inherited <= source.numbers.last { announced = inherited }
        for copy in copies { begin(copy) }
        inheritHandover()
    }

    mutating func begin(_ copy: FollowedCopy) {
        let area = area.of(copy: copy.number)
        if area.replicator.id == .none { area.replicator.id = copy.id }
        let follower = CopyFollower(
            area: area, tables: tables, life: life, checksum: checksum,
            staging: copy.staging, options: copy.options ?? options)
        follower.status.begin()
        followers.append(follower)
    }

    /// The engine as it is, once more: for whoever goes back to where it was. Both write from the same staging memory,
    /// so one of them alone is polled.
    package func copied() -> ReplicationEngine { ReplicationEngine(of: self) }

    private init(of other: borrowing ReplicationEngine) {
        area = other.area
        tables = other.tables
        life = other.life
        checksum = other.checksum
        options = other.options
        source = other.source
        followers = other.followers
        lanes = other.lanes
        warden = other.warden
        throttle = other.throttle
        handover = other.handover
        handoverEnd = other.handoverEnd
        now = other.now
        announced = other.announced
        didWork = other.didWork
        isReading = other.isReading
    }

    /// One duty cycle for a single copy: `now` by the monotonic clock, which decides; `wall` for people.
    package mutating func poll(at now: UInt64, wall: UInt64 = 0, completions: [CopyCompletion]) -> [CopyCommand] {
        begin(at: now, wall: wall)
        take(completions, of: 0)
        advance(after: completions.count)
        return commands(of: 0)
    }

    /// The cycle's first part: a new moment. Then what has completed, of each copy.
    package mutating func begin(at now: UInt64, wall: UInt64) {
        self.now = now
        isReading = false
        for place in followers.indices { followers[place].begin(at: now, wall: wall) }
    }

    /// What has completed for one copy. After it `committed` says so, and who waits for it can be told before the next
    /// cut is read.
    package mutating func take(_ completions: some Collection<CopyCompletion>, of place: Int) {
        for completion in completions { apply(completion, of: place) }
        if !completions.isEmpty, followers[place].phase != .probing { followers[place].hasAnswered = true }
        announce()
    }

    private mutating func apply(_ completion: CopyCompletion, of place: Int) {
        if case .revive(let writer) = completion.token {
            warden.noteAnswered(writer)
            if case .writerRevived(true) = completion.result { area.count(.writersRevived) }
            return
        }
        if case .probed(.copy, _) = completion.result { makeWay() }
        followers[place].apply(completion, &source)
        endDeserted()
    }

    /// The rest of it, always in this order: a handover; the copies' lives; journals being applied in place; the open
    /// window or the next; room for cuts that did not fit; images out; the passes over the copies' tables; the looks at
    /// their files; dead writers; status.
    package mutating func advance(after completed: Int) {
        if handover != nil {
            advanceHandover()
        } else if area.attention.load() & ControlFlags.handingOver != 0 {
            adoptHandover()
        }
        for place in followers.indices {
            followers[place].advanceLife(&source)
            followers[place].advanceReplay()
            if followers[place].content != nil { followers[place].advanceContent(&source) }
        }
        if followers.count > 1 { noteCompany() }
        advanceWindow()
        for place in followers.indices {
            followers[place].advanceRoom(&source)
            followers[place].advanceImages(behind: source.window)
            followers[place].advanceScrub()
            followers[place].watchCopy()
        }
        warden.look(at: now, into: &followers[0].batch)
        watchPace()
        announce()
        var hasMoved = false
        var (moves, idleMoves) = (completed, 0)
        for place in followers.indices {
            followers[place].publish(&source)
            followers[place].deadlines.noteIssued(followers[place].batch.commands, at: now)
            moves += followers[place].batch.commands.count
            idleMoves += followers[place].idleMoves
        }
        hasMoved = moves > idleMoves
        if hasMoved { for place in followers.indices { followers[place].status.noteWork() } }
        didWork = hasMoved || isReading
    }

    /// What this poll asks one copy's driver for, in order.
    package func commands(of place: Int) -> [CopyCommand] { followers[place].batch.commands }

    /// Says which cut is on a copy that can be promoted: the newest that any of them has.
    private mutating func announce() {
        var newest = announced
        for place in followers.indices { newest = max(newest, followers[place].acknowledged) }
        guard newest != announced else { return }
        announced = newest
        // Release: it was made whole before anybody hears of it.
        area.committed.storeReleasing(newest)
    }

    /// Something is under way that the next poll can move on without waiting for the device.
    package var isBusy: Bool {
        if source.window != nil || handover != nil { return true }
        for place in followers.indices where followers[place].isBusy { return true }
        return false
    }
    package var copyCount: Int { followers.count }
    package func phase(of place: Int) -> CopyPhase { followers[place].phase }
    package func reason(of place: Int) -> CopyReason { followers[place].reason }
    /// Whether the copy has answered a probe, or failed to.
    package func hasAnswered(_ place: Int) -> Bool { followers[place].hasAnswered }
    /// Why the file at the copy's path is left alone; nil while it is not.
    package func refusal(of place: Int) -> CopyRefusal? {
        followers[place].phase.name == .refused ? followers[place].status.shown.refusal : nil
    }
    /// Commands to the copy that have not completed.
    package func outstanding(of place: Int) -> Int { followers[place].deadlines.outstanding }

    package mutating func takeEvents(of place: Int) -> [EngineEvent] { followers[place].status.takeEvents() }
}

/// What there is of one copy alone, or of the first of several.
extension ReplicationEngine {
    package init(
        memory: SourceMemory, layout: FileLayout, life: Life, checksum: Checksum, staging: EngineStaging,
        options: EngineOptions
    ) {
        self.init(
            memory: memory, layout: layout, life: life, checksum: checksum,
            copies: [FollowedCopy(number: 0, staging: staging)], options: options)
    }

    package var phase: CopyPhase { phase(of: 0) }
    package var reason: CopyReason { reason(of: 0) }
    package var hasAnswered: Bool { hasAnswered(0) }
    package var refusal: CopyRefusal? { refusal(of: 0) }
    package var outstanding: Int { outstanding(of: 0) }

    package mutating func takeEvents() -> [EngineEvent] { takeEvents(of: 0) }
}
