/// What the engine has for one copy: where it is in its life, its journal, its images, what it owes and is owed.
struct CopyFollower: CutFollower {
    let area: RuntimeArea
    let options: EngineOptions
    /// The source's life, which its copies share.
    let ours: Life
    /// What it is known by. Not asked of the block again, as anybody may have scribbled over that.
    let id: CopyID

    private(set) var phase = CopyPhase.offline(retry: 0)
    private(set) var reason = CopyReason.starting
    /// The driver has the copy open, or a new one beside it.
    var isOpen = false
    /// It is followed no more once nothing of it is under way.
    var isLeaving = false
    /// The source stands still behind the copy's last cut: each state slot says so.
    var isHandedOver = false
    /// What the driver has open is being made beside the copy, and takes its name in the end.
    var isBeside = false
    var deadlines: CopyDeadlines
    var restarts: RestartPace
    var pace: Pace
    var status: StatusPublisher
    var look: CopyLook
    var scrub: CopyScrub

    var journal: JournalRing
    var reclaim: JournalReclaim
    var taker: CutTaker
    /// What it wants of the next window, and whether it had a part in the one that is read.
    var wish = Wish.nothing
    var wasReading = false
    /// When a window was last opened that took changes for it.
    var lastTook: UInt64 = 0
    /// How often in a row it had to leave a window, since it held up the others.
    var timesLeft = 0
    /// Since when nothing is left of the open window's images but what lanes have.
    var lanesAwaited: UInt64?
    /// As the last probe said.
    var abilities = MediumAbilities()
    /// What its pages are compared by; nil while they are not.
    var content: ContentComparison?
    /// What it says that it is, while it is compared and can be promoted as that.
    var found: StateSlot?
    /// Its next cut has all records of the pages that it takes, of whatever epoch.
    var shipsEverything = false
    let imageArena: UnsafeMutableRawBufferPointer
    let checksum: Checksum
    /// Whether writers outrun its bulk copy, and whether no other copy is there, which would wait for its only window.
    var outrun = Outrun()
    var isOnlyOne = true
    /// How often in a row portions of what it missed were taken in vain.
    var portionsLost = 0
    /// The cut that is on its way; its records stand in the taker's body.
    private(set) var shipping: ShippingCut?
    /// Records in the last cut that was committed, and how long its writers are given until the next.
    private(set) var lastCount = 0
    private(set) var writersRest: UInt64 = 0
    var bulk: BulkCopyController
    /// Images of cuts up to this one may be written.
    private(set) var imageCutLimit: UInt64 = 0
    /// The last cut whose journal record is complete on the copy. Not `committed`, which anybody may have scribbled
    /// over: a state slot that speaks of a cut that never was makes the copy look damaged.
    private(set) var lastWhole: UInt64 = 0

    var stateWriter: StateSlotWriter
    /// The number of the last state slot that was asked for.
    var stateSequence: UInt64 = 0
    /// The cut behind which all of its journal's will be, as it was laid out.
    var laidOutBehind: UInt64 = 0

    // The present poll: what the clocks say, what it asks for, and how much of that nobody waits for (the pass over
    // the copy's tables).
    var now: UInt64 = 0
    var wall: UInt64 = 0
    var batch = CommandBatch()
    var idleMoves = 0
    /// Whether the copy has answered a probe, or failed to.
    var hasAnswered = false

    /// The last cut that commits may be told of.
    private(set) var acknowledged: UInt64 = 0

    // Inlined is what is asked at every poll, as a call would be handed a copy of all of this.

    /// It holds something that its outage would be one of.
    var isThere: Bool { @inline(__always) get { phase.isThere } }
    /// A cut that is whole on it is safe: it can be promoted at any moment.
    var isConsistent: Bool { phase == .inSync || phase == .catchingUp }
    /// Its state slot says so, and its journal is followed; some of its pages may be known to be damaged.
    var isKept: Bool { isConsistent || phase == .healing }

    /// Every change of phase.
    mutating func move(
        to next: CopyPhase, _ reason: CopyReason, detail: UInt64 = 0, refusal: CopyRefusal? = nil
    ) {
        precondition(phase.canMove(to: next), "copy cannot go from \(phase) to \(next)")
        phase = next
        self.reason = reason
        status.noteWork()
        deadlines.noteProgress(at: now)
        // Neither a look at the copy is news, nor the laying out of what is no copy yet: what was said stands until it
        // answers. A file system without room would else be told of twice at every probe.
        if next == .probing || next == .formatting(beside: false) { return }
        let news = CopyNews(
            state: next.name, reason: reason, detail: detail, refusal: refusal, damage: damage(for: reason))
        status.show(news, at: now)
        if restarts.isRestless, reason == .cutTooLarge { return }
        status.tell(news)
    }

    /// What is told of pages that were damaged, and where.
    private func damage(for reason: CopyReason) -> CopyDamage? {
        guard reason == .damaged || reason == .healed else { return nil }
        return scrub.damage(lastPage: Int(clamping: area.replicator[.damagedPage].load()) - 1)
    }

    /// A poll begins.
    mutating func begin(at now: UInt64, wall: UInt64) {
        self.now = now
        self.wall = wall
        batch.removeAll()
        idleMoves = 0
    }

    /// Something is under way that the next poll can move on without waiting for the device.
    var isBusy: Bool {
        !isIdle || reclaim.replay != nil || content != nil || (bulk.walk != .none && phase.name != .offline)
            || phase == .healing
    }

    // MARK: Cuts

    /// The copy can be promoted, and holds `cut`: the engine tells commits that wait.
    mutating func acknowledge(_ cut: UInt64) {
        // Release: what made the cut whole has been done before anybody hears of it.
        area.replicator.committed.storeReleasing(cut)
        acknowledged = cut
    }

    /// The copy may hold `cut` from here on.
    func noteAsked(_ cut: UInt64) { area.replicator.shipping.storeReleasing(cut) }

    mutating func noteShipping(_ cut: ShippingCut) { shipping = cut }
    mutating func noteFlushing() { shipping?.isFlushing = true }

    /// The cut that was on its way is whole on the copy.
    mutating func noteWhole(_ cut: ShippingCut) {
        area.count(.cutsCommitted)
        area.count(.recordsShipped, cut.count)
        area.count(.journalBytes, cut.bytes)
        lastCount = cut.count
        writersRest = options.rest(after: cut)
        shipping = nil
        noteWhole(cut.cut, opened: cut.opened, wall: wall)
        look.note(CopyLook.Cut(number: cut.cut, position: journal.end.position &- UInt64(cut.bytes)))
    }

    /// It is this cut, as of these moments, or holds all that makes it so.
    mutating func noteWhole(_ cut: UInt64, opened: UInt64, wall: UInt64) {
        area.replicator[.cutOpened].store(opened)
        area.replicator[.cutCommitted].store(now)
        area.replicator[.cutWall].store(wall)
        pace.note(whole: opened)
        raiseImageLimit(to: cut)
        lastWhole = cut
    }

    /// What the copy holds is this cut too.
    mutating func raiseImageLimit(to cut: UInt64) { imageCutLimit = max(imageCutLimit, cut) }

    /// Its last cut is `cut`: found there, or made whole by a bulk copy.
    mutating func begin(afterCut cut: UInt64) { imageCutLimit = cut }

    /// It was found with `journal` behind `slot`, and is gone on with.
    mutating func goOn(from slot: StateSlot, _ journal: JournalEnd) {
        self.journal.restart(from: JournalEnd(position: slot.journalTail, cut: slot.tailCut), to: journal)
        imageCutLimit = journal.cut
        lastWhole = journal.cut
        stateSequence = slot.sequence
    }

    /// Nothing of it counts any more: what is under way completes into nothing.
    mutating func stop() {
        taker.giveUp()
        shipping = nil
        bulk.stop()
        (content, found, shipsEverything) = (nil, nil, false)
        outrun = Outrun()
        stateWriter.cancel()
        look.giveUp()
        scrub.begin()
        reclaim.stop()
        // What was being made beside the copy is closed and forgotten with it: the next one is made beside it again,
        // and one in place must not end by giving it the copy's name.
        isBeside = false
        status.forgetOutlook()
    }

    // MARK: State slots

    mutating func writeState(_ role: StateSlot.Role, journalFrom start: JournalEnd, wall: UInt64) {
        stateSequence &+= 1
        // While it is still what it was found as: the last of its own cuts.
        let last = found == nil ? lastWhole : journal.end.cut
        stateWriter.write(slot(role, from: start, cut: role == .consistent ? last : 0, wall: wall))
    }

    /// What recovery would find, were the journal applied up to `reached`.
    func slotToReplay(from reached: JournalEnd, until end: JournalEnd) -> StateSlot {
        slot(.consistent, from: reached, cut: end.cut, wall: 0)
    }

    /// A copy that is syncing names a cut behind which all those of its journal will be. An engine that knows less than
    /// the one that wrote it, as that of a source from a backup, goes on far behind that: else both would leap to the
    /// same numbers, and what the first has left in the ring would pass for what follows the second's last cut.
    func slotToLayOut(_ sequence: UInt64, behind cut: UInt64) -> StateSlot {
        StateSlot(
            sequence: sequence, generation: ours.generation, lineage: ours.lineage, role: .syncing, tailCut: cut,
            session: session, copy: id)
    }

    private func slot(_ role: StateSlot.Role, from start: JournalEnd, cut: UInt64, wall: UInt64) -> StateSlot {
        let life = found.map { Life($0.generation, $0.lineage) } ?? ours
        var slot = StateSlot(
            sequence: stateSequence, generation: life.generation, lineage: life.lineage, role: role,
            journalTail: start.position, tailCut: start.cut, cut: cut, wallNanoseconds: wall, session: session,
            copy: found?.copy ?? id)
        slot.isHandedOver = isHandedOver && role == .consistent && found == nil
        return slot
    }

    /// The connection that slots go over: a standby that is started again opens none that is older.
    private var session: UInt64 { area.replicator[.session].load() }

    /// What lay before `start` in its journal is not needed any more.
    mutating func moveJournalStart(to start: JournalEnd) {
        journal.moveStart(to: start)
        reclaim.noteStartMoved()
    }
}

extension CopyFollower {
    init(
        area: RuntimeArea, tables: TableDirectory, life: Life, checksum: Checksum, staging: EngineStaging,
        options: EngineOptions
    ) {
        self.area = area
        self.options = options
        ours = life
        id = area.replicator.id
        imageArena = staging.images
        self.checksum = checksum
        deadlines = CopyDeadlines(options: options.deadlines)
        restarts = RestartPace(options: options.deadlines)
        pace = Pace(bound: options.behindFrom)
        status = StatusPublisher(area: area)
        taker = CutTaker(
            area: area,
            body: CutBody(
                staging: staging.journal, chunkBytes: options.journalChunkBytes, layout: area.layout,
                checksum: checksum))
        journal = JournalRing(layout: area.layout, generation: life.generation, checksum: checksum)
        reclaim = JournalReclaim(options: options.reclaim, journalBytes: area.layout.journalBytes)
        bulk = BulkCopyController(area: area, tables: tables, arena: staging.images, checksum: checksum)
        let state = staging.state
        stateWriter = StateSlotWriter(
            buffer: UnsafeMutableRawBufferPointer(rebasing: state[..<StateSlotWriter.slotBytes]), checksum: checksum)
        let pages = StateSlotWriter.slotBytes + CopyLook.roomBytes
        look = CopyLook(
            room: UnsafeMutableRawBufferPointer(rebasing: state[StateSlotWriter.slotBytes ..< pages]),
            layout: area.layout, generation: life.generation, checksum: checksum)
        scrub = CopyScrub(
            room: UnsafeMutableRawBufferPointer(rebasing: state[pages...]), tables: tables, checksum: checksum,
            bytesPerSecond: options.scrubBytesPerSecond)
    }

    func count(_ counter: Counter, _ amount: Int = 1) { area.count(counter, amount) }
}
