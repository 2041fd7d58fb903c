import TandemCore

/// The writers of a scribbled source: what they are told is an error or a value, never a trap.
final class HostileWriters {
    /// A writer's process: its handle, and whether it is in a transaction.
    private final class Life {
        var transaction: WriterLog
        var isOpen = false
        init(_ memory: SourceMemory, _ slot: Int) {
            transaction = WriterLog(memory: memory, writer: slot)
        }
    }

    private let source: FuzzMemory
    private var lives: [Life?]

    init(_ source: FuzzMemory) {
        self.source = source
        lives = Array(repeating: nil, count: source.layout.writerCount)
    }

    func isAlive(_ slot: Int) -> Bool { lives[slot] != nil }

    /// All of them die where they stand.
    func clear() {
        for slot in lives.indices { lives[slot] = nil }
    }

    /// One step of one writer.
    func step(_ input: inout FuzzInput) throws(Finding) {
        let code = input.byte()
        let slot = Int(code) % lives.count
        let life = alive(slot)
        switch code >> 2 & 7 {
        case 0 ... 3: try change(life, slot, &input)
        case 4, 5:
            input.tell("writer \(slot) \(life.isOpen ? "ends its transaction" : "has no transaction to end")")
            end(life, commits: life.transaction.canCommit)
        case 6:
            end(life, commits: false)
            input.tell("writer \(slot) rolls back")
        default:
            lives[slot] = nil
            input.tell("writer \(slot) dies")
        }
    }

    /// A slot's writer; a new one recovers what the last has left, as registering does.
    private func alive(_ slot: Int) -> Life {
        if let life = lives[slot] { return life }
        WriterRecovery.recover(slot: slot, in: source.memory, layout: source.layout)
        let life = Life(source.memory, slot)
        lives[slot] = life
        return life
    }

    private func change(_ life: Life, _ slot: Int, _ input: inout FuzzInput) throws(Finding) {
        let table = input.number(below: source.tables.count)
        let index = input.number(below: source.layout.tables[table].capacity)
        do throws(TandemError) {
            if !life.isOpen {
                try life.transaction.begin()
                life.isOpen = true
            }
            let payload = try life.transaction.hold(source.tables[table], index)
            let value = UInt64(input.byte())
            payload.storeBytes(of: value, as: UInt64.self)
            input.tell("writer \(slot) changes record \(index) of table \(table) to \(value)")
        } catch {
            input.tell("writer \(slot) is refused record \(index) of table \(table): \(error.code)")
            try expect(
                [.conflict, .superseded, .transactionTooLarge].contains(error.code), "a write fails with \(error)")
            end(life, commits: false)
        }
    }

    private func end(_ life: Life, commits: Bool) {
        guard life.isOpen else { return }
        if !commits || !commit(life) { life.transaction.rollBack() }
        life.isOpen = false
    }

    /// False where the source is said to be another's, or handed over.
    private func commit(_ life: Life) -> Bool {
        do throws(TandemError) { try life.transaction.commit() } catch { return false }
        return true
    }

    /// One change by a writer that has just come: the epoch it was committed with, nil where the record cannot be
    /// locked.
    func put(_ value: UInt64, table: Int, index: Int) throws(Finding) -> UInt64? {
        let life = alive(0)
        // Scribbled: a lock that says to be this writer's own would be believed, and the change belong to no
        // transaction.
        guard source.tables[table].headerWord(index) & 0xFFFF == 0 else { return nil }
        do throws(TandemError) {
            try life.transaction.begin()
            let payload = try life.transaction.hold(source.tables[table], index)
            for word in 0 ..< source.layout.tables[table].payloadBytes / 8 {
                payload.storeBytes(of: value, toByteOffset: word * 8, as: UInt64.self)
            }
        } catch {
            try expect(
                [.conflict, .superseded, .transactionTooLarge].contains(error.code), "a write fails with \(error)")
            if error.code != .superseded { life.transaction.rollBack() }
            return nil
        }
        guard life.transaction.canCommit, commit(life) else {
            life.transaction.rollBack()
            return nil
        }
        return life.transaction.lastCommitEpoch
    }
}
