import Glibc
import Synchronization
import TandemSystem
import TestSupport
import Testing

/// How a sleep ended: woken, or not; nil while it lasts.
private final class Sleep: Sendable {
    let isWoken = Mutex<Bool?>(nil)
}

@Suite struct EnvironmentTests {
    @Test func `Monotonic time moves on and wall time is of this century`() {
        let before = MonotonicClock.now()
        #expect(MonotonicClock.now() >= before)
        #expect(WallClock.now() > 1_600_000_000_000_000_000)
    }

    @Test func `A sleeper wakes when told, looks when the word differs, and gives up in time`() throws {
        let scratch = Scratch()
        let file = try MappedFile.create(path: scratch.file("words"), bytes: 4096) { _ in }
        #expect(Futex.wait(word: file.base, whileLow32Equals: 1, nanoseconds: 10_000_000_000) == .look)
        #expect(Futex.wait(word: file.base, whileLow32Equals: 0, nanoseconds: 1_000_000) == .timedOut)
        // On a thread of its own: one of the pool may be kept waiting for longer than the sleeper sleeps.
        let sleep = Sleep()
        let sleeper = OwnThread { _ in
            let end = Futex.wait(word: file.base, whileLow32Equals: 0, nanoseconds: 60_000_000_000)
            sleep.isWoken.withLock { $0 = end == .look }
        }
        while sleep.isWoken.withLock({ $0 }) == nil {
            _ = Futex.wakeAll(word: file.base)
            usleep(100)
        }
        sleeper.stop()
        #expect(sleep.isWoken.withLock { $0 } == true)
    }

    @Test func `Placement is done, or says why not`() throws {
        let scratch = Scratch(in: "/dev/shm")
        #expect(NUMA.nodeCount >= 1)
        #expect((0 ..< 1024).contains(NUMA.currentNode))
        let file = try MappedFile.create(path: scratch.file("pages"), bytes: 1 << 20, placement: .node(0)) { _ in }
        #expect(file.populate())
        #expect(NUMA.bind(memory: file.base, byteCount: file.byteCount, node: 4000) != .placed)
        #expect(NUMA.bind(memory: file.base, byteCount: file.byteCount, node: .max) != .placed)
        if NUMA.nodeCount == 1 {
            #expect(
                NUMA.interleave(memory: file.base, byteCount: file.byteCount)
                    == .unavailable(reason: "this machine has one memory node"))
        }
        #expect(CurrentThread.pin(toCPU: 1 << 40) != .placed)
        #expect(CurrentThread.pin(toCPU: -1) != .placed)
    }
}
