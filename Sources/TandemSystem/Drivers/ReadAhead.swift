internal import Glibc
internal import TandemCore

/// What a comparison reads of a copy, read on a thread beside the engine's, which compares what has come meanwhile.
///
/// It gives way, as lanes do, so it may come to nothing where writers want all processors. So it has two reads at most,
/// and whenever nothing has come the engine's thread makes the next read itself. A read of which nothing is heard for
/// half a millisecond is waited for, as it may still fill its memory; then the thread rests, longer each time.
///
/// *Threads:* the engine's. There is none beside it before the first read, nor once something else is asked for.
final class ReadAhead {
    struct Read: BitwiseCopyable {
        /// The chunk that is compared has it.
        let number: Int
        let room: UnsafeMutableRawBufferPointer
        let offset: Int
        /// Open for as long as the read is under way.
        let descriptor: Int32
        /// The page cache need not keep it.
        let isForOnce: Bool
    }

    struct Outcome: BitwiseCopyable {
        let number: Int
        /// The kernel's error number; 0: it has been read.
        let errno: Int32
    }

    /// Makes a read; returns the kernel's error number, or 0.
    typealias Reader = @Sendable (Read) -> Int32

    /// The next one is there when one is over. More would be waited for where the thread does not get on.
    static let readsOutMax = 2
    static let patience: UInt64 = 500_000
    static let rests: ClosedRange<UInt64> = 10_000_000 ... 640_000_000

    private let reader: Reader
    private let clock: () -> UInt64
    /// The thread that made this has them, which is not pinned yet. Nil: there is no processor for a second one.
    private let cpus = CurrentThread.processorCount > 1 ? CurrentThread.allowed : nil
    /// The thread's, while there is one.
    private var ring: JobRing<Read, Outcome>?
    /// Nobody has begun them.
    private var waiting = Backlog<Read>()
    private var outcomes: [Outcome] = []
    private var lastHeard: UInt64 = 0
    private var restsUntil: UInt64 = 0
    private var rest = rests.lowerBound

    init(clock: @escaping () -> UInt64 = MonotonicClock.now, by reader: @escaping Reader) {
        self.clock = clock
        self.reader = reader
        outcomes.reserveCapacity(Self.readsOutMax)
    }

    // What is read goes to memory that is given back behind this.
    deinit { finish { _ in } }

    var isIdle: Bool { ring == nil && waiting.first == nil }

    func submit(_ read: Read) {
        waiting.append(read)
        handOut()
    }

    /// What has been read since; or what comes next, read now.
    func take(_ body: (Outcome) -> Void) {
        if !takeHeard(body) {
            if let read = nextWaiting() { body(made(read)) } else { noteSilence() }
        }
        handOut()
    }

    /// Makes all reads, waits for those that are under way, and ends the thread.
    func finish(_ body: (Outcome) -> Void) {
        while let read = nextWaiting() { body(made(read)) }
        while let ring, ring.jobsOut > 0 { if !takeHeard(body) { sched_yield() } }
        ring?.end()
        ring = nil
    }

    private func made(_ read: Read) -> Outcome { Outcome(number: read.number, errno: reader(read)) }

    private func nextWaiting() -> Read? {
        guard let read = waiting.first else { return nil }
        waiting.removeFirst()
        return read
    }

    // MARK: The thread beside

    /// False when nothing has come.
    private func takeHeard(_ body: (Outcome) -> Void) -> Bool {
        outcomes.removeAll(keepingCapacity: true)
        ring?.take(into: &outcomes)
        guard !outcomes.isEmpty else { return false }
        for outcome in outcomes { body(outcome) }
        lastHeard = clock()
        if lastHeard >= restsUntil { rest = Self.rests.lowerBound }
        return true
    }

    private func handOut() {
        guard waiting.first != nil, clock() >= restsUntil, let ring = ring ?? begin() else { return }
        if ring.jobsOut == 0 { lastHeard = clock() }
        while ring.jobsOut < Self.readsOutMax, let read = nextWaiting() { ring.post(read) }
    }

    /// Nil where there is no processor beside the engine's, or no thread.
    private func begin() -> JobRing<Read, Outcome>? {
        guard let cpus else { return nil }
        let ring = JobRing<Read, Outcome>()
        let engine = CurrentThread.pinnedCPU
        let thread = DetachedThread(named: "tandem-reader") { [reader] in
            CurrentThread.run(on: cpus, avoiding: engine)
            CurrentThread.giveWay()
            while let read = ring.next() { ring.answer(Outcome(number: read.number, errno: reader(read))) }
        }
        guard thread != nil else { return nil }
        self.ring = ring
        return ring
    }

    /// What the thread has is all that there is to wait for.
    private func noteSilence() {
        let now = clock()
        guard let ring, ring.jobsOut > 0, now >= restsUntil, now &- lastHeard > Self.patience else { return }
        restsUntil = now &+ rest
        rest = min(rest * 2, Self.rests.upperBound)
    }
}

extension ReadAhead {
    /// Reads a copy's bytes, and has the source's pages mapped that they are going to be compared with: two fifths of
    /// the time that one thread needs for all of it.
    static func ofCopy(beside source: MappedFile) -> Reader {
        { read in
            // The layout is the same.
            let bytes = (read.offset ..< read.offset + read.room.count).clamped(to: 0 ..< source.byteCount)
            for place in stride(from: bytes.lowerBound, to: bytes.upperBound, by: PageTouch.broughtTogether) {
                PageTouch.read(source.base + place)
            }
            let errno = readAll(read.descriptor, into: read.room, at: read.offset)
            // Where it stays nothing is lost but room.
            if read.isForOnce {
                posix_fadvise(read.descriptor, off_t(read.offset), off_t(read.room.count), POSIX_FADV_DONTNEED)
            }
            return errno
        }
    }
}
