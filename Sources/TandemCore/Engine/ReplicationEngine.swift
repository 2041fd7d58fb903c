/// Keeps one copy of one source: a value that is polled with the time and with what has completed, and answers with
/// commands. Knows no clock, thread, file or kernel.
///
/// *Threads:* one, the poller's. *Crash:* its successor finds `taken`, `owed`, `missed` and the copy's own words.
package struct ReplicationEngine {
    let area: RuntimeArea
    let tables: TableDirectory
    let platform: EnginePlatform
    let options: EngineOptions
    package var testOptions: EngineOptions { options }
    /// The source's life, which its copies share.
    let ours: Life

    var updates: UpdateController
    var bulk: BulkCopyController
    var stateWriter: StateSlotWriter
    var look: CopyLook
    var deadlines: CopyDeadlines

    package internal(set) var phase = CopyPhase.offline(retry: 0)
    package internal(set) var reason = CopyReason.starting
    /// Something is under way that the next poll can move on without waiting for the device. Kept, as asking an engine
    /// anything from outside of its module copies it.
    package private(set) var isBusy = false
    /// The last poll did something, or the next one can: the runner polls again at once.
    package private(set) var didWork = false
    /// This poll has read more of an open window, and the next one can read on.
    package internal(set) var isReading = false
    var status: StatusPublisher
    var restarts: RestartPace

    var now: UInt64 = 0
    var wall: UInt64 = 0
    var batch = CommandBatch()
    /// The driver has the copy open, or a new one beside it.
    var isOpen = false
    /// What the driver has open is being made beside the copy, and takes its name in the end.
    var isBeside = false

    // Journal and sweeps.
    var room = JournalRoom.enough
    var replay: JournalReplay?
    var sweepFrom: JournalEnd?
    var journalStart = JournalEnd(position: 0, cut: 0)
    /// When it was last asked whether there is little to do, and where the journal ended then.
    var lastTrickle: UInt64 = 0
    var trickleHead: UInt64 = 0
    /// Where the journal ended when it was last weighed against the images that would free it.
    var weighedHead: UInt64 = 0
    var stateSequence: UInt64 = 0
    /// Images of cuts up to this one may be written.
    var imageCutLimit: UInt64 = 0
    /// The last cut whose journal record is complete on the copy. Not `committed`, which anybody may have scribbled
    /// over: a state slot that speaks of a cut that never was makes the copy look damaged.
    var lastWhole: UInt64 = 0

    var warden: WriterWarden

    package init(
        memory: SourceMemory, layout: FileLayout, life ours: Life, platform: EnginePlatform, staging: EngineStaging,
        options: EngineOptions
    ) {
        area = RuntimeArea(memory: memory, layout: layout)
        tables = TableDirectory(memory: memory, layout: layout)
        self.platform = platform
        self.options = options
        self.ours = ours
        updates = UpdateController(
            area: area, tables: tables, barrier: platform.barrier, options: options,
            encoder: CutEncoder(
                staging: staging.journal, layout: layout, generation: ours.generation, checksum: platform.checksum))
        bulk = BulkCopyController(area: area, tables: tables, arena: staging.images, checksum: platform.checksum)
        let page = Int(EngineStaging.slotBytes)
        stateWriter = StateSlotWriter(
            buffer: UnsafeMutableRawBufferPointer(rebasing: staging.state[..<page]), checksum: platform.checksum)
        look = CopyLook(
            room: UnsafeMutableRawBufferPointer(rebasing: staging.state[page...]), layout: layout,
            generation: ours.generation, checksum: platform.checksum)
        warden = WriterWarden(
            memory: memory, writerCount: layout.writerCount, interval: options.reviveInterval)
        status = StatusPublisher(area: area)
        deadlines = CopyDeadlines(options: options.deadlines)
        restarts = RestartPace(options: options.deadlines)
        inherit()
    }

    /// Puts right what a predecessor left in the middle: its capture is abandoned, what it had taken is missed.
    private mutating func inherit() {
        for index in 0 ..< area.layout.runtime.wordCount {
            let taken = area.taken.load(word: index)
            guard taken != 0 else { continue }
            area.missed.set(word: index, taken)
            area.taken.store(word: index, 0)
        }
        area.memory.dirty.rebuildSummary(wordCount: area.layout.runtime.wordCount)
        updates.numbers.inherit()
        // A predecessor's request. A writer that sees the bit a moment longer waits once in vain.
        area.attention.clear(ControlFlags.openCutSoon)
        status.begin()
    }

    /// One duty cycle: `now` by the monotonic clock, which decides; `wall` for people.
    ///
    /// Always in this order: what has completed; the copy's life; the journal being applied in place; the open window
    /// or the next; room for a cut that did not fit; images out; the look at the copy's file; dead writers; status.
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
        for completion in completions { apply(completion) }
        if !completions.isEmpty, phase != .probing { hasAnswered = true }
    }

    /// The rest of it.
    package mutating func advance(after completed: Int) -> [CopyCommand] {
        advanceLife()
        advanceReplay()
        advanceWindow()
        advanceRoom()
        advanceImages()
        watchCopy()
        warden.look(at: now, into: &batch)
        publish()
        if completed > 0 || !batch.isEmpty { status.noteWork() }
        deadlines.noteIssued(batch.commands, at: now)
        didWork = completed > 0 || !batch.isEmpty || isReading
        isBusy = !updates.isIdle || replay != nil || (bulk.walk != .none && phase.name != .offline)
        return batch.commands
    }

    /// Whether the copy has answered a probe, or failed to.
    package private(set) var hasAnswered = false
    /// Why the file at the copy's path is left alone; nil while it is not.
    package var refusal: CopyRefusal? { phase.name == .refused ? status.shown.refusal : nil }

    /// Commands to the copy that have not completed.
    package var outstanding: Int { deadlines.outstanding }

    package mutating func takeEvents() -> [EngineEvent] { status.takeEvents() }
}

/// Whether the journal can take the next cut.
enum JournalRoom {
    case enough
    /// A cut did not fit: no other is opened before what the journal holds has been applied.
    case short
}

/// The journal being applied in place, a slice in each poll; cuts go on in between, behind `until`.
struct JournalReplay {
    var reached: JournalEnd
    let until: JournalEnd
    var isUnderWay = false
    /// All applied; the new tail is being made durable.
    var isMarking = false
}
