import CSimulation
import TandemCore

/// A source in plain memory with its actors, its copy and what is known of its history: everything one seed runs in.
/// Kept from seed to seed, as making it takes longer than most runs.
final class World {
    let layout: FileLayout
    let memory: SourceMemory
    let area: RuntimeArea
    let tables: [TableView]
    let staging: EngineStaging
    let shelf: SimulatedDirectory
    /// The source's other copies; this run has the first `siblingCount` of them.
    private let allSiblings: [SiblingCopy]
    private var siblingCount = 0
    var siblings: ArraySlice<SiblingCopy> { allSiblings[..<siblingCount] }
    let writers: [Actor]
    let engine = Actor("engine")
    let reviver = Actor("reviver")
    let reader = Actor("reader")
    /// This run has the first `laneCount` of them.
    private let allLanes = (0 ..< Plan.lanesMax).map { Actor("lane \($0)") }
    private var laneCount = 0
    var lanes: ArraySlice<Actor> { allLanes[..<laneCount] }
    private(set) var history: History
    /// In the seeds that have one.
    let keyed: KeyedTables?

    /// Who holds each writer slot's lock: an actor's number, or nil.
    var slotHolders: [Int?]
    /// The engine's process: its driver; nil while it is dead.
    var driver: SimulatedDriver?
    var engineState = EngineState()
    /// No more traffic: actors come to an end.
    var isEnding = false
    /// No more faults, and nobody hands anything over.
    var isRelenting = false
    /// The source was taken back although its copy could not be asked: what that says is not true any more.
    var isTakenBackForced = false
    /// What the copies say is to be examined at once.
    var isExaminationDue = false
    var lateWrites: [LateWrite] = []
    var violations: [String] = []
    var storyteller: ((String) -> Void)?

    private let base: UnsafeMutableRawPointer
    private let allFibers: UnsafeMutableBufferPointer<UnsafeMutablePointer<tandem_actor>?>
    /// The actors' own, in their order, where C reads them too.
    var fibers: UnsafeMutableBufferPointer<UnsafeMutablePointer<tandem_actor>?> {
        UnsafeMutableBufferPointer(rebasing: allFibers[..<actors.count])
    }

    static let writerMax = 3
    /// Every word of these tables' records is the stamp of a change; to the history keys are one more of them.
    static let stampedCount = 4
    static let keysTable = stampedCount
    static let generation = Generation(high: 7, low: 7)

    /// The words of the copy that is known by `id`.
    func block(of id: CopyID) -> ReplicatorBlock? {
        ([area] + siblings.map(\.area)).map(\.replicator).first { $0.id == id }
    }

    /// What the last poll said.
    struct EngineState {
        var phase = CopyPhase.offline(retry: 0)
        var refusal: CopyRefusal?
        var committed: UInt64 = 0
    }

    /// - Parameters:
    ///   - keepsLog: files remember what is unflushed, for power cuts.
    ///   - journalBytes: of the copy's journal.
    ///   - keyed: what the first seed decides of its keyed table.
    init(keepsLog: Bool, journalBytes: Int, keyed plan: KeyedPlan?) {
        layout = try! FileLayout(
            tables: [
                // In the journal four to a sector, just behind the header's 128 bytes: a sector that did not arrive
                // leaves four whole changes of an older cut, seals and all, and only the cut's checksum tells.
                TableDefinition(name: "calls", payloadBytes: 104, capacity: 75, sharing: .partitioned),
                TableDefinition(name: "trunks", payloadBytes: 16, capacity: 5, sharing: .shared),
                TableDefinition(name: "accounts", payloadBytes: 40, capacity: 70, sharing: .shared),
                // Four to a page, and rarely changed: what a sweep or a device loses of them no later change covers up.
                TableDefinition(name: "routes", payloadBytes: 1000, capacity: 15, sharing: .shared),
            ] + (plan == nil ? [] : KeyedTables.definitions), writerCount: 4, undoBytes: 6 * 2048,
            undoSegmentBytes: 2048, journalBytes: journalBytes)
        base = .allocate(byteCount: layout.tablesEnd, alignment: 4096)
        memory = SourceMemory(base: base, layout: layout)
        area = RuntimeArea(memory: memory, layout: layout)
        let memory = memory
        let layout = layout
        tables = layout.tables.map { TableView(layout: $0, memory: memory) }
        func region(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
            let region = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
            region.initializeMemory(as: UInt8.self, repeating: 0)
            return region
        }
        staging = EngineStaging(
            journal: region(768 << 10), images: region(512 << 10), state: region(EngineStaging.stateBytes))
        shelf = SimulatedDirectory(layout: layout, keepsLog: keepsLog)
        allSiblings = (1 ... Plan.siblingsMax).map {
            SiblingCopy(
                number: $0, memory: memory, layout: layout,
                staging: EngineStaging(
                    journal: region(768 << 10), images: region(512 << 10), state: region(EngineStaging.stateBytes)),
                keepsLog: keepsLog)
        }
        writers = (0 ..< Self.writerMax).map { Actor("writer \($0)") }
        let stamped = layout.tables.prefix(Self.stampedCount)
        history = History(capacities: stamped.map(\.capacity) + (plan == nil ? [] : [KeyedTables.keyCount]))
        keyed = plan.map { [tables] in KeyedTables(tables[Self.stampedCount...], $0) }
        slotHolders = Array(repeating: nil, count: layout.writerCount)
        let actors = writers + [engine, reviver, reader] + allLanes
        allFibers = .allocate(capacity: actors.count)
        _ = allFibers.initialize(from: actors.map(\.fiber))
    }

    var actors: [Actor] { writers + [engine, reviver, reader] + lanes }

    /// A new source, blank as `create` leaves it.
    func clear(plan: Plan) {
        base.initializeMemory(as: UInt8.self, repeating: 0, count: layout.tablesEnd)
        area.initialize(afterCut: 0)
        shelf.begin(plan, number: 0)
        siblingCount = plan.siblings
        laneCount = plan.options.lanes
        for sibling in siblings { sibling.clear(plan: plan, seed: plan.siblingSeed) }
        history.clear()
        if let keyed, let plan = plan.keyed { keyed.begin(plan) }
        for slot in slotHolders.indices { slotHolders[slot] = nil }
        driver = nil
        engineState = EngineState()
        (isEnding, isRelenting, isTakenBackForced, isExaminationDue) = (false, false, false, false)
        lateWrites.removeAll()
        violations.removeAll()
    }

    /// What happened on the ways to this run's copies; nil where there were none.
    var reach: NetworkReach? {
        guard var reach = shelf.server?.reach else { return nil }
        for sibling in siblings { if let other = sibling.shelf.server?.reach { reach += other } }
        return reach
    }

    /// The source's file, as `cp` finds it while nobody uses it.
    var sourceImage: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: base, count: layout.tablesEnd)) }

    func putBack(_ image: [UInt8]) {
        image.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }

    /// Takes the lock of a writer slot, as the kernel grants it.
    func lock(_ slot: Int, by holder: Int) -> Bool {
        guard slotHolders[slot] == nil else { return false }
        slotHolders[slot] = holder
        return true
    }

    func unlockSlots(of holder: Int) {
        for slot in slotHolders.indices where slotHolders[slot] == holder { slotHolders[slot] = nil }
    }

    /// A line of the run's story, for whoever looks into one seed.
    func tell(_ text: @autoclosure () -> String) {
        if let storyteller { storyteller(text()) }
    }

    func violated(_ text: String) {
        if violations.count < 10 { violations.append(text) }
        tandem_ring(true)
    }

    /// What killed processes had under way, as far as it is due.
    func landLate(_ now: UInt64) {
        lateWrites.removeAll { late in
            guard late.lands <= now else { return false }
            late.bytes.withUnsafeBytes { if !late.file.isDamaged { late.file.arrive($0, at: late.offset) } }
            late.file.lateWrites -= 1
            return true
        }
    }

    func makeStamp() -> UInt64 { history.makeStamp() }

    func noteCommit(
        _ changes: [History.Change], epoch: UInt64, saw: [History.Change], keyed writer: KeyedWriter? = nil
    ) {
        guard let keyed, let writer else { return history.commit(changes, epoch: epoch, saw: saw) }
        func record(_ key: Int, _ stamp: UInt64) -> History.Change {
            History.Change(table: Self.keysTable, index: key, stamp: stamp)
        }
        history.commit(
            changes + writer.changes.map { record($0.key, $0.stamp) }, epoch: epoch,
            saw: saw + writer.saw.map { record($0.key, $0.stamp) })
        for change in writer.changes { tell("committed in epoch \(epoch): \(change)") }
        if let wrong = keyed.history.commit(writer.changes) { violated(wrong) }
    }

    /// What a killed actor still reads nobody has seen.
    func noteRead(_ stamp: UInt64) {
        if tandem_running()?.pointee.ghost != true { history.noteRead(stamp) }
    }

    /// The last cut of the copy as the engine has just stored it, which may still be in its store buffer; without
    /// taking a step.
    var committed: UInt64 { SiblingCopy.committed(area) }

    /// The memory is looked at from outside: nobody's store buffer is.
    var isQuiet: Bool { !area.memory.dirty.mayBeDirty(summaryCount: layout.runtime.summaryCount) }

    /// Nothing is left to do, and the copy has everything.
    var isSettled: Bool {
        engineState.phase == .inSync && driver?.target === shelf.atPath && shelf.atPath?.overwrittenAt == nil && isQuiet
            && area.taken.isEmpty
            && area.missed.isEmpty && writers.allSatisfy { !$0.isRunning } && slotHolders.allSatisfy { $0 == nil }
            && areSlotsClean && committed >= history.lastEpoch
            && siblings.allSatisfy { $0.isSettled && $0.committed >= history.lastEpoch }
    }

    /// No transaction of a killed writer is still to be put right.
    var areSlotsClean: Bool {
        (0 ..< layout.writerCount).allSatisfy { WriterStatus(word: memory.writer($0).statusWord).state == 0 }
    }

    /// Where a run stands that does not get on.
    func summary(_ actors: [WriterActor]) -> String {
        """
        phase \(engineState.phase), \(actors.map(\.left)) transactions left, E \(area.epoch.load()), captured \
        \(area.captured.load()), committed \(committed) of \(history.lastEpoch), quiet \(isQuiet), taken \
        \(area.taken.count), missed \(area.missed.count), running \(self.actors.filter(\.isRunning).map(\.name)), \
        slots \(slotHolders), siblings \(siblings.map(\.summary)), \
        \((0 ..< layout.writerCount).map { memory.writer($0).summary.state })
        """
    }
}
