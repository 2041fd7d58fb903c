import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// One way in which a process that shares the memory spoils it.
///
/// Allowed: the records that were scribbled on are spoiled, and their writers get errors. Not allowed: that the
/// replicator crashes, hangs or writes elsewhere, that a writer hangs, or that the other records' changes do not
/// arrive.
struct Scribble: Sendable, CustomTestStringConvertible {
    let name: String
    /// Records that must be counted as damaged.
    let damaged: UInt64
    let spoil: @Sendable (Spoiler) -> Void

    init(_ name: String, damaged: UInt64 = 0, spoil: @escaping @Sendable (Spoiler) -> Void) {
        self.name = name
        self.damaged = damaged
        self.spoil = spoil
    }

    var testDescription: String { name }

    /// Records 5 to 13 and page 1 of `calls` are the ones to be spoiled.
    static let table: [Scribble] = [
        Scribble("header: an owner that does not exist", damaged: 1) { $0.header(5, 0xFFFF) },
        Scribble("header: an owner that does not exist, on every record of a page", damaged: 5) {
            for record in 0 ..< 14 { $0.header(record, 0xFFF0) }
        },
        Scribble("header: a slot that nobody has used") { $0.header(5, 4) },
        Scribble("header: a living writer that is idle") { $0.header(5, 1) },
        Scribble("header: nonsense in all bits", damaged: 1) { $0.header(5, .max) },
        Scribble("header: an epoch from the future", damaged: 1) { $0.epoch(5, .max) },
        Scribble("header: the epoch after the next", damaged: 1) { $0.epoch(5, $0.area.epoch.load() + 1_000_000) },
        Scribble("header: an epoch from the past") { $0.epoch(5, 0) },
        Scribble("record: random bytes") { $0.randomRecord(5) },
        Scribble("page: random bytes") {
            $0.random($0.layout.tables[0].offset + 4096, 4096); $0.dirty(1)
        },
        Scribble("payload: random bytes") { $0.randomPayload(5) },
        Scribble("status: a state that does not exist") {
            $0.writer(3).statusWord = 77 << 3 | 7; $0.header(5, 4)
        },
        Scribble("status: all ones") {
            $0.writer(3).statusWord = .max; $0.header(5, 4)
        },
        Scribble("status: committing, by nobody") {
            $0.writer(3).statusWord = 77 << 3 | 2; $0.header(5, 4)
        },
        Scribble("status: committed in the future, by nobody") {
            $0.writer(3).statusWord = 77 << 3 | 3; $0.writer(3).commitEpochWord = .max; $0.header(5, 4)
        },
        Scribble("status: committed long ago, by nobody") {
            $0.writer(3).statusWord = 77 << 3 | 3; $0.writer(3).commitEpochWord = 0; $0.header(5, 4)
        },
        Scribble("status: a living writer's") { $0.writer(0).statusWord = .max },
        Scribble("undo position: beyond the log") {
            $0.writer(3).undoPositionWord = .max; $0.header(5, 4)
        },
        Scribble("undo position: a living writer's") { $0.writer(0).undoPositionWord = .max },
        Scribble("undo position: kept beyond count") {
            $0.writer(3).undoPositionWord = 60 << 28 | 3; $0.header(5, 4)
        },
        Scribble("undo log: random entries, counted and active") { spoiler in
            spoiler.randomUndo(3)
            spoiler.writer(3).undoPositionWord = 64
            spoiler.writer(3).statusWord = 77 << 3 | 1
            for record in 5 ..< 14 { spoiler.header(record, 4) }
        },
        Scribble("undo log: random entries, kept") { spoiler in
            spoiler.randomUndo(3)
            spoiler.writer(3).undoPositionWord = 64 << 28 | 64
            for record in 5 ..< 14 { spoiler.header(record, 4) }
        },
        Scribble("undo log: an entry whose payload lies outside") { spoiler in
            spoiler.undoWord(3, UndoOffset.name, 5 << 32 | 0xFFF0 << 16)
            spoiler.undoWord(3, UndoOffset.commitEpoch, .max)
            spoiler.undoWord(3, UndoOffset.transaction, 77)
            spoiler.writer(3).undoPositionWord = 0xFFF_FFFF
            spoiler.writer(3).statusWord = 77 << 3 | 1
            spoiler.header(5, 4)
        },
        Scribble("undo log: a living writer's entries") { $0.randomUndo(0) },
        Scribble("undo log: its segments lead round and round") { spoiler in
            for (segment, next) in [(3, 5), (5, 6), (6, 5)] { spoiler.segment(segment, leadsTo: next, of: 3) }
            for segment in [3, 5, 6] { spoiler.endSegment(segment) }
            spoiler.writer(3).undoPositionWord = 0xFFF_FFFF
            spoiler.writer(3).statusWord = 77 << 3 | 1
            spoiler.header(5, 4)
        },
        Scribble("undo log: its segments lead to a living writer's home, and out of the file") { spoiler in
            spoiler.segment(3, leadsTo: 0, of: 3)
            spoiler.segment(0, leadsTo: 0xFF_FFFE, of: 3)
            for segment in [0, 3] { spoiler.endSegment(segment) }
            spoiler.writer(3).undoPositionWord = 0xFFF_FFFF
            spoiler.writer(3).statusWord = 77 << 3 | 1
            spoiler.header(5, 4)
        },
        Scribble("undo log: it is said to stand in a segment that does not exist") { spoiler in
            spoiler.writer(3).keptSegmentWord = .max
            spoiler.writer(3).undoPositionWord = 64
            spoiler.writer(3).statusWord = 77 << 3 | 1
            spoiler.header(5, 4)
        },
        Scribble("undo room: every segment is somebody's") {
            $0.fill($0.layout.runtime.segmentWords, $0.layout.undoSegments * 8, 2)
        },
        Scribble("undo room: random owners and links") {
            $0.random($0.layout.runtime.segmentWords, $0.layout.undoSegments * 8)
        },
        Scribble("undo room: nobody's, under a living writer's hands") {
            $0.fill($0.layout.runtime.segmentWords, $0.layout.undoSegments * 8, 0)
        },
        Scribble("dirty bits: all, those of pages that do not exist as well") {
            $0.fill($0.layout.runtime.dirty, $0.layout.runtime.wordCount * 8, .max)
        },
        Scribble("dirty bits: none") { $0.fill($0.layout.runtime.dirty, $0.layout.runtime.wordCount * 8, 0) },
        Scribble("summary bits: all") { $0.fill($0.layout.runtime.dirtySummary, 4096, .max) },
        Scribble("map of changes: nothing") {
            $0.fill($0.layout.runtime.changes, $0.layout.pageCount * ChangeMap.bytesPerPage, 0)
        },
        Scribble("map of changes: everything, in any bytes") {
            $0.random($0.layout.runtime.changes, $0.layout.pageCount * ChangeMap.bytesPerPage)
        },
        Scribble("taken bits: all") {
            $0.fill($0.layout.runtime.copies[0].taken, $0.layout.runtime.wordCount * 8, .max)
        },
        Scribble("owed bits: all, those of pages that do not exist as well") {
            $0.fill($0.layout.runtime.copies[0].owed, $0.layout.runtime.wordCount * 8, .max)
        },
        Scribble("missed bits: all") {
            $0.fill($0.layout.runtime.copies[0].missed, $0.layout.runtime.wordCount * 8, .max)
        },
        Scribble("bitmaps: random") {
            $0.random($0.layout.runtime.dirty, $0.layout.runtime.writers - $0.layout.runtime.dirty)
            let copy = $0.layout.runtime.copies[0]
            $0.random(copy.taken, copy.missed - copy.taken + $0.layout.runtime.wordCount * 8)
        },
        Scribble("descriptors: random") { $0.random($0.layout.runtime.copies[0].descriptors, 512) },
        Scribble("replicator's words: random") { $0.random($0.layout.runtime.copies[0].replicator, 2048) },
        Scribble("writer slots: random") { $0.random($0.layout.runtime.writers + 256, 3 * 256) },
        Scribble("control: epoch 0, and a record from the future", damaged: 1) {
            $0.area.epoch.store(0); $0.epoch(5, .max)
        },
        Scribble("control: the last epoch", damaged: 1) { $0.area.epoch.store(.max) },
        Scribble("control: an epoch of yesterday", damaged: 1) { $0.area.epoch.store(3) },
        Scribble("control: an epoch of tomorrow", damaged: 1) {
            $0.area.epoch.store($0.area.epoch.load() + 1_000_000_000)
        },
        Scribble("control: everything captured") { $0.area.captured.store(.max) },
        Scribble("control: nothing captured") { $0.area.captured.store(0) },
        Scribble("control: abandoned for ever") { $0.area.abandoned.store(.max) },
        Scribble("control: everything committed") { $0.area.committed.store(.max) },
        Scribble("control: nothing committed or shipped") {
            let area = $0.area
            for word in [area.committed, area.shipping, area.replicator.committed, area.replicator.shipping] {
                word.store(0)
            }
        },
        Scribble("control: attention of no meaning") { $0.area.attention.store(~(2 | 8)) },
        Scribble("control: waiters without number") { $0.area.waiters.store(.max) },
        Scribble("control: an epoch that will not come is wanted") { $0.area.wanted.store(.max) },
        Scribble("control: not ready") { $0.area.ready.store(0) },
    ]
}

/// Writes where nobody should.
final class Spoiler {
    let layout = StationLayout.layout
    let area: RuntimeArea
    private let memory: SourceMemory
    private var seed: UInt64 = 1

    init(_ source: SourceDataFile) {
        area = source.area
        memory = source.memory
    }

    private var table: TableView { TableView(layout: layout.tables[0], memory: memory) }
    func writer(_ number: Int) -> WriterSlot { memory.writer(number) }

    func dirty(_ page: Int) { memory.dirty.mark(page) }

    func header(_ index: Int, _ owner: UInt64) {
        table.lockByHand(index, owner: owner)
        dirty(layout.tables[0].page(of: index))
    }

    func epoch(_ index: Int, _ epoch: UInt64) {
        table.setEpochByHand(index, epoch)
        dirty(layout.tables[0].page(of: index))
    }

    func randomRecord(_ index: Int) {
        random(StationLayout.offset(ofCall: index), 64)
        dirty(layout.tables[0].page(of: index))
    }

    func randomPayload(_ index: Int) {
        random(StationLayout.offset(ofCall: index) + 16, 48)
        dirty(layout.tables[0].page(of: index))
    }

    func randomUndo(_ writer: Int) {
        random(layout.runtime.segments + writer * layout.undoSegmentBytes, layout.undoSegmentBytes)
    }

    /// Writes to the first entry in the writer's home.
    func undoWord(_ writer: Int, _ offset: Int, _ value: UInt64) {
        (memory.base + layout.runtime.segments + writer * layout.undoSegmentBytes).word(at: offset).store(value)
    }

    func segment(_ number: Int, leadsTo next: Int, of writer: Int) {
        (memory.base + layout.runtime.segmentWords).word(at: number * 8).store(UInt64((next + 1) << 16 | (writer + 1)))
    }

    func endSegment(_ number: Int) { undoWord(number, UndoOffset.name, 0xFFFF) }

    func fill(_ offset: Int, _ count: Int, _ value: UInt64) {
        for place in stride(from: 0, to: count, by: 8) { (memory.base + offset).word(at: place).store(value) }
    }

    func random(_ offset: Int, _ count: Int) {
        for place in stride(from: 0, to: count, by: 8) {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            (memory.base + offset).word(at: place).store(seed ^ seed >> 29)
        }
    }
}

/// Each in a process of its own with an alarm clock, so that a crash or a hang is this case's and no other's.
@Suite("P6: scribbled memory spoils what was scribbled on", .serialized)
struct ScribbleTests {
    @Test(
        "P6: whatever is scribbled over, the engine goes on and the other records arrive",
        arguments: Scribble.table.indices)
    func goesOn(_ number: Int) async throws {
        let station = try FixtureFiles()
        let result = await #expect(
            processExitsWith: .success, observing: [\.standardErrorContent], "\(Scribble.table[number].name)"
        ) { [number, path = station.scratch.path as String] in
            alarm(40)
            try survive(Scribble.table[number], in: FixtureFiles(madeAt: path))
        }
        if let result, !result.exitStatus.isSuccess {
            print(
                Scribble.table[number].name, String(decoding: result.standardErrorContent.suffix(2000), as: UTF8.self))
        }
    }
}

extension ExitStatus {
    fileprivate var isSuccess: Bool { self == .exitCode(0) }
}

private func survive(_ scribble: Scribble, in station: FixtureFiles) throws {
    let source = try SourceDataFile.open(at: station.sourcePath)
    // A life that has lasted a while, so that an epoch of yesterday is far away.
    source.area.epoch.store(1_000_000_000)
    let live = try Live(source: source, copy: station.copyPath)
    try live.put(Call(10), at: 0 ..< 20)
    precondition(live.run { live.isInSync && live.isReplicated }, "not in sync at the beginning: \(live.log.all)")
    let before = live.damagedRecords
    scribble.spoil(Spoiler(live.source))

    // Others' records: of the next page, and of the last.
    for value in 11 ... 40 as ClosedRange<UInt64> {
        try live.put(Call(value), at: 200 ..< 205)
        try live.put(Call(value), at: 990 ..< 1000)
        for _ in 0 ..< 20 { live.replicator.step() }
    }
    var last = "nothing read"
    let end = MonotonicClock.now() + 20_000_000_000
    while !arrived(station, &last) {
        precondition(
            MonotonicClock.now() < end,
            "\(scribble.name): \(last); \(live.status.state), \(live.status.reason); log: \(live.log.all)")
        for _ in 0 ..< 200 { live.replicator.step() }
    }
    // Once more, now that it has dealt with it.
    try live.put(Call(50), at: 200 ..< 205)
    precondition(
        live.run { live.status.copyState == .inSync && arrived(station, &last, 50) },
        "\(scribble.name), afterwards: \(last)")
    precondition(
        live.damagedRecords >= before &+ scribble.damaged,
        "\(scribble.name): \(live.damagedRecords &- before) damaged records counted")
}

/// Whether a promotion at this moment would give the others' records.
private func arrived(_ station: FixtureFiles, _ last: inout String, _ value: UInt64 = 40) -> Bool {
    station.scratch.write(station.scratch.bytes(of: "copy"), to: "clone")
    station.scratch.remove("promoted")
    do {
        let certificate = try Promotion.promote(
            copy: station.scratch.file("clone"), to: station.scratch.file("promoted"))
        let calls = try SourceDataFile.open(at: station.scratch.file("promoted")).table("calls", of: Call.self)
        let found = try [200, 204, 990, 999].map { try calls.read(at: $0).number }
        last = "cut \(certificate.cut) holds \(found)"
        return found == [value, value, value == 50 ? 40 : value, value == 50 ? 40 : value]
    } catch {
        last = "\(error)"
        return false
    }
}
