import TandemCore

/// A copy in plain memory, and a driver for it. What it may do is on top, so that a test's faults can be read off:
/// complete at once or when told, in any order, fail with an error, vanish, and be another file when it is back.
/// It never tears a write and never loses a completed one.
final class MemoryCopy: CopyBytes {
    var bytes: [UInt8] = []
    var count: Int { bytes.count }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + destination.count <= bytes.count else { throw CopyFailure(.inputOutput, errno: 5) }
        bytes.withUnsafeBytes {
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset ..< offset + destination.count]))
        }
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + source.count <= bytes.count else { throw CopyFailure(.noSpace, errno: 28) }
        bytes.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyMemory(from: source) }
    }
}

final class MemoryDriver: CopyDriver {
    let source: TestSource
    var copy = MemoryCopy()
    var beside: MemoryCopy?
    /// Commands wait here until `release` while `holds` says so.
    var holds: (CopyCommand) -> Bool = { _ in false }
    var held: [CopyCommand] = []
    /// The failure a command ends with, if any.
    var fails: (CopyCommand) -> CopyFailure? = { _ in nil }
    /// What a probe finds, if not the copy.
    var examination: CopyExamination?
    /// How the copy can be compared with its source.
    var content = ContentAccess.none
    var isPresent = true
    var hasRoomBeside = true
    /// Whether a writer's slot is nobody's: tests without threads ask only for writers that they have killed.
    var mayRecover: (_ writer: Int) -> Bool = { _ in true }
    var didRecover: (_ writer: Int) -> Void = { _ in }
    private(set) var bytesWritten = 0
    private(set) var flushes = 0
    private var completed: [CopyCompletion] = []

    init(_ source: TestSource) { self.source = source }

    var target: MemoryCopy { beside ?? copy }

    func submit(_ commands: [CopyCommand]) {
        for command in commands {
            if holds(command) { held.append(command) } else { perform(command) }
        }
    }

    func reap(into completions: inout [CopyCompletion]) {
        completions.append(contentsOf: completed)
        completed.removeAll()
    }

    func release(_ order: ([CopyCommand]) -> [CopyCommand] = { $0 }) {
        let commands = order(held)
        held.removeAll()
        for command in commands { perform(command) }
    }

    /// Performs what is held, in order, for as long as `permits` says so of the next one.
    func release(while permits: (CopyCommand) -> Bool, then spend: (CopyCommand) -> Void) {
        while let next = held.first, permits(next) {
            spend(next)
            perform(held.removeFirst())
        }
    }

    /// The process that drove it is killed: what the kernel had taken lands, or it had taken nothing yet; nobody hears
    /// of it, and a rebuild is nobody's.
    func kill(landing: Bool) {
        if landing { release() }
        held.removeAll()
        completed.removeAll()
        beside = nil
    }

    private func perform(_ command: CopyCommand) {
        completed.append(
            CopyCompletion(token: command.token, result: fails(command).map { .failed($0) } ?? result(of: command)))
    }

    private func result(of command: CopyCommand) -> CopyCompletion.Result {
        do throws(CopyFailure) {
            switch command.operation {
            case .reviveWriter(let writer):
                guard mayRecover(writer) else { return .writerRevived(false) }
                WriterRecovery.recover(slot: writer, in: source.memory, layout: source.layout)
                didRecover(writer)
                return .writerRevived(true)
            case .close:
                beside = nil
                return .done
            default: break
            }
            guard isPresent else { throw CopyFailure(.notFound, errno: 2) }
            switch command.operation {
            case .probe:
                if let examination { return .probed(examination, content) }
                return .probed(
                    try CopyExaminer.examine(copy, expected: source.layout, path: "copy", checksum: testChecksum),
                    content)
            case .format(let slot, let isBeside):
                if isBeside, !hasRoomBeside { throw CopyFailure(.noSpace, errno: 28) }
                let made = isBeside ? MemoryCopy() : copy
                made.bytes = CopyFormatter.header(layout: source.layout, slot: slot, checksum: testChecksum)
                made.bytes.append(contentsOf: [UInt8](repeating: 0, count: source.layout.copyBytes - made.bytes.count))
                if isBeside { beside = made }
            case .publishRebuild:
                copy = beside!
                beside = nil
            case .replay(let slot, let until, let budget):
                return .replayed(
                    try CopyRecovery.replay(
                        target, layout: source.layout, slot: slot, until: until, budget: budget, checksum: testChecksum)
                )
            case .write(let address, let count, let offset):
                try target.write(UnsafeRawBufferPointer(start: address, count: count), at: offset)
                bytesWritten += count
            case .read(let bytes, let count, let offset), .readOnce(let bytes, let count, let offset):
                let room = UnsafeMutableRawBufferPointer(start: bytes, count: count)
                if case .digests(let start) = content, offset >= start {
                    try PageDigest.serve(into: room, at: offset - start, of: source.layout, checksum: testChecksum) {
                        part, place throws(CopyFailure) in try target.read(into: part, at: place)
                    }
                } else {
                    try target.read(into: room, at: offset)
                }
            case .flush: flushes += 1
            case .watch, .close, .reviveWriter: break
            }
            return .done
        } catch { return .failed(error) }
    }
}

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
