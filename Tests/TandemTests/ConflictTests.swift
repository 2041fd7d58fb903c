import Glibc
import Synchronization
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// A source's memory with a record locked, and what a writer says of it.
@Suite("A record that stays locked is told by name, with who holds it and what to do")
struct ConflictTests {
    private let scratch = Scratch(in: "/dev/shm")
    private let source: SourceDataFile
    private let calls: DataTable<Call>
    private let trunks: DataTable<Trunk>

    init() throws {
        source = try SourceDataFile.create(
            at: scratch.file("exchange"), tables: Exchange.tables, options: Exchange.options)
        calls = try source.table("calls", of: Call.self)
        trunks = try source.table("trunks", of: Trunk.self)
    }

    private func refusal(_ body: () throws(TandemError) -> Void) throws -> TandemError {
        do throws(TandemError) { try body() } catch { return error }
        Issue.record("nothing was refused")
        throw TandemError(.aborted)
    }

    @Test("A second writer of the same thread is told at once, of shared and of partitioned tables")
    func sameThread() throws {
        var first = try source.makeWriter()
        var second = try source.makeWriter()
        for index in [3, 4] {
            let start = MonotonicClock.now()
            let error = try refusal { () throws(TandemError) in
                try first.transaction { change throws(TandemError) in
                    try change.set(calls, at: index, to: Call(1))
                    try change.set(trunks, at: index, to: Trunk(busy: 1))
                    try second.transaction { inner throws(TandemError) in
                        if index == 3 { try inner.set(calls, at: 3, to: Call(2)) }
                        try inner.set(trunks, at: 4, to: Trunk(busy: 2))
                    }
                }
            }
            #expect(MonotonicClock.now() - start < 100_000_000)
            #expect((error.code, error.table, error.index) == (.heldByThisThread, index - 3, index))
            #expect(
                error.description.hasPrefix(
                    """
                    record \(index) of table '\(index == 3 ? "calls" : "trunks")': another writer of this thread, \
                    writer slot 0 (process \(getpid())), holds it
                    """))
        }
        #expect(try calls.read(at: 3) == Call())
        // Both go on as if nothing had been.
        try first.transaction { change throws(TandemError) in try change.set(calls, at: 3, to: Call(3)) }
        try second.transaction { change throws(TandemError) in try change.set(calls, at: 3, to: Call(4)) }
        #expect(try calls.read(at: 3) == Call(4))
    }

    @Test("A writer of another thread that holds a record for longer than a second is named, with the time that passed")
    func inUse() throws {
        for (name, advice) in [("calls", "End transactions quickly"), ("trunks", "Let one writer at a time change")] {
            let isHeld = Flag()
            let thread = OwnThread { [source, calls, trunks] thread in
                do throws(TandemError) {
                    var writer = try source.makeWriter()
                    try writer.transaction { change throws(TandemError) in
                        try change.update(calls, at: 5) { $0.number = 1 }
                        try change.update(trunks, at: 5) { $0.busy = 1 }
                        isHeld.value.store(1, ordering: .releasing)
                        while !thread.isStopping { usleep(100) }
                    }
                } catch { Issue.record("\(error)") }
            }
            while isHeld.value.load(ordering: .acquiring) == 0 { usleep(100) }
            var writer = try source.makeWriter()
            let start = MonotonicClock.now()
            let error = try refusal { () throws(TandemError) in
                try writer.transaction { change throws(TandemError) in
                    if name == "calls" { try change.update(calls, at: 5) { $0.number = 2 } }
                    try change.update(trunks, at: 5) { $0.busy = 2 }
                }
            }
            let seconds = Double(MonotonicClock.now() - start) / 1e9
            thread.stop()
            #expect(error.code == .recordInUse && seconds >= 1)
            let words = error.description.split(separator: " ")
            let said = words.firstIndex(of: "for").flatMap { Double(words[$0 + 1]) } ?? 0
            #expect(said >= 1 && said <= seconds + 0.05)
            #expect(error.description.contains("record 5 of table '\(name)': it has stayed locked by writer slot 0"))
            #expect(error.description.contains("(process \(getpid()))") && error.description.contains(advice))
        }
    }

    @Test("A record that an idle writer's number locks is damage, for writers, readers, the copy and a comparison")
    func idleOwner() throws {
        let station = try FixtureFiles()
        let live = try Live(station)
        let copy = station.copyPath
        #expect(live.run { live.status.copyState == .inSync })
        try live.put(Call(7), at: 0 ..< 10)
        // Live's own writer is slot 0, and in no transaction.
        let view = TableView(layout: live.source.layout.tables[0], memory: live.source.memory)
        view.lockByHand(5, owner: 1)
        var writer = try live.source.makeWriter()
        let error = try refusal { () throws(TandemError) in
            try writer.transaction { change throws(TandemError) in try change.set(live.calls, at: 5, to: Call(9)) }
        }
        #expect((error.code, error.table, error.index) == (.recordDamaged, 0, 5))
        #expect(error.description.contains("it is locked by writer slot 0 (process \(getpid())), which has no"))
        #expect(try live.calls.read(at: 5) == Call(7))
        // Its page is shipped, and then at rest: no cut after cut that leaves it dirty.
        try writer.transaction { change throws(TandemError) in try change.set(live.calls, at: 6, to: Call(9)) }
        #expect(live.run { live.status.dirtyPages == 0 && live.status.cut >= writer.lastCommitEpoch })
        #expect(live.status.counter(.damagedRecords) >= 1)
        let cuts = live.status.counter(.cutsCommitted)
        for _ in 0 ..< 2000 { live.replicator.step() }
        #expect(live.status.counter(.cutsCommitted) <= cuts + 1)
        let verification = try Verification.compare(source: live.source, copy: copy)
        #expect(verification.differences.isEmpty && verification.recordsTooHot == 0)
    }

    @Test("No slot left: the processes that hold them are named, with how many each has")
    func noSlot() throws {
        let boxes = try (0 ..< 4).map { _ in try Box(source) }
        let error = try refusal { () throws(TandemError) in _ = try source.makeWriter() }
        #expect(error.code == .noWriterSlot)
        #expect(error.description.contains("all 4 writer slots are held by running writers: process \(getpid()) has 4"))
        withExtendedLifetime(boxes) {}
    }

    private final class Box {
        var writer: Writer
        init(_ source: SourceDataFile) throws(TandemError) { writer = try source.makeWriter() }
    }

    @Test("A writer slot says the thread that made it, as the kernel numbers threads")
    func thread() throws {
        let number = Flag()
        OwnThread { [source] _ in
            guard let writer = try? source.makeWriter() else { return }
            number.value.store(SourceStatus.read(from: source).writers.first?.thread ?? 0, ordering: .releasing)
            _ = writer.lastCommitEpoch
        }.stop()
        let thread = number.value.load(ordering: .acquiring)
        #expect(thread > 0 && thread != Int(getpid()))
    }

    private final class Flag: Sendable {
        let value = Atomic(0)
    }
}
