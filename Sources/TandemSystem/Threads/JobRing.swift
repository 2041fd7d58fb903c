internal import Synchronization
internal import TandemCore

/// What goes between the engine's thread and one beside it, a lane's or a reader's: jobs one way, their answers back,
/// in order.
///
/// A ring of places. A job and its answer have the same one, and the other thread has at most `placeCount` jobs, so no
/// place is used again before its answer has been taken.
///
/// *Threads:* `post` and `take` are the engine's, `next`, `answer` and `sleep` the other's.
package final class JobRing<Job: BitwiseCopyable, Answer: BitwiseCopyable>: @unchecked Sendable {
    /// Jobs that may be out at a time.
    package static var placeCount: Int { 8 }
    private static var mask: UInt64 { UInt64(placeCount - 1) }
    /// Each word has a line of its own, and so has the neighbour that the processor fetches with it.
    private static var lineBytes: Int { 128 }

    private let jobs = UnsafeMutablePointer<Job>.allocate(capacity: placeCount)
    private let answers = UnsafeMutablePointer<Answer>.allocate(capacity: placeCount)
    private let words = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * lineBytes, alignment: lineBytes)
    /// Jobs ever posted, and ever answered.
    private let posted: SharedWord
    private let answered: SharedWord
    /// 1 while the other thread sleeps, or is about to.
    private let isAsleep: SharedWord
    private let isEnding: SharedWord
    // The engine's.
    private var lastPosted: UInt64 = 0
    private var taken: UInt64 = 0
    // The other thread's.
    private var performed: UInt64 = 0

    package init() {
        words.initializeMemory(as: UInt8.self, repeating: 0)
        let base = words.baseAddress!
        posted = SharedWord(base)
        answered = SharedWord(base + Self.lineBytes)
        isAsleep = SharedWord(base + 2 * Self.lineBytes)
        isEnding = SharedWord(base + 3 * Self.lineBytes)
    }

    deinit {
        jobs.deallocate()
        answers.deallocate()
        words.deallocate()
    }

    // MARK: The engine's side

    /// Jobs that are not answered, or whose answers have not been taken.
    package var jobsOut: Int { Int(lastPosted - taken) }

    package func post(_ job: Job) {
        precondition(jobsOut < Self.placeCount, "a job for which there is no place")
        jobs[Int(lastPosted & Self.mask)] = job
        lastPosted += 1
        // Release: the job is whole before it is counted, seen by `next`.
        posted.storeReleasing(lastPosted)
        wake()
    }

    package func take(into all: inout [Answer]) {
        // Acquire: the count is read before the answers, and before the pages that they speak of, against `answer`.
        let count = answered.loadAcquiring()
        while taken < count {
            all.append(answers[Int(taken & Self.mask)])
            taken += 1
        }
    }

    /// The other thread returns when it has answered what it has.
    package func end() {
        // Release: what was posted is counted before the end is said, seen by `next`.
        isEnding.storeReleasing(1)
        wake()
    }

    private func wake() {
        // What was posted is seen before `isAsleep` is looked at, against one that says first that it sleeps and
        // then looks for jobs: one of the two sees the other.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard isAsleep.load() != 0 else { return }
        isAsleep.store(0)
        Futex.wakeAll(word: words.baseAddress! + 2 * Self.lineBytes)
    }

    // MARK: The other thread's side

    /// The next job, once there is one; nil: there will be none.
    package func next() -> Job? {
        var spins = 0
        // Acquire: the count is read before the job, against `post`.
        while posted.loadAcquiring() == performed {
            // Acquire: the end is seen before it is asked once more for jobs, against `end` behind the last `post`.
            if isEnding.loadAcquiring() != 0, posted.load() == performed { return nil }
            spins += 1
            if spins < Self.spinsMax { SpinHint.pause() } else { sleep() }
        }
        return jobs[Int(performed & Self.mask)]
    }

    /// Some 20 µs: an engine that writes hands out the next job in about as much.
    private static var spinsMax: Int { 500 }

    package func answer(_ answer: Answer) {
        answers[Int(performed & Self.mask)] = answer
        performed += 1
        // Release: the pages and the answer are whole before it is counted, seen by `take`.
        answered.storeReleasing(performed)
    }

    private func sleep() {
        isAsleep.store(1)
        // As in `wake`.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if posted.load() == performed, isEnding.load() == 0 {
            _ = Futex.wait(
                word: words.baseAddress! + 2 * Self.lineBytes, whileLow32Equals: 1, nanoseconds: 1_000_000_000)
        }
        isAsleep.store(0)
    }
}
