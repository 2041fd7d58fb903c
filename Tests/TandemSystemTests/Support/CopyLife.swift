import Glibc
import Synchronization
import TandemCore
import TestSupport

@testable import TandemSystem

/// A copy's life on a real file, from the first probe to its recovery: the engine polled in virtual time, a real driver
/// behind one that spoils an operation. The same steps every time, but for that.
final class CopyLife {
    private let scratch = Scratch(in: "/dev/shm")
    private let layout: FileLayout
    private let source: MappedFile
    private let memory: SourceMemory
    private let area: RuntimeArea
    private let kind: CopyDriverKind
    private let spoiling: Spoiling?
    private let staging: [UnsafeMutableRawBufferPointer]
    private var driver: SpoiledDriver!
    private var agent: Agent!
    private var now: UInt64 = 1_000_000_000
    private var struckAt: UInt64?
    private var transaction: WriterLog
    /// What each record was changed to, in order.
    private var history: [[(epoch: UInt64, value: UInt64)]]
    private var value: UInt64 = 0
    private var lastEpoch: UInt64 = 0
    private(set) var violation: String?

    var operations: Int { driver.count }
    func counter(_ counter: Counter) -> UInt64 { area.replicator[counter].load() }

    private static let step: UInt64 = 1_000_000
    private static let options: EngineOptions = {
        var options = EngineOptions()
        options.durable = true
        options.deadlines.lateAfter = 100_000_000
        options.deadlines.stuckAfter = 2_000_000_000
        options.deadlines.probeIntervalMin = 20_000_000
        options.deadlines.probeIntervalMax = 100_000_000
        options.deadlines.watchInterval = 30_000_000
        options.reclaim.trickleInterval = 40_000_000
        options.deadlines.steadyAfter = 500_000_000
        return options
    }()

    init(_ kind: CopyDriverKind, _ spoiling: Spoiling?) throws {
        self.kind = kind
        self.spoiling = spoiling
        let layout = try FileLayout(
            tables: [TableDefinition(name: "calls", payloadBytes: 48, capacity: 1000, sharing: .shared)],
            writerCount: 1, undoBytes: 1 << 17, journalBytes: 64 << 10)
        self.layout = layout
        source = try MappedFile.create(path: scratch.file("source"), bytes: layout.tablesEnd) { base in
            RuntimeArea(memory: SourceMemory(base: base, layout: layout), layout: layout)
                .initialize(afterCut: 0)
        }
        memory = SourceMemory(base: source.base, layout: layout)
        area = RuntimeArea(memory: memory, layout: layout)
        transaction = WriterLog(memory: memory, writer: 0)
        history = Array(repeating: [], count: 1000)
        staging = [1 << 20, 1 << 20, EngineStaging.stateBytes].map { .allocate(byteCount: $0, alignment: 4096) }
        for region in staging { region.initializeMemory(as: UInt8.self, repeating: 0) }
        try start()
    }

    deinit {
        // The driver first, as its writes come from there.
        agent = nil
        driver = nil
        for region in staging { region.deallocate() }
    }

    /// A replicator's process begins.
    private func start() throws {
        let counted = driver?.count ?? 0
        agent = nil
        driver = nil
        let copy = CopyFile(
            path: scratch.file("copy"), layout: layout, checksum: LinuxChecksum.crc32c, source: source.identity)
        driver = SpoiledDriver(
            try CopyDrivers.choose(kind, copy: copy, source: source, layout: layout, staging: staging).driver, spoiling,
            counted: counted)
        let engine = ReplicationEngine(
            memory: memory, layout: layout, life: Life(Generation(high: 1, low: 2)),
            checksum: LinuxChecksum.crc32c,
            staging: EngineStaging(journal: staging[0], images: staging[1], state: staging[2]), options: Self.options)
        agent = Agent(engine, driver: driver)
    }

    // MARK: The life

    func run() throws {
        for _ in 0 ..< 3 {
            change(0 ..< 40)
            pass(5)
        }
        settle("the first copy")
        for round in 0 ..< 3 {
            change(round * 300 ..< round * 300 + 250)
            pass(10)
        }
        pass(100)
        settle("cuts and sweeps")
        try away { change(5 ..< 25) }
        settle("a short outage")
        try away { change(0 ..< 1000) }
        settle("a long outage")
        change(100 ..< 140)
        pass(1)
        try start()
        settle("another replicator")
        compare()
    }

    private func change(_ records: Range<Int>) {
        let view = TableView(layout: layout.tables[0], memory: memory)
        for index in records {
            value += 1
            for _ in 0 ..< 2 {
                do throws(TandemError) {
                    try transaction.begin()
                    let payload = try transaction.hold(view, index)
                    for word in 0 ..< 6 { payload.storeBytes(of: value, toByteOffset: word * 8, as: UInt64.self) }
                    try transaction.commit()
                    lastEpoch = transaction.lastCommitEpoch
                    history[index].append((lastEpoch, value))
                    break
                } catch { transaction.rollBack() }
            }
        }
    }

    private func away(_ body: () -> Void) throws {
        rename(scratch.file("copy"), scratch.file("away"))
        body()
        pass(60)
        rename(scratch.file("away"), scratch.file("copy"))
    }

    private func pass(_ polls: Int) {
        for _ in 0 ..< polls where violation == nil { poll() }
    }

    private func settle(_ what: String) {
        for _ in 0 ..< 20_000 where violation == nil {
            if agent.engine.phase == .inSync, area.committed.load() >= lastEpoch, area.missed.isEmpty,
                !memory.dirty.mayBeDirty(summaryCount: layout.runtime.summaryCount)
            {
                return
            }
            poll()
        }
        violation = violation ?? "after \(what) the copy is \(agent.engine.phase), \(agent.engine.reason)"
    }

    private func poll() {
        now += Self.step
        agent.poll(at: now)
        guard driver.hasStruck else { return }
        let struck = struckAt ?? now
        struckAt = struck
        if now - struck > 3 * Self.options.deadlines.lateAfter { driver.release() }
        if now - struck > 6 * Self.options.deadlines.lateAfter { driver.isMended = true }
        // Every state right after the fault, then now and then.
        if now - struck < 20 * Self.step || now / Self.step % 40 == 0 { examine() }
    }

    // MARK: What a promotion would find

    private func examine() {
        let name = scratch.byteCount("copy") >= 0 ? "copy" : "away"
        let bytes = scratch.read(name, count: max(scratch.byteCount(name), 0))
        guard let (clone, cut) = recovered(bytes) else {
            if agent.engine.phase == .inSync { violation = "in sync, and not promotable" }
            return
        }
        if cut < area.committed.load() {
            violation = "cut \(area.committed.load()) was acknowledged, the copy has \(cut)"
        }
        let table = layout.tables[0]
        for index in 0 ..< table.capacity {
            let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
            let wanted: UInt64 = history[index].last { $0.epoch <= cut }?.value ?? 0
            let isRight = clone.bytes.withUnsafeBytes { raw -> Bool in
                let slot = raw.baseAddress! + offset
                guard PageImage.isSealed(table, index, at: slot, checksum: LinuxChecksum.crc32c) else { return false }
                return (0 ..< 6).allSatisfy { word in (slot + 16 + word * 8).load(as: UInt64.self) == wanted }
            }
            if !isRight { violation = "record \(index) is not that of cut \(cut)" }
        }
    }

    private func recovered(_ bytes: [UInt8]) -> (Clone, UInt64)? {
        let clone = Clone(bytes)
        guard
            case .copy(let slot, let end?) = try? CopyExaminer.examine(
                clone, expected: layout, path: "copy", checksum: LinuxChecksum.crc32c),
            let found = try? CopyRecovery.apply(clone, layout: layout, slot: slot, checksum: LinuxChecksum.crc32c),
            found.end == end
        else { return nil }
        return (clone, end.cut)
    }

    private func compare() {
        guard violation == nil else { return }
        examine()
        guard let (_, cut) = recovered(scratch.read("copy", count: layout.copyBytes)), cut >= lastEpoch else {
            violation = violation ?? "the copy lacks the last changes"
            return
        }
    }
}

/// A file's bytes at one moment.
final class Clone: CopyBytes {
    private(set) var bytes: [UInt8]
    var count: Int { bytes.count }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + destination.count <= bytes.count else {
            throw CopyFailure(.inputOutput, errno: EIO)
        }
        destination.copyBytes(from: bytes[offset ..< offset + destination.count])
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + source.count <= bytes.count else { throw CopyFailure(.noSpace, errno: ENOSPC) }
        bytes.replaceSubrange(offset ..< offset + source.count, with: source)
    }
}
