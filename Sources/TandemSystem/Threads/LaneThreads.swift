package import TandemCore

/// Lanes on threads of their own, each pinned where it was told to run.
///
/// They give way: a lane gets a tenth of a processor that a writer wants. What it does not come to the engine's thread
/// does, as it is late then. Not less than that: a copy is not let go, and no replicator ends, before it has answered.
///
/// *Threads:* the engine's. It ends them, and they have ended, before any memory goes that a job may name.
package final class LaneThreads: LanePool {
    private typealias Ring = JobRing<LaneJob, LaneAnswer>
    private let rings: [Ring]
    private let threads: [DetachedThread]

    /// - Parameters:
    ///   - cpus: processors for the lanes, in turn. None: they run anywhere but on `engine`.
    ///   - engine: the processor of the engine's thread; nil where it is not pinned.
    /// - Returns: nil where no thread is to be had.
    package init?(
        count: Int, cpus: [Int], engine: Int?, memory: SourceMemory, layout: FileLayout, checksum: Checksum
    ) {
        precondition(LaneDesk.jobsMax <= Ring.placeCount)
        var rings: [Ring] = []
        var threads: [DetachedThread] = []
        for number in 0 ..< count {
            let ring = Ring()
            let thread = DetachedThread(named: "tandem-lane-\(number)") {
                if cpus.isEmpty {
                    if let engine { CurrentThread.avoid(cpu: engine) }
                } else {
                    CurrentThread.pin(toCPU: cpus[number % cpus.count])
                }
                CurrentThread.giveWay()
                var reader = LaneReader(memory: memory, layout: layout, checksum: checksum)
                while let job = ring.next() { ring.answer(reader.perform(job)) }
            }
            guard let thread else { break }
            rings.append(ring)
            threads.append(thread)
        }
        (self.rings, self.threads) = (rings, threads)
        if rings.count < count { return nil }
    }

    package func submit(_ jobs: [LaneJob]) { for job in jobs { rings[job.lane].post(job) } }

    package func reap(into answers: inout [LaneAnswer]) { for ring in rings { ring.take(into: &answers) } }

    deinit {
        for ring in rings { ring.end() }
        for thread in threads { while !thread.hasEnded { Pause.milliseconds(1) } }
    }
}
