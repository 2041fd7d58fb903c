import CSimulation
import TandemCore
import TandemTables

/// The keyed part of one writer's transactions: production code, and what it must answer.
struct KeyedWriter {
    private let world: World
    private let tables: KeyedTables
    private let actor: Actor
    private let number: Int
    private var sight = KeyedSight()
    /// The handle under which this writer has met each key last, of those that were committed: that of an insertion
    /// which was rolled back is given out again.
    private var known = [RecordHandle?](repeating: nil, count: KeyedTables.keyCount)
    /// What the transaction under way has made of keys, one for each.
    private(set) var changes: [KeyedHistory.Change] = []
    /// The stamps of others that it has seen.
    private(set) var saw: [(key: Int, stamp: UInt64)] = []

    init?(_ world: World, _ number: Int) {
        guard let tables = world.keyed else { return nil }
        self.world = world
        self.tables = tables
        self.number = number
        actor = world.writers[number]
    }

    func plan(_ random: inout SeededRandom) -> [KeyedStep] {
        tables.plan.steps(of: number, isShort: tables.history.population < tables.plan.population, &random)
    }

    /// A new transaction, or a new try of one.
    mutating func begin() {
        changes.removeAll(keepingCapacity: true)
        saw.removeAll(keepingCapacity: true)
    }

    mutating func change(_ steps: [KeyedStep], _ transaction: inout WriterLog) throws(TandemError) {
        for step in steps {
            do throws(TandemError) { try perform(step, &transaction) } catch {
                if !actor.isGhost { judge(error, step) }
                throw error
            }
            // What a killed writer was answered nobody has heard.
            if actor.isGhost { return }
        }
    }

    /// From here on its transaction may be committed, for others before it knows.
    func beginCommit() { tables.history.begin(changes) }

    /// It was refused.
    func withdrawCommit() { tables.history.withdraw(changes) }

    /// It knows.
    mutating func endCommit() {
        for change in changes where change.after != 0 { known[change.key] = RecordHandle(rawValue: change.after) }
    }

    private mutating func perform(_ step: KeyedStep, _ transaction: inout WriterLog) throws(TandemError) {
        let key = step.key
        let owner = try transaction.owner(in: tables.slots)
        switch step.action {
        case .insert, .upsert: try insert(key, replaces: step.action == .upsert, &transaction)
        case .remove: _ = try remove(key, &transaction)
        case .replace: if try remove(key, &transaction) { try insert(key, replaces: false, &transaction) }
        case .update:
            let bytes = tables.keys[key]
            let record = try withUnsafeBytes(of: bytes) { key throws(TandemError) in
                try tables.index.holdRecord(key, in: &transaction)
            }
            // Held, so that it is found by whoever holds it, under the handle that it has.
            let found = try tables.find(key, as: owner)
            if actor.isGhost { return }
            expect(key, record == nil ? nil : found?.handle)
            guard let record else { return }
            guard let found else { return wrong(key, "is held, and not found") }
            note(key, before: found.handle.rawValue, after: found.handle.rawValue, record)
        case .find:
            let found = try tables.find(key, as: owner)
            if actor.isGhost { return }
            see(key, found)
        case .updateByHandle:
            guard let handle = known[key] else { return }
            let record = try tables.index.pool.holdRecord(handle, in: &transaction)
            if actor.isGhost { return }
            guard let record else { return tables.history.reach.stale += 1 }
            guard (record - 16).word(at: 0).load() == tables.keys[key] else {
                return wrong(key, "was held by \(handle), which names another")
            }
            note(key, before: handle.rawValue, after: handle.rawValue, record)
        case .removeByHandle:
            guard let handle = known[key] else { return }
            let isRemoved = try tables.index.remove(handle, in: &transaction)
            if actor.isGhost { return }
            if let own = own(key), own.after == handle.rawValue, !isRemoved { wrong(key, "was not removed") }
            guard isRemoved else { return tables.history.reach.stale += 1 }
            note(key, before: handle.rawValue, after: 0, nil)
        case .readByHandle:
            guard let handle = known[key] else { return }
            let record = try tables.read(handle, as: owner)
            if actor.isGhost { return }
            guard let record else { return tables.history.reach.stale += 1 }
            if let text = KeyedSight.read(key, handle, record, tables.history) { world.violated(text) }
        }
    }

    private mutating func insert(
        _ key: Int, replaces: Bool, _ transaction: inout WriterLog
    ) throws(TandemError) {
        let bytes = tables.keys[key]
        let placed = try withUnsafeBytes(of: bytes) { key throws(TandemError) in
            try tables.index.insert(key, in: &transaction, near: nil, deadline: 0, holdsFound: replaces)
        }
        if actor.isGhost { return }
        expect(key, placed.isNew ? nil : placed.handle)
        if own(key) == nil, !placed.isNew { known[key] = placed.handle }
        guard let record = placed.record else { return }
        note(key, before: placed.isNew ? 0 : placed.handle.rawValue, after: placed.handle.rawValue, record)
    }

    private mutating func remove(_ key: Int, _ transaction: inout WriterLog) throws(TandemError) -> Bool {
        let bytes = tables.keys[key]
        let isRemoved = try withUnsafeBytes(of: bytes) { key throws(TandemError) in
            try tables.index.remove(key, in: &transaction)
        }
        if actor.isGhost { return false }
        if let own = own(key), (own.after != 0) != isRemoved { wrong(key, "was \(isRemoved ? "" : "not ")removed") }
        if isRemoved { note(key, before: KeyedHistory.Change.some, after: 0, nil) }
        return isRemoved
    }

    /// What this transaction has made of a key.
    private func own(_ key: Int) -> KeyedHistory.Change? { changes.first { $0.key == key } }

    /// Notes a change, before the first word of the record: killed in the middle, it is known what was under way.
    private mutating func note(_ key: Int, before: UInt64, after: UInt64, _ record: UnsafeMutableRawPointer?) {
        let change = KeyedHistory.Change(
            key: key, stamp: world.makeStamp(), before: own(key)?.before ?? before, after: after)
        changes.removeAll { $0.key == key }
        changes.append(change)
        tables.history.note(change)
        record?.word(at: 0).store(change.stamp)
        record?.word(at: 8).store(change.stamp)
    }

    /// A transaction sees what it has done itself.
    private func expect(_ key: Int, _ handle: RecordHandle?) {
        guard let own = own(key), own.after != handle?.rawValue ?? 0 else { return }
        wrong(key, "is \(handle.map { "\($0)" } ?? "not there") for a transaction that has made it \(own)")
    }

    private mutating func see(_ key: Int, _ found: (handle: RecordHandle, record: KeyedTables.Record)?) {
        if let own = own(key) {
            expect(key, found?.handle)
            if let found, found.record.first != own.stamp { wrong(key, "has \(found.record), not \(own)") }
            return
        }
        if let text = sight.found(key, found, tables.history) { world.violated("writer \(number), \(text)") }
        guard let found else { return }
        known[key] = found.handle
        saw.append((key, found.record.first))
        world.noteRead(found.record.first)
    }

    private func wrong(_ key: Int, _ text: String) { world.violated("writer \(number), key \(key) \(text)") }

    // MARK: Refused

    private func judge(_ error: TandemError, _ step: KeyedStep) {
        switch error.code {
        case .tableDamaged: world.violated("writer \(number), \(step): \(error)")
        case .tableFull:
            tables.history.reach.full += 1
            // Every list is held: nothing comes or goes.
            guard let free = (0 ..< KeyedTables.slotCount).first(where: isFree) else { return }
            world.violated("writer \(number), \(step): the table was said to be full while slot \(free) was free")
        default: break
        }
    }

    private func isFree(_ slot: Int) -> Bool {
        let layout = tables.slots.layout
        let place = layout.offset + layout.slotOffset(of: slot, page: layout.page(of: slot)) + 16
        let word = (world.memory.base + place).assumingMemoryBound(to: UInt64.self)
        return tandem_pending_value(actor.fiber, word) >> 32 & 0xFFFF == 0
    }
}
