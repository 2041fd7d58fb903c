import CSimulation
import TandemCore

/// The copy takes over. A promotion that fails has changed nothing that matters, and is repaired by promoting again.
extension Scenario {
    func promotion() {
        engine.kill()
        world.landLate(.max)
        mayNotLoseIt = false
        guard let file = world.shelf.atPath else { return world.violated("there is no copy to promote") }
        for attempt in 1 ... 3 {
            // A fault that lasts may stop two of them; then it is mended.
            if attempt == 3 { counter.mend() }
            do throws(CopyFailure) {
                try promote(file, attempt)
                break
            } catch {
                world.tell("promotion failed: \(error)")
                examineRest(of: file)
                if attempt == 3 { world.violated("a promotion failed without a fault: \(error)") }
            }
        }
        if world.violations.isEmpty { oldPrimaryStops() }
    }

    /// In the order of `Promotion.promote`: in place, or into a new source's memory.
    private func promote(_ file: SimulatedFile, _ attempt: Int) throws(CopyFailure) {
        let layout = world.layout
        let bytes = CountedBytes(
            file: file, counter: counter, reading: .promotionRead, writing: .promotionWrite)
        guard
            case .copy(var slot, let end) = try CopyExaminer.examine(
                bytes, expected: layout, path: "copy", checksum: simulationChecksum)
        else { return world.violated("the copy is not known any more") }
        // The one before it had got so far, and did not hear of it, or its last flush had failed.
        if slot.role == .source {
            try write(slot, bytes)
            try flush(file)
            return verify(file, cut: slot.cut)
        }
        let found = try CopyRecovery.survey(bytes, layout: layout, slot: slot, checksum: simulationChecksum)
        guard slot.role == .consistent, end == found.end, found.lostThrough == nil else {
            return world.violated("the copy was refused: \(slot.role), \(found)")
        }
        try readTables(bytes)
        try flush(file)
        _ = try CopyRecovery.apply(bytes, layout: layout, slot: slot, checksum: simulationChecksum)
        try flush(file)
        if plan.promotesElsewhere { try readTables(bytes) }
        slot.sequence &+= 1
        let life = slot.life.next(Generation(high: 8, low: UInt64(attempt)), at: found.end.cut)
        (slot.generation, slot.lineage) = (life.generation, life.lineage)
        slot.role = plan.promotesElsewhere ? .consistent : .source
        slot.journalTail = found.end.position
        slot.tailCut = found.end.cut
        slot.cut = found.end.cut
        try write(slot, bytes)
        try flush(file)
        verify(file, cut: slot.cut)
    }

    private func write(_ slot: StateSlot, _ bytes: CountedBytes) throws(CopyFailure) {
        var page = [UInt8](repeating: 0, count: 4096)
        page.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: simulationChecksum) }
        try page.withBytes { raw throws(CopyFailure) in try bytes.write(raw, at: slot.offset) }
    }

    /// To verify all seals, or to load them.
    private func readTables(_ bytes: CountedBytes) throws(CopyFailure) {
        for table in world.layout.tables {
            var pages = [UInt8](repeating: 0, count: table.byteCount)
            try pages.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: table.offset) }
        }
    }

    private func flush(_ file: SimulatedFile) throws(CopyFailure) {
        do throws(CopyFailure) { try counter.perform(.promotionFlush) } catch {
            file.flushLosesAll()
            throw error
        }
        file.flush(through: file.landed)
    }

    /// What a failed promotion leaves: the copy as good as before, or the new source.
    private func examineRest(of file: SimulatedFile) {
        scratch.copyContents(of: file)
        guard
            case .copy(let slot, _) = try? CopyExaminer.examine(
                scratch, expected: world.layout, path: "copy", checksum: simulationChecksum)
        else { return world.violated("a failed promotion left no copy") }
        if slot.role == .source { return verify(scratch, cut: slot.cut) }
        if let wrong = oracle.violation(in: scratch, mustBePromotable: true) {
            world.violated("after a failed promotion: \(wrong)")
        }
    }

    private func verify(_ file: SimulatedFile, cut: UInt64) {
        if let wrong = oracle.violation(ofCut: cut, in: file) { world.violated("promoted: \(wrong)") }
    }

    private func oldPrimaryStops() {
        engine.start()
        let stops = advance(within: 500_000) { [unowned self] in
            world.engineState.phase.name == .refused && world.area.attention.load() & ControlFlags.superseded != 0
        }
        if !stops { world.violated("a superseded source went on: \(world.summary(writers))") }
    }
}
