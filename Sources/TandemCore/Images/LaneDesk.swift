/// The engine's side of the lanes: what each has to do, which of them were late, and what they are to be handed.
package struct LaneDesk {
    private struct Lane {
        /// Jobs that it has not answered.
        var jobs = 0
        /// It was late, and gets nothing before this time, nor before it has answered everything.
        var rests = false
        var restUntil: UInt64 = 0
        /// How long its next rest is.
        var rest: UInt64
    }

    /// Jobs that a lane may have. Each is some 40 µs, and the engine looks at least every 100, while it writes.
    package static let jobsMax = 4

    private var lanes: [Lane]
    /// What this poll hands out.
    private(set) var jobs: [LaneJob] = []
    private var window: UInt64 = 0
    private(set) var cut: UInt64 = 0
    private var lastJob: UInt64 = 0
    /// A window was closed in this poll in which lanes have read.
    private(set) var hasClosed = false
    private var now: UInt64 = 0

    /// A lane that is late again and again costs a window each time. So it rests for longer and longer.
    private let restMin: UInt64
    private let restMax: UInt64

    /// - Parameter rests: how long a late lane rests, the first time and at most.
    init(lanes: Int, rests: ClosedRange<UInt64>) {
        (restMin, restMax) = (rests.lowerBound, rests.upperBound)
        self.lanes = Array(repeating: Lane(rest: rests.lowerBound), count: lanes)
        jobs.reserveCapacity(lanes * Self.jobsMax)
    }

    var hasLanes: Bool { @inline(__always) get { !lanes.isEmpty } }

    /// A poll begins.
    mutating func begin(at now: UInt64) {
        self.now = now
        hasClosed = false
        if !jobs.isEmpty { jobs.removeAll(keepingCapacity: true) }
    }

    mutating func noteClosed() { hasClosed = true }

    mutating func openWindow(of cut: UInt64) {
        window += 1
        self.cut = cut
    }

    /// The lane that has the least to do of those that take another job; nil: none does.
    var free: Int? {
        var best: Int?
        for place in lanes.indices where lanes[place].jobs < Self.jobsMax && !lanes[place].rests {
            if best == nil || lanes[place].jobs < lanes[best.unsafelyUnwrapped].jobs { best = place }
        }
        return best
    }

    /// All were late, and none may have a job yet.
    var allRest: Bool { lanes.allSatisfy { $0.rests } }

    /// Returns the job's number.
    mutating func handOut(
        to lane: Int, copy: Int, table: Int, pages: Range<Int>, room: UnsafeMutableRawPointer
    ) -> UInt64 {
        lastJob += 1
        lanes[lane].jobs += 1
        jobs.append(
            LaneJob(
                number: lastJob, copy: copy, lane: lane, window: window, cut: cut, table: table,
                firstPage: pages.lowerBound, pageCount: pages.count, room: room))
        return lastJob
    }

    mutating func take(_ answer: LaneAnswer) {
        precondition(lanes[answer.lane].jobs > 0, "an answer of lane \(answer.lane), which has no job")
        lanes[answer.lane].jobs -= 1
    }

    /// A lane's time of rest is over, if it has answered everything.
    mutating func endRests() {
        for place in lanes.indices where lanes[place].rests && lanes[place].jobs == 0 && now >= lanes[place].restUntil {
            lanes[place].rests = false
        }
    }

    /// Whoever has something left to do was waited for in vain.
    mutating func noteLate() {
        for place in lanes.indices where lanes[place].jobs > 0 && !lanes[place].rests {
            lanes[place].rests = true
            lanes[place].restUntil = now &+ lanes[place].rest
            lanes[place].rest = min(lanes[place].rest * 2, restMax)
        }
    }

    /// A window's jobs have all been answered in time.
    mutating func noteInTime() {
        for place in lanes.indices where !lanes[place].rests { lanes[place].rest = restMin }
    }
}
