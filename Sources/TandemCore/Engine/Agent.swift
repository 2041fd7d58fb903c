/// An engine and the driver that performs for it: one duty cycle after the other, whoever turns them.
///
/// *Threads:* one, the poller's.
package struct Agent: ~Copyable {
    package var engine: ReplicationEngine
    private let driver: any CopyDriver
    /// What had completed by the last poll.
    package private(set) var completions: [CopyCompletion] = []

    package init(_ engine: consuming ReplicationEngine, driver: any CopyDriver) {
        self.engine = engine
        self.driver = driver
        // Allocated once: more than any driver has completed between two polls.
        completions.reserveCapacity(256)
    }

    /// One duty cycle: `now` by the monotonic clock, which decides; `wall` for people. Returns what has been begun.
    @discardableResult
    package mutating func poll(at now: UInt64, wall: UInt64 = 0) -> [CopyCommand] {
        take(at: now, wall: wall)
        return advance()
    }

    /// The cycle's first half: what has completed. After it `committed` says so, and who waits for it can be told
    /// before the next cut is read.
    package mutating func take(at now: UInt64, wall: UInt64 = 0) {
        completions.removeAll(keepingCapacity: true)
        driver.reap(into: &completions)
        engine.take(completions, at: now, wall: wall)
    }

    // What is asked at every poll is asked by a mutating call, which is made in place: whoever only reads from a class
    // that holds the agent copies all 5 KB of it first.

    /// Whether the last poll did something, or the next one can; and whether something is under way that the next poll
    /// can move on without waiting for the device.
    package mutating func progress() -> (didWork: Bool, isBusy: Bool) { (engine.didWork, engine.isBusy) }

    /// What has happened since this was asked last.
    package mutating func takeEvents() -> [EngineEvent] { engine.takeEvents() }

    /// Sleeps until something may have completed, at most this long; false, at once, when nothing would end the sleep.
    package mutating func wait(nanoseconds: UInt64) -> Bool { driver.wait(nanoseconds: nanoseconds) }

    /// The rest of it: decided, and begun.
    @discardableResult
    package mutating func advance() -> [CopyCommand] {
        let commands = engine.advance(after: completions.count)
        if !commands.isEmpty { driver.submit(commands) }
        return commands
    }
}
