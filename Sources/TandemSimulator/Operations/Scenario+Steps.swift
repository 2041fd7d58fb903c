import CSimulation
import TandemCore

/// What happens in a scenario. Each step ends with a copy that has everything, whatever the fault.
extension Scenario {
    struct Step {
        let name: String
        let run: () -> Void
    }

    var steps: [Step] {
        [
            Step(name: "first copy", run: firstCopy),
            Step(name: "cuts and sweeps", run: cutsAndSweeps),
            Step(name: "a cut that does not fit", run: cutThatDoesNotFit),
            Step(name: "an outage that one cut ends", run: outage),
            Step(name: "an outage too long for that", run: longOutage),
            Step(name: "the replicator killed in mid-cut", run: killed),
            Step(name: "an older copy put back, and the replicator killed in its bulk copy", run: olderCopy),
            Step(name: "promotion", run: promotion),
        ]
    }

    private func firstCopy() {
        if plan.startsBlank {
            let file = world.shelf.make()
            file.resize(to: world.layout.copyBytes)
            world.shelf.atPath = file
        }
        engine.start()
        traffic(10)
        settle()
    }

    private func cutsAndSweeps() {
        for _ in 0 ..< 3 {
            traffic(3)
            pass(2_000)
        }
        pass(40_000)
        settle()
        // The journal has been applied by then. A page by itself is not worth that: it is swept.
        rush(in: world.tables.prefix(1)) { $0 == 4 }
        pass(40_000)
        settle()
    }

    private func cutThatDoesNotFit() {
        for part in 0 ..< 3 {
            rush { $0 % 3 == part }
            pass(2_500)
        }
        settle()
    }

    private func outage() {
        takeAway()
        traffic(3)
        pass(30_000)
        bringBack()
        settle()
    }

    private func longOutage() {
        takeAway()
        traffic(2)
        rush { _ in true }
        pass(30_000)
        bringBack()
        settle()
    }

    private func killed() {
        startTraffic(4)
        advance(within: 20_000) { [unowned self] in world.driver?.isFlushingCut == true }
        restartEngine()
        endTraffic()
        settle()
    }

    private func olderCopy() {
        let older = world.shelf.make()
        if let file = world.shelf.atPath { older.copyContents(of: file) }
        rush { $0 % 2 == 0 }
        pass(5_000)
        settle()
        world.tell("the older copy takes its place")
        world.shelf.atPath = older
        startTraffic(4)
        let isHalfWay = advance(within: 300_000) { [unowned self] in
            world.engineState.phase == .bulkCopying && world.area.descriptor(0).recordsCopied > 0
        }
        if !isHalfWay, counter.fault == nil { world.violated("the scenario reaches no bulk copy's middle") }
        restartEngine()
        endTraffic()
        settle()
    }

    // MARK: Traffic

    private func startTraffic(_ transactions: Int) {
        guard world.violations.isEmpty else { return }
        for writer in writers { writer.start(at: tandem_now() + 1, transactions: transactions) }
    }

    /// Writers know nothing of the copy: no fault of it takes them longer.
    private func endTraffic() {
        let isDone = advance(within: 200_000) { [unowned self] in world.writers.allSatisfy { !$0.isRunning } }
        if !isDone { world.violated("the writers waited: \(world.summary(writers))") }
    }

    private func traffic(_ transactions: Int) {
        startTraffic(transactions)
        endTraffic()
    }

    /// A writer that changes many records in a moment.
    private func rush(_ isMeant: (Int) -> Bool) { rush(in: world.tables[...], isMeant) }

    private func rush(in tables: ArraySlice<TableView>, _ isMeant: (Int) -> Bool) {
        guard world.violations.isEmpty else { return }
        let slot = World.writerMax
        precondition(world.lock(slot, by: slot), "nobody else has this slot")
        var transaction = WriterLog(memory: world.memory, writer: slot)
        for table in tables {
            for index in 0 ..< table.layout.capacity where isMeant(index) { change(table, index, &transaction) }
        }
        world.slotHolders[slot] = nil
    }

    private func change(_ table: TableView, _ index: Int, _ transaction: inout WriterLog) {
        // Refused when the undo log is full of what a running capture may want; that one is abandoned by the next
        // begin.
        for _ in 0 ..< 2 {
            do throws(TandemError) {
                try transaction.begin()
                let payload = try transaction.hold(table, index)
                let stamp = world.makeStamp()
                for word in 0 ..< table.layout.payloadBytes / 8 { payload.word(at: word * 8).store(stamp) }
                try transaction.commit()
                return world.noteCommit(
                    [History.Change(table: table.layout.number, index: index, stamp: stamp)],
                    epoch: transaction.lastCommitEpoch, saw: [])
            } catch { transaction.rollBack() }
        }
        world.violated("a writer without rivals was refused")
    }

    // MARK: What befalls the copy

    private func takeAway() {
        world.tell("the copy is moved away")
        world.shelf.movedAway = world.shelf.atPath
        world.shelf.atPath = nil
    }

    private func bringBack() {
        world.tell("the copy is back")
        world.shelf.atPath = world.shelf.movedAway
        world.shelf.movedAway = nil
    }

    private func restartEngine() {
        world.tell("the engine is killed")
        engine.kill()
        pass(2_000)
        engine.start()
    }
}
