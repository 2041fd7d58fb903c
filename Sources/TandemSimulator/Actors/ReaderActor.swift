import CSimulation
import TandemCore

/// Reads committed values while everybody writes, and knows what they may be.
final class ReaderActor {
    private let world: World
    private var random: SeededRandom
    private let plan: Plan
    /// What it has read of each record: committed values never go back.
    private var newest: [History.Record: UInt64] = [:]

    init(_ world: World, plan: Plan, random: SeededRandom) {
        self.world = world
        self.plan = plan
        self.random = random
    }

    func start() {
        world.reader.start(storeLimit: plan.storeLimit, at: tandem_now()) { [unowned self] in live() }
    }

    private func live() {
        while !world.isEnding, !world.reader.isGhost {
            let table = random.below(world.layout.tables.count)
            let index = random.below(random.below(2) == 0 ? 2 : world.layout.tables[table].capacity)
            if let stamp = try? world.read(table, index), !world.reader.isGhost {
                let before = newest.updateValue(stamp, forKey: History.Record(table: table, index: index)) ?? 0
                if stamp < before {
                    world.violated(
                        "table \(table) record \(index): a read gave stamp \(stamp), the one before it \(before)")
                }
            }
            world.reader.sleep(until: tandem_now() + random.around(2000))
        }
    }
}

extension World {
    /// The stamp of a record's committed payload.
    func read(_ table: Int, _ index: Int) throws(TandemError) -> UInt64 {
        let count = layout.tables[table].payloadBytes / 8
        return try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { words throws(TandemError) in
            try tables[table].read(index, into: UnsafeMutableRawPointer(words.baseAddress!))
            if words.contains(where: { $0 != words[0] }) {
                violated("table \(table) record \(index): a torn read, \(Set(words))")
            }
            noteRead(words[0])
            return words[0]
        }
    }
}
