import TandemCore

/// Source, engine and driver, stepped by hand in virtual time.
final class EngineHarness {
    let source: TestSource
    let driver: MemoryDriver
    var agent: Agent
    var now: UInt64 = 1_000_000_000

    init(_ source: TestSource = TestSource(), _ options: EngineOptions = EngineOptions()) {
        self.source = source
        driver = MemoryDriver(source)
        agent = Agent(source.engine(options), driver: driver)
    }

    var engine: ReplicationEngine {
        _read { yield agent.engine }
        _modify { yield &agent.engine }
    }

    func poll(after nanoseconds: UInt64 = 300_000) {
        now += nanoseconds
        agent.poll(at: now)
    }

    func poll(until condition: () -> Bool, limit: Int = 100_000) -> Bool {
        for _ in 0 ..< limit {
            if condition() { return true }
            poll()
        }
        return condition()
    }

    /// The copy goes away, and that has been noticed.
    func lose() -> Bool {
        driver.isPresent = false
        return poll(until: { engine.phase.name == .offline }, limit: 4000)
    }

    func sync() -> Bool { poll(until: { engine.phase == .inSync }) }

    /// Polls until everything committed so far is on the copy: the cut of this moment, or all cuts there are, with
    /// nothing left for another.
    func settle() -> Bool {
        let epoch = source.area.epoch.load()
        return poll(until: {
            engine.phase == .inSync && (source.area.committed.load() >= epoch || isNothingLeft)
        })
    }

    private var isNothingLeft: Bool {
        !source.memory.dirty.mayBeDirty(summaryCount: source.layout.runtime.summaryCount)
            && source.area.taken.isEmpty && source.area.missed.isEmpty
            && source.area.shipping.load() == source.area.committed.load()
    }

    /// What a check would find in the copy's journal; nil if neither state slot is valid.
    func surveyed() throws -> CopyRecovery.Replayed? {
        try driver.newestSlot().map {
            try CopyRecovery.survey(driver.copy, layout: source.layout, slot: $0, checksum: testChecksum)
        }
    }

    /// What promotion would find: the copy's records after recovery, on a clone. Nil if it is not promotable.
    func recovered() throws -> RecoveredCopy? { try driver.recovered() }
}

struct RecoveredCopy {
    let copy: MemoryCopy
    let layout: FileLayout
    let cut: UInt64

    func read(_ table: Int, _ index: Int) -> [UInt64] {
        let layout = layout.tables[table]
        let offset = layout.offset + layout.slotOffset(of: index, page: layout.page(of: index))
        return copy.bytes.withUnsafeBytes { raw in
            (0 ..< layout.payloadBytes / 8).map { raw.load(fromByteOffset: offset + 16 + $0 * 8, as: UInt64.self) }
        }
    }

    /// Records of the source whose committed payload differs from the copy's.
    func differences(from source: TestSource) throws -> [String] {
        var found: [String] = []
        for table in layout.tables {
            for index in 0 ..< table.capacity {
                let ours = try source.read(table.number, index)
                if ours != read(table.number, index) {
                    found.append("table \(table.number) record \(index): \(ours[0]) is \(read(table.number, index)[0])")
                }
            }
        }
        return found
    }
}

extension MemoryDriver {
    func newestSlot() -> StateSlot? {
        copy.bytes.withUnsafeBytes { StateSlot.newest(in: $0.baseAddress!, checksum: testChecksum) }
    }

    /// What promotion would find: the copy's records after recovery, on a clone. Nil if it is not promotable.
    func recovered() throws -> RecoveredCopy? {
        let clone = MemoryCopy()
        clone.bytes = copy.bytes
        guard
            case .copy(let slot, let journal?) = try CopyExaminer.examine(
                clone, expected: source.layout, path: "copy", checksum: testChecksum)
        else { return nil }
        let replayed = try CopyRecovery.apply(clone, layout: source.layout, slot: slot, checksum: testChecksum)
        guard replayed.end == journal else { return nil }
        return RecoveredCopy(copy: clone, layout: source.layout, cut: replayed.end.cut)
    }

    func copyRole(_ source: TestSource) throws -> StateSlot.Role? { newestSlot()?.role }

    /// Both slots say `slot`, as after a promotion.
    func replaceSlots(_ slot: StateSlot) {
        let header = CopyFormatter.header(layout: source.layout, slot: slot, checksum: testChecksum)
        copy.bytes.replaceSubrange(0 ..< header.count, with: header)
    }
}

extension RecoveredCopy {
    /// Records that do not carry the seal of their own contents.
    var brokenSeals: [String] {
        copy.bytes.withUnsafeBytes { raw in
            layout.tables.flatMap { table in
                (0 ..< table.capacity).filter { index in
                    let slot =
                        raw.baseAddress! + table.offset + table.slotOffset(of: index, page: table.page(of: index))
                    return !PageImage.isSealed(table, index, at: slot, checksum: testChecksum)
                }.map { "table \(table.number) record \($0)" }
            }
        }
    }

    /// The newest epoch of any record.
    func newestEpoch() throws -> UInt64 {
        var newest: UInt64 = 0
        for table in layout.tables {
            for index in 0 ..< table.capacity {
                let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index)) + 8
                newest = max(newest, copy.bytes.withUnsafeBytes { $0.load(fromByteOffset: offset, as: UInt64.self) })
            }
        }
        return newest
    }
}

extension Token {
    /// The chunk or image that it is about; 0 where there is none.
    var number: Int {
        switch self {
        case .image(let number), .cutWrite(let number), .revive(let number): number
        case .look(_, let part): part
        default: 0
        }
    }
}
