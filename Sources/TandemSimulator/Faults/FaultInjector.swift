import TandemCore

/// What goes wrong, and when: one fault after the other, by the seed.
final class FaultInjector {
    private let world: World
    private let plan: Plan
    private let engine: EngineActor
    private let writers: [WriterActor]
    private var random: SeededRandom
    /// When the next fault strikes; nil: none will.
    private(set) var next: UInt64?
    private var engineReturns: UInt64?
    private var writersReturn: [UInt64?]
    private var copyReturns: UInt64?
    /// An older state of the copy, kept to be put back.
    private var snapshot: SimulatedFile?
    private(set) var hasSuperseded = false
    /// The source's file, kept to be put back, and the last cut that it knows.
    private var sourceBackup: (image: [UInt8], known: UInt64, sequence: UInt64)?
    private(set) var putBack: PutBack?
    private(set) var faults = 0

    init(_ world: World, plan: Plan, engine: EngineActor, writers: [WriterActor], random: SeededRandom, now: UInt64) {
        self.world = world
        self.plan = plan
        self.engine = engine
        self.writers = writers
        self.random = random
        writersReturn = Array(repeating: nil, count: writers.count)
        if let mean = plan.faultMean { next = now + self.random.around(mean) }
    }

    /// When somebody is due next.
    private(set) var nextEvent: UInt64 = 0

    func act(at now: UInt64) {
        guard now >= nextEvent else { return }
        defer { lookAhead() }
        world.landLate(now)
        if let due = engineReturns, due <= now {
            engineReturns = nil
            engine.start()
        }
        for writer in writers.indices {
            if let due = writersReturn[writer], due <= now {
                writersReturn[writer] = nil
                writers[writer].start(at: now)
            }
        }
        if let due = copyReturns, due <= now { bringCopyBack() }
        if let due = next, due <= now, let mean = plan.faultMean {
            strike(now)
            next = hasSuperseded || putBack != nil ? nil : now + random.around(mean)
        }
    }

    private func lookAhead() {
        var earliest = min(next ?? .max, engineReturns ?? .max, copyReturns ?? .max)
        for due in writersReturn { earliest = min(earliest, due ?? .max) }
        for late in world.lateWrites { earliest = min(earliest, late.lands) }
        nextEvent = earliest
    }

    /// No more faults: whoever is away comes back.
    func relent(at now: UInt64) {
        next = nil
        nextEvent = 0
        world.shelf.trouble = Trouble()
        world.shelf.hasRoomBeside = true
        bringCopyBack()
        for actor in world.actors where actor.isRunning { actor.wakes = min(actor.wakes, now + 1000) }
        if engineReturns == nil, !world.engine.isRunning { engineReturns = now }
        // A file that must not be touched is taken away by hand.
        if world.shelf.atPath?.isDamaged == true { world.shelf.atPath = nil }
        if world.shelf.atPath == nil {
            engine.kill()
            engineReturns = now
        }
    }

    private func strike(_ now: UInt64) {
        let shelf = world.shelf
        faults += 1
        if plan.supersedes, random.below(3) == 0, supersede(now) { return }
        if plan.putsSourceBack, random.below(4) == 0, putSourceBack(now) { return }
        switch random.below(17) {
        case 0 ..< 3:
            let writer = random.below(writers.count)
            world.tell("writer \(writer) is killed")
            writers[writer].kill()
            writersReturn[writer] = now + random.around(3000)
        case 3:
            let actor = world.writers[random.below(writers.count)]
            world.tell("\(actor.name) is stopped")
            actor.wakes = max(actor.wakes, now + random.around(30_000))
        case 4, 5:
            if shelf.atPath?.hasSlotOverwritten == true { return }
            world.tell("the engine is killed")
            engine.kill()
            engineReturns = now + random.around(5000)
        case 6:
            world.tell("the engine is stopped")
            world.engine.wakes = max(world.engine.wakes, now + random.around(30_000))
        case 7: world.reviver.wakes = max(world.reviver.wakes, now + random.around(10_000))
        case 8:
            // The known window again: what is back has the engine's own slot over somebody's older tables.
            guard shelf.movedAway == nil, let file = shelf.atPath, !file.hasSlotOverwritten else { return }
            world.tell("the copy is moved away")
            shelf.movedAway = file
            shelf.atPath = nil
            shelf.hasFolder = random.below(2) == 0
            copyReturns = now + random.around(40_000)
        case 9: replace()
        case 14: overwrite(now)
        case 16: rot(now)
        case 10:
            world.tell("the copy is cut short")
            shelf.atPath?.isDamaged = true
        case 11, 12: trouble()
        case 13:
            shelf.trouble.hang = random.around(plan.options.deadlines.lateAfter)
            world.tell("the next write hangs for \(shelf.trouble.hang)")
        default: if plan.powerCuts { loseCopyHost() } else { shelf.hasRoomBeside.toggle() }
        }
    }

    private func trouble() {
        world.shelf.trouble = Trouble(
            kind: [.write, .flush, .any][random.below(3)], after: random.below(40),
            count: random.below(3) == 0 ? 1 + random.below(20) : 1,
            failure: random.below(3) == 0 ? CopyFailure(.noSpace, errno: 28) : CopyFailure(.inputOutput, errno: 5))
        world.tell("trouble: \(world.shelf.trouble)")
    }

    private func bringCopyBack() {
        copyReturns = nil
        world.shelf.hasFolder = true
        guard let file = world.shelf.movedAway else { return }
        world.shelf.movedAway = nil
        world.shelf.atPath = file
        world.tell("the copy is back")
    }

    /// An older state of the copy takes its place: a snapshot that somebody restored.
    private func replace() {
        guard let file = world.shelf.atPath, !file.isDamaged else { return }
        world.tell(snapshot == nil ? "a snapshot is taken" : "the snapshot takes the copy's place")
        if let snapshot {
            world.shelf.atPath = snapshot
            self.snapshot = nil
        } else {
            let copy = world.shelf.make()
            copy.copyContents(of: file)
            snapshot = copy
        }
    }

    /// An older state of the copy is written over it, in place, while it is in use.
    private func overwrite(_ now: UInt64) {
        guard let file = world.shelf.atPath, !file.isDamaged, let snapshot, snapshot !== file,
            let older = newestSlot(of: snapshot), let newer = newestSlot(of: file), older.sequence < newer.sequence,
            world.driver?.isWritingSlot != true
        else { return }
        world.tell("an older state is written over the copy")
        file.overwrite(with: snapshot)
        file.overwrittenAt = now
        file.acknowledged = 0
    }

    /// A byte of some record on the copy is another one.
    private func rot(_ now: UInt64) {
        guard let file = world.shelf.atPath, !file.isDamaged, file.count == world.layout.copyBytes,
            world.engineState.phase == .inSync, world.driver?.target === file
        else { return }
        let table = world.layout.tables[random.below(world.layout.tables.count)]
        let index = random.below(table.capacity)
        let place = random.below(16 + table.payloadBytes)
        world.tell("byte \(place) of record \(index) of table \(table.number) rots")
        file.flipByte(at: table.offset + table.slotOffset(of: index, page: table.page(of: index)) + place)
        file.rottenSince = now
    }

    private func newestSlot(of file: SimulatedFile) -> StateSlot? {
        guard let header = try? CopyExaminer.header(of: file) else { return nil }
        return StateSlot.newest(in: header, checksum: simulationChecksum)
    }

    /// A source that was put back, and the copy that had gone on.
    struct PutBack {
        /// The copy holds cuts that the source lacks, or was written by one that knew more; and nobody has said that it
        /// may be overwritten.
        let isKept: Bool
        let copy: [UInt8]
    }

    /// First the source's file is kept, while nobody uses it; later it takes the source's place.
    private func putSourceBack(_ now: UInt64) -> Bool {
        let shelf = world.shelf
        guard let file = shelf.atPath, !file.isDamaged, shelf.movedAway == nil, file.overwrittenAt == nil else {
            return false
        }
        engine.kill()
        for writer in writers { writer.kill() }
        engineReturns = now + random.around(5000)
        world.landLate(.max)
        let words = [world.area.captured, world.area.committed, world.area.shipping].map { $0.load() }
        guard let backup = sourceBackup else {
            world.tell("the source's file is kept")
            sourceBackup = (
                world.sourceImage, words.reduce(0, max), world.area.replicator[.copySequence].load()
            )
            for writer in writers.indices { writersReturn[writer] = now + random.around(3000) }
            return true
        }
        guard
            case .copy(let slot, let end) = try? CopyExaminer.examine(
                file, expected: world.layout, path: "copy", checksum: simulationChecksum), file.lateWrites == 0,
            !file.mayChangeUnwritten
        else {
            for writer in writers.indices { writersReturn[writer] = now + random.around(3000) }
            return false
        }
        world.tell("the source's file is put back")
        // What it has seen is of the other history.
        if world.reader.isRunning { world.reader.stop() }
        world.putBack(backup.image)
        for writer in writers.indices { writersReturn[writer] = nil }
        shelf.trouble = Trouble()
        let held = slot.role == .consistent ? max(slot.cut, end?.cut ?? 0) : 0
        let isNewer = held > backup.known || slot.sequence > backup.sequence + 2
        putBack = PutBack(isKept: isNewer && !plan.options.adopts, copy: file.contents)
        return true
    }

    /// The copy's host loses power and is back at once.
    private func loseCopyHost() {
        guard let file = world.shelf.atPath else { return }
        world.tell("the copy's host loses power")
        world.driver?.losePower()
        file.cutPower(&random)
        // Without a flush behind each cut, what was said of it holds for the host's memory alone.
        if !plan.options.durable { file.acknowledged = 0 }
    }

    /// The copy is promoted while its primary goes on, which is cut off from it, or not.
    private func supersede(behind server: SimulatedServer, _ now: UInt64) -> Bool {
        guard let file = world.shelf.atPath, !file.isDamaged, world.shelf.movedAway == nil else { return false }
        // One without a fence is ended first.
        if server.plan.fences { server.raiseFence() } else { server.die(at: now, for: random.around(20_000)) }
        guard Promoting.promote(file, layout: world.layout, tries: random.below(4), &random) else {
            if server.plan.fences { server.lowerFence(isSource: false) }
            return false
        }
        world.tell("the copy is promoted, and its primary goes on")
        server.notePromoted()
        if random.below(2) == 0 { server.beSilent(at: now, for: random.around(200_000)) }
        let cut = CopyExaminer.newestSlot(
            of: file, expected: world.layout, path: "copy", checksum: simulationChecksum)?.cut
        if let cut, cut < file.acknowledged, file.overwrittenAt == nil, file.rottenSince == nil {
            world.violated("cut \(file.acknowledged) was acknowledged, and the copy is promoted with \(cut)")
        }
        (file.promotedCut, promoted) = (cut, file.contents)
        hasSuperseded = true
        return true
    }

    /// What the copy that was promoted over a network held then: nobody changes it any more.
    private(set) var promoted: [UInt8]?

    /// The copy is promoted while the engine is dead, and used elsewhere.
    private func supersede(_ now: UInt64) -> Bool {
        if let server = world.shelf.server { return supersede(behind: server, now) }
        guard let file = world.shelf.atPath, !file.isDamaged, file.lateWrites == 0, world.shelf.movedAway == nil else {
            return false
        }
        engine.kill()
        engineReturns = now + random.around(5000)
        world.landLate(.max)
        guard Promoting.promote(file, layout: world.layout, tries: random.below(4), &random) else { return false }
        world.tell("the copy is promoted")
        hasSuperseded = true
        return true
    }
}
