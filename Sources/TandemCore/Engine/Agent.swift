/// An engine and the drivers that perform for it, one for each copy: one duty cycle after the other, whoever turns
/// them.
///
/// *Threads:* one, the poller's.
package struct Agent: ~Copyable {
    package var engine: ReplicationEngine
    private var drivers: [any CopyDriver]
    private let lanes: (any LanePool)?
    private let hasLanes: Bool
    private var answers: [LaneAnswer] = []
    /// What had completed by the last poll, of all copies.
    package private(set) var completions: [CopyCompletion] = []

    /// - Parameters:
    ///   - drivers: in the order of the engine's copies.
    ///   - lanes: as many as the engine's options say; nil for none.
    package init(_ engine: consuming ReplicationEngine, drivers: [any CopyDriver], lanes: (any LanePool)? = nil) {
        precondition((lanes == nil) == (engine.options.lanes == 0), "\(engine.options.lanes) lanes without a pool")
        precondition(engine.copyCount == drivers.count, "\(drivers.count) drivers for \(engine.copyCount) copies")
        answers.reserveCapacity(engine.options.lanes * LaneDesk.jobsMax)
        self.engine = engine
        self.drivers = drivers
        self.lanes = lanes
        hasLanes = lanes != nil
        // Allocated once: more than any driver has completed between two polls.
        completions.reserveCapacity(256)
    }

    package init(_ engine: consuming ReplicationEngine, driver: any CopyDriver) {
        self.init(engine, drivers: [driver])
    }

    /// One duty cycle: `now` by the monotonic clock, which decides; `wall` for people.
    package mutating func poll(at now: UInt64, wall: UInt64 = 0) {
        take(at: now, wall: wall)
        advance()
    }

    /// The cycle's first half: what has completed. After it `committed` says so, and who waits for it can be told
    /// before the next cut is read.
    package mutating func take(at now: UInt64, wall: UInt64 = 0) {
        if !completions.isEmpty { completions.removeAll(keepingCapacity: true) }
        engine.begin(at: now, wall: wall)
        if hasLanes { takeAnswers() }
        for place in drivers.indices {
            let first = completions.count
            drivers[place].reap(into: &completions)
            if first < completions.count { engine.take(completions[first...], of: place) }
        }
    }

    // By themselves: a poll without lanes is to have nothing of them but the question.

    @inline(never)
    private mutating func takeAnswers() {
        answers.removeAll(keepingCapacity: true)
        lanes?.reap(into: &answers)
        engine.take(answers)
    }

    @inline(never)
    private mutating func handOut() {
        if !engine.laneJobs.isEmpty { lanes?.submit(engine.laneJobs) }
    }

    /// Follows one copy more.
    package mutating func follow(_ copy: FollowedCopy, driver: any CopyDriver) {
        engine.follow(copy)
        drivers.append(driver)
    }

    /// Follows the copy no more that has left: its driver has nothing under way.
    package mutating func remove(_ place: Int) {
        engine.remove(place)
        drivers.remove(at: place)
    }

    // What is asked at every poll is asked by a mutating call, which is made in place: whoever only reads from a class
    // that holds the agent copies all 5 KB of it first.

    /// Whether the last poll did something, or the next one can; and whether something is under way that the next poll
    /// can move on without waiting for the device.
    package mutating func progress() -> (didWork: Bool, isBusy: Bool) { (engine.didWork, engine.isBusy) }

    package mutating func handoverOutcome() -> HandoverOutcome? { engine.handoverOutcome }

    /// What has happened to a copy since this was asked last.
    package mutating func takeEvents(of place: Int = 0) -> [EngineEvent] { engine.takeEvents(of: place) }

    /// Sleeps until something may have completed, at most this long; false, at once, when nothing would end the sleep.
    ///
    /// It is the first driver that has something under way: completions of the others wait for its, or for the end
    /// of the nap, which is short while anything is under way.
    package mutating func wait(nanoseconds: UInt64) -> Bool {
        for driver in drivers where driver.wait(nanoseconds: nanoseconds) { return true }
        return false
    }

    /// The rest of it: decided, and begun.
    package mutating func advance() {
        engine.advance(after: completions.count)
        // Before the writes, of which one may take as long as what lanes read meanwhile.
        if hasLanes { handOut() }
        for place in drivers.indices {
            let commands = engine.commands(of: place)
            if !commands.isEmpty { drivers[place].submit(commands) }
        }
    }

    /// What has just been begun for a copy.
    package mutating func commands(of place: Int = 0) -> [CopyCommand] { engine.commands(of: place) }
}
