import CSimulation
import TandemCore
import TandemTables

/// Reads committed values while everybody writes, and knows what they may be.
final class ReaderActor {
    private let world: World
    private var random: SeededRandom
    private let plan: Plan
    /// What it has read of each record: committed values never go back.
    private var newest: [History.Record: UInt64] = [:]
    private var sight = KeyedSight()
    private var known = [RecordHandle?](repeating: nil, count: KeyedTables.keyCount)

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
            if let keyed = world.keyed, random.below(4) != 0 {
                look(in: keyed)
                world.reader.sleep(until: tandem_now() + random.around(500))
                continue
            }
            let table = random.below(World.stampedCount)
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

    /// For a key, or for what a handle names under which it was found, however long ago.
    private func look(in keyed: KeyedTables) {
        let key = random.below(KeyedTables.keyCount)
        do throws(TandemError) {
            if let handle = known[key], random.below(4) == 0 {
                let record = try keyed.read(handle, as: 0)
                guard !world.reader.isGhost else { return }
                guard let record else { return keyed.history.reach.stale += 1 }
                if let wrong = KeyedSight.read(key, handle, record, keyed.history) {
                    world.violated("reader, \(wrong)")
                }
                return world.noteRead(record.first)
            }
            let found = try keyed.find(key, as: 0)
            guard !world.reader.isGhost else { return }
            if let wrong = sight.found(key, found, keyed.history) { world.violated("reader, \(wrong)") }
            guard let found else { return }
            known[key] = found.handle
            world.noteRead(found.record.first)
        } catch {
            if !world.reader.isGhost { world.violated("reader, key \(key): \(error)") }
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
