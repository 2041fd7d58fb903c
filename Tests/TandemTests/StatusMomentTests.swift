import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// A replicator's words that move while they are read, as they do on a busy machine: a thread moves them all the time.
@Suite("Moments that status tells of", .serialized)
struct StatusMomentTests {
    private let scratch = Scratch(in: "/dev/shm")

    /// A source that a replicator of this test's own holds, and whose words it keeps.
    private func source() throws -> (SourceDataFile, SlotLock) {
        let source = try SourceDataFile.create(
            at: scratch.file("source"),
            tables: [TableDefinition(name: "t", payloadBytes: 16, capacity: 100, sharing: .shared)])
        let lock = try #require(try SlotLock.tryAcquire(file: source.file, byte: source.layout.lockByteOfEngine))
        source.area.replicator[.state].store(CopyState.inSync.rawValue)
        // Something is always dirty, so that an age is told.
        source.memory.dirty.mark(source.layout.tables[0].firstPage)
        return (source, lock)
    }

    @Test("No moment is in the future, and a replicator that polls answers, however readers and it are interleaved")
    func neverAhead() throws {
        let (source, lock) = try source()
        defer { withExtendedLifetime(lock) {} }
        let block = source.area.replicator
        nonisolated(unsafe) let words = block
        words[.heartbeat].store(MonotonicClock.now())
        let replicator = OwnThread { thread in
            while !thread.isStopping {
                for field in [ReplicatorBlock.Field.cutOpened, .since, .syncStarted, .heartbeat] {
                    words[field].storeReleasing(MonotonicClock.now())
                }
            }
        }
        defer { replicator.stop() }
        while block[.cutOpened].load() == 0 { Pause.milliseconds(1) }
        var silent = 0, ahead = 0
        for _ in 0 ..< 3000 {
            let status = SourceStatus.read(from: source)
            if !status.isReplicatorAlive { silent += 1 }
            if status.ageMicroseconds.map({ $0 < 0 }) ?? true { ahead += 1 }
            if status.secondsInState < 0 || status.bulkSeconds < 0 { ahead += 1 }
        }
        #expect(silent == 0 && ahead == 0)
    }

    @Test("A copy is said to be the present only when nothing was dirty and nothing under way at one moment")
    func present() throws {
        let (source, lock) = try source()
        defer { withExtendedLifetime(lock) {} }
        source.area.replicator[.heartbeat].store(MonotonicClock.now())
        source.area.replicator[.cutOpened].store(1)
        let page = source.layout.tables[0].firstPage
        let area = source.area
        // What is dirty is taken for a cut, comes to nothing, and is dirty again: always one of the two.
        let engine = OwnThread { thread in
            var pages: [PageWord] = []
            while !thread.isStopping {
                area.epoch.add(1)
                pages.removeAll(keepingCapacity: true)
                area.memory.dirty.take(
                    below: .max, wordCount: area.layout.runtime.wordCount, into: area.taken, pages: &pages)
                for word in pages { area.memory.dirty.restore(word) }
                area.taken.remove(page)
                area.replicator[.heartbeat].store(MonotonicClock.now())
            }
        }
        defer { engine.stop() }
        var present = 0
        for _ in 0 ..< 20_000 where SourceStatus.read(from: source).ageMicroseconds == 0 { present += 1 }
        #expect(present == 0)
    }
}
