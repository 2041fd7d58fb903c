internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// A replicator in sync, with nothing to do.
struct IdleEngine {
    let bytes: Int
    let seconds: Double

    /// The share of one processor, by the kernel's accounting of the replicator's thread.
    func share() throws -> Double {
        let scratch = try Scratch()
        let source = try BenchSource(scratch, bytes: bytes)
        source.fill()
        let (path, copy, seconds) = (source.file.path, scratch.path("copy"), seconds)
        return try WorkerThread.run(cpu: nil) {
            let begin = MonotonicClock.now()
            var start: (time: UInt64, used: UInt64)?
            var end: (time: UInt64, used: UInt64)?
            var restSince: UInt64 = 0
            var cuts: UInt64 = 0
            var polls = 0
            try Follower.follow(path, copy, cpu: Processors.replicator) {
                polls &+= 1
                guard polls & 15 == 0 else { return false }
                let now = MonotonicClock.now()
                if let start {
                    guard now - start.time > UInt64(seconds * 1e9) else { return false }
                    end = (now, ThreadTime.now())
                    return true
                }
                // At rest for two seconds: journal swept, sleeps at their longest.
                let seen = source.counters[.cutsCommitted].load() &+ source.counters[.imagesWritten].load()
                if !source.isInSync || seen != cuts || restSince == 0 {
                    cuts = seen
                    restSince = now
                } else if now - restSince > 2_000_000_000 {
                    start = (now, ThreadTime.now())
                }
                return now - begin > 60_000_000_000
            }
            guard let start, let end else { throw BenchError("the replicator did not come to rest within a minute") }
            return Double(end.used - start.used) / Double(end.time - start.time)
        }
    }
}
