import Glibc
import Synchronization
import Tandem

/// Tells people, or programs, how the copy is doing while the replicator runs: each thing that happens to it as a line,
/// and on a terminal a line that moves.
struct ReplicationReporter {
    /// What is known of the state is of the event's own moment: by the time that it is written there may be another.
    private struct Line: Encodable {
        let event: String
        let level: String
        let copy: String?
        let state: String?
        let reason: String?
        let cut: UInt64?
        let pagesOwed: Int?
        let pagesMissed: Int?
        let ageMicroseconds: UInt64?
        let transactionsPerSecond: UInt64?
        let recordsPerSecond: UInt64?
        let secondsRunning: Double

        init(_ event: ReplicatorEvents.Event, since start: Instant) {
            self.event = event.text
            level = "\(event.level)"
            copy = event.facts["copy"]
            state = event.facts["state"]
            reason = event.facts["reason"]
            cut = event.facts["cut"].flatMap { UInt64($0) }
            pagesOwed = event.facts["owed"].flatMap { Int($0) }
            pagesMissed = event.facts["missed"].flatMap { Int($0) }
            ageMicroseconds = event.facts["age"].flatMap { UInt64($0) }
            transactionsPerSecond = event.facts["changing"].flatMap { UInt64($0) }
            recordsPerSecond = event.facts["carrying"].flatMap { UInt64($0) }
            secondsRunning = event.at - start
        }
    }

    private let source: SourceDataFile
    private let copies: [String]
    private let json: Bool
    private let events: ReplicatorEvents
    private let start = Instant.now
    private var line = LiveLine(on: .output)
    private var progress = SyncProgress()
    private var wasSyncing = false

    init(_ source: SourceDataFile, copies: [String], events: ReplicatorEvents, json: Bool) {
        self.source = source
        self.copies = copies
        self.events = events
        self.json = json
    }

    /// Runs the replicator on a thread of its own until somebody says stop.
    mutating func watch(over replicator: Replicator) throws {
        if !json {
            for (copy, driver) in zip(copies, replicator.driverDescriptions) {
                let room = (Terminal.output.columns - driver.count - 6) / 2
                Terminal.output.say("\(named(source.path, room)) → \(named(copy, room)) (\(driver))")
            }
        }
        let thread = ReplicatorThread(replicator)
        defer { line.end() }
        while !Interruption.isRequested {
            Instant.sleep(seconds: 0.1)
            if let refusal = thread.refusal {
                let isSuperseded = refusal.code == .superseded
                throw CommandFailure(refusal, status: isSuperseded ? .found : .cannot)
            }
            let glance = StatusReading(of: source)
            report(glance)
            if glance.status.isSuperseded {
                thread.stop()
                throw CommandFailure("\(source.path): a promoted copy has taken over from this source", status: .found)
            }
        }
        thread.stop()
        report(StatusReading(of: source))
        line.end(json ? nil : "stopped; \(held)")
    }

    private var held: String {
        let followed = SourceStatus.read(from: source).copies.prefix(copies.count)
        let cuts = followed.map { Figures.count($0.cut) }.joined(separator: ", ")
        return copies.count == 1 ? "the copy holds cut \(cuts)" : "the copies hold cuts \(cuts)"
    }

    private mutating func report(_ glance: StatusReading) {
        let status = glance.status
        for event in events.take() {
            guard json else {
                let time = padded(Figures.duration(seconds: event.at - start), 8)
                line.end("\(time)  \(Terminal.output.styled(words(event), event.style))")
                continue
            }
            Terminal.output.say(jsonLine(Line(event, since: start)))
        }
        guard !json else { return }
        if glance.isSyncing {
            if !wasSyncing { progress = SyncProgress() }
            if let text = progress.text(glance, bar: Terminal.output.isInteractive) { line.show("          " + text) }
        } else if Terminal.output.isInteractive {
            line.show(
                """
                          \(glance.wordsOfAll); cut \(Figures.count(status.cut)); \
                \(Figures.count(status.dirtyPages)) pages dirty
                """
            )
        }
        wasSyncing = glance.isSyncing
    }
}

extension ReplicationReporter {
    /// On a terminal a long path would take the line from the news; a log has the whole of it.
    private func words(_ event: ReplicatorEvents.Event) -> String {
        guard Terminal.output.isInteractive else { return event.text.shown }
        let room = max(Terminal.output.columns / 3, 16)
        return (copies + [source.path]).reduce(event.text) { $0.replacing($1, with: named($1, room)) }.shown
    }

    private func named(_ path: String, _ columns: Int) -> String {
        Terminal.output.isInteractive ? path.shown.shortened(to: max(columns, 16)) : path.shown
    }
}

/// The replicator on a thread of its own, so that reporting never holds a cut up.
private final class ReplicatorThread: Sendable {
    /// The replicator is handed over once, to the thread, and touched by nobody else until that has ended.
    private struct Handed: @unchecked Sendable { let replicator: Replicator }

    private let handed: Handed
    private let isStopping = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private let refused = Mutex<TandemError?>(nil)

    /// Why the copy was refused when it was first looked at.
    var refusal: TandemError? { refused.withLock { $0 } }

    init(_ replicator: Replicator) {
        handed = Handed(replicator: replicator)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                let own = Unmanaged<ReplicatorThread>.fromOpaque(context!).takeRetainedValue()
                own.live()
                own.hasEnded.store(true, ordering: .releasing)
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    private func live() {
        do throws(TandemError) {
            try handed.replicator.admit()
            handed.replicator.run { isStopping.load(ordering: .relaxed) }
        } catch {
            refused.withLock { $0 = error }
        }
    }

    /// Returns when the thread has ended, or after five seconds: a hung device holds it for ever.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        let deadline = Instant.now + 5
        while !hasEnded.load(ordering: .acquiring), Instant.now < deadline { Instant.sleep(seconds: 0.005) }
    }
}
