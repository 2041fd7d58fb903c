internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// A replicator in sync, with nothing to do.
struct IdleEngine {
    let bytes: Int
    /// How long each look takes.
    let seconds: Double
    let looks: Int

    /// Shares of one processor, one a look, by the kernel's accounting of the replicator's thread.
    func shares() throws -> [Double] {
        let scratch = try Scratch()
        let source = try BenchSource(scratch, bytes: bytes)
        try source.fill()
        let (path, copy, seconds, looks) = (source.file.path, scratch.path("copy"), seconds, looks)
        return try WorkerThread.run(cpu: nil) {
            let deadline = MonotonicClock.now() + UInt64((60 + Double(looks) * seconds) * 1e9)
            var start: (time: UInt64, used: UInt64)?
            var shares: [Double] = []
            var restSince: UInt64 = 0
            var cuts: UInt64 = 0
            var polls = 0
            try Follower.follow(path, [copy], cpu: Processors.replicator) {
                polls &+= 1
                guard polls & 15 == 0 else { return false }
                let now = MonotonicClock.now()
                if let begun = start {
                    guard now - begun.time > UInt64(seconds * 1e9) else { return false }
                    let used = ProcessorTime.ofThread()
                    shares.append(Double(used - begun.used) / Double(now - begun.time))
                    if shares.count == looks { return true }
                    start = (now, used)
                    return false
                }
                // At rest for two seconds: journal swept, sleeps at their longest.
                let seen = source.counters[.cutsCommitted].load() &+ source.counters[.imagesWritten].load()
                if !source.isInSync || seen != cuts || restSince == 0 {
                    cuts = seen
                    restSince = now
                } else if now - restSince > 2_000_000_000 {
                    start = (now, ProcessorTime.ofThread())
                }
                return now > deadline
            }
            guard shares.count == looks else { throw BenchError("the replicator did not come to rest within a minute") }
            return shares
        }
    }
}
