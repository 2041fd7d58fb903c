internal import Glibc
internal import Logging
internal import Synchronization
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// Where the replicator runs.
public enum FollowerHost: Sendable, CustomStringConvertible {
    /// In the bench's own process: what tests use.
    case thread
    /// In a process of its own, as in production: `executable follow SOURCE COPY`.
    case process(executable: String)

    public var description: String {
        switch self {
        case .thread: "a thread of the bench"
        case .process: "a process"
        }
    }
}

/// A replicator that follows a bench source, on the other processor.
final class Follower {
    private enum Host {
        case thread(WorkerThread, Stop)
        case process(ChildProcess)
    }

    private final class Stop: Sendable {
        let isAsked = Atomic<Bool>(false)
        let failure = Mutex<String?>(nil)
    }

    private let source: BenchSource
    private let host: Host
    let startedAt = MonotonicClock.now()

    convenience init(
        _ source: BenchSource, copy: String, in host: FollowerHost, durable: Bool = false,
        direct: ReplicationOptions.Direct = .auto, lanes: Int? = nil, secret: String? = nil
    ) throws {
        try self.init(
            source, copies: [copy], in: host, durable: durable, direct: direct, lanes: lanes, secret: secret)
    }

    init(
        _ source: BenchSource, copies: [String], in host: FollowerHost, durable: Bool = false,
        direct: ReplicationOptions.Direct = .auto, lanes: Int? = nil, secret: String? = nil
    ) throws {
        self.source = source
        let path = source.file.path
        switch host {
        case .thread:
            let stop = Stop()
            let thread = WorkerThread(cpu: nil) {
                do {
                    try Self.follow(
                        path, copies, cpu: Processors.replicator, durable: durable, direct: direct, lanes: lanes,
                        secret: secret
                    ) {
                        stop.isAsked.load(ordering: .relaxed)
                    }
                } catch {
                    stop.failure.withLock { $0 = "\(error)" }
                }
            }
            self.host = .thread(thread, stop)
        case .process(let executable):
            let pin = Processors.replicator.map { ["--cpu", "\($0)"] } ?? []
            let flush = durable ? ["--durable"] : []
            let way = direct == .auto ? [] : ["--direct", direct.rawValue]
            let aside = lanes.map { ["--lanes", "\($0)"] } ?? []
            let key = secret.map { ["--secret", $0] } ?? []
            self.host = .process(
                try ChildProcess(
                    executable, ["follow", path] + copies + pin + flush + way + aside + key, capturesOutput: false,
                    cpu: Processors.replicator))
        }
    }

    /// The replicator itself; returns when `shouldStop` says so.
    static func follow(
        _ path: String, _ copies: [String], cpu: Int?, durable: Bool = false,
        direct: ReplicationOptions.Direct = .auto, lanes: Int? = nil, secret: String? = nil,
        until shouldStop: () -> Bool
    ) throws {
        var options = ReplicationOptions()
        options.cpu = cpu
        options.durable = durable
        options.direct = direct
        options.secret = secret
        if let lanes { options.lanes = .exactly(lanes) }
        let silent = Logger(label: "tandem.bench", factory: { _ in SwiftLogNoOpLogHandler() })
        let replicator = try Replicator(
            source: try SourceDataFile.open(at: path), to: copies, options: options, logger: silent)
        replicator.run(until: shouldStop)
    }

    func stop() {
        switch host {
        case .thread(let thread, let stop):
            stop.isAsked.store(true, ordering: .relaxed)
            thread.join()
        case .process(let child): child.terminate()
        }
    }

    /// As `kill -9` does, where it is a process.
    func kill() {
        guard case .process(let child) = host else { return stop() }
        child.kill()
    }

    /// Processor time that the replicator has used so far, with that of the kernel's threads that write for it. Nil
    /// where the kernel does not say.
    var processorSeconds: Double? {
        switch host {
        case .thread(let thread, _): thread.processorSeconds
        case .process(let child): ProcessorTime.seconds(ofProcess: child.identifier)
        }
    }

    /// The process that the replicator's memory is in.
    var process: Int32 {
        switch host {
        case .thread: getpid()
        case .process(let child): child.identifier
        }
    }

    private var failure: String? {
        switch host {
        case .thread(_, let stop): stop.failure.withLock { $0 }
        case .process(let child): child.isRunning ? nil : "the replicator's process has ended"
        }
    }

    /// In sync by this replicator's word, not by a predecessor's.
    func waitInSync(seconds: Double = 120) throws {
        try wait("is not in sync", seconds) { source.isInSync && source.counters[.since].load() >= startedAt }
    }

    /// Each of so many copies is.
    func waitEachInSync(_ count: Int, seconds: Double = 120) throws {
        try wait("is not in sync, nor are all \(count)", seconds) {
            let followed = source.file.area.followed.map(\.replicator)
            return followed.count == count
                && followed.allSatisfy { $0[.state].load() == CopyState.inSync.rawValue }
        }
    }

    /// Everything on the copy, images too, and nothing more to do.
    ///
    /// - Parameter keepsJournal: what the journal still holds does not count. A standby has it in its tables, and is
    ///   asked so after a second.
    func waitIdle(seconds: Double = 120, keepsJournal: Bool = false) throws {
        try waitInSync(seconds: seconds)
        var quiet = 0
        var before: (UInt64, UInt64, UInt64) = (0, 0, 0)
        try wait("does not come to rest", seconds) {
            let now = (
                source.counters[Counter.imagesWritten].load(), source.counters[Counter.cutsCommitted].load(),
                source.counters[Counter.sweeps].load()
            )
            let isDone = keepsJournal || source.counters[.journalUsed].load() == 0
            quiet = now == before && source.dirtyPages == 0 && isDone ? quiet + 1 : 0
            before = now
            return quiet >= 20
        }
    }

    private func wait(_ problem: String, _ seconds: Double, until isDone: () -> Bool) throws {
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        while !isDone() {
            if let failure { throw BenchError(failure) }
            guard MonotonicClock.now() < deadline else {
                throw BenchError(
                    "the copy \(problem) after \(shortNumber(seconds)) s: \(SourceStatus.read(from: source.file).state)"
                )
            }
            usleep(2000)
        }
    }
}

/// The body of the hidden `follow` command.
public enum FollowCommandBody {
    /// Follows until the bench that started it has gone.
    public static func run(
        source: String, copies: [String], cpu: Int?, durable: Bool, direct: String, lanes: Int?, secret: String?
    ) throws {
        // It was begun on one, away from who is measured.
        CurrentThread.useAllProcessors()
        let bench = getppid()
        var polls = 0
        let way = ReplicationOptions.Direct(rawValue: direct) ?? .auto
        try Follower.follow(
            source, copies, cpu: cpu, durable: durable, direct: way, lanes: lanes, secret: secret
        ) {
            polls &+= 1
            return polls & 63 == 0 && getppid() != bench
        }
    }
}
