import Glibc
import Tandem

/// What the steps of the demo share: files, processes, figures. Whatever happens, `strike` leaves nothing behind.
final class Stage {
    static let writerCount = 2
    /// One commit in so many asks to be replicated: often enough for thousands of promises, seldom enough for full
    /// speed.
    static let acknowledgeEvery = 4096

    let options: Demo.Options
    let terminal: Terminal
    var line: LiveLine
    var score = Score()
    /// The source that is in service.
    var source: SourceDataFile?
    var writers: [ChildProcess] = []
    var replicator: ChildProcess?

    /// In the folder, or where the user wants it.
    let copy: OwnCopy

    private let folder: OwnFolder
    private let log: Int32

    var sourcePath: String { folder.file("exchange") }
    var copyPath: String { copy.path }
    /// Where the promoted source stands: the copy's own place, if that is in memory.
    var promotedPath: String { options.copy == nil ? copyPath : folder.file("exchange.promoted") }
    var acknowledgementPath: String { folder.file("acknowledged") }

    init(_ options: Demo.Options, terminal: Terminal) throws(CommandFailure) {
        let folder = try OwnFolder("/dev/shm/tandem-demo.\(getpid())")
        do throws(CommandFailure) {
            copy = try OwnCopy(options.copy ?? folder.file("exchange.copy"))
        } catch {
            folder.remove()
            throw error
        }
        log = open(folder.file("log"), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else {
            let number = errno
            copy.remove()
            folder.remove()
            throw .system("make it", folder.file("log"), number)
        }
        self.options = options
        self.terminal = terminal
        self.folder = folder
        line = LiveLine(on: terminal)
    }

    /// Ends all processes and removes what the demo made.
    func strike() {
        for child in writers { child.send(SIGKILL) }
        replicator?.send(SIGKILL)
        writers = []
        replicator = nil
        source = nil
        close(log)
        guard !options.keepsFiles else {
            terminal.say("files kept in \(folder.path)\(options.copy.map { " and \($0.shown)" } ?? "")")
            return
        }
        copy.remove()
        folder.remove()
    }

    /// What the processes said last, for a failed step.
    func lastLogLines(_ count: Int = 5) -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let end = lseek(log, 0, SEEK_END)
        let read = pread(log, &bytes, bytes.count, max(0, end - bytes.count))
        guard read > 0 else { return [] }
        return String(decoding: bytes[..<read], as: UTF8.self).split(separator: "\n").suffix(count).map(String.init)
    }
}

// MARK: - Processes

extension Stage {
    func startWriter(_ number: Int, on path: String) throws -> ChildProcess {
        try ChildProcess(
            "writer \(number)",
            arguments: [
                "load", path, "--workload", "exchange", "--processes", "\(Self.writerCount)", "--worker", "\(number)",
                "--seconds", "100000", "--acks", acknowledgementPath, "--ack-every", "\(Self.acknowledgeEvery)",
            ], output: log, errors: log)
    }

    func startReplicator() throws -> ChildProcess {
        try ChildProcess(
            "replicator", arguments: ["replicate", sourcePath, "--to", copyPath, "--leashed"], output: log, errors: log)
    }

    /// Everybody who should be alive is.
    func checkChildren() throws {
        for child in writers + [replicator].compactMap({ $0 }) {
            switch child.poll() {
            case nil: continue
            case .exited(let status): throw StepFailure("the \(child.name) ended by itself, with status \(status)")
            case .killed(let signal): throw StepFailure("the \(child.name) was ended by signal \(signal)")
            }
        }
    }

    func kill(_ child: ChildProcess) throws {
        child.send(SIGKILL)
        guard child.wait(seconds: 10) == .killed(SIGKILL) else {
            throw StepFailure("the \(child.name) did not die of kill -9")
        }
    }
}

// MARK: - Waiting and looking

extension Stage {
    func glance() throws -> StatusReading {
        guard let source else { throw StepFailure("there is no source") }
        return StatusReading(of: source)
    }

    /// Waits until there is traffic: ten thousand transactions beyond `commits`.
    func waitForTraffic(beyond commits: UInt64 = 0) throws {
        try wait(for: "under load", seconds: 30) { $0.commits > commits + 10_000 }
    }

    /// Looks every 20 ms until `isDone`, shows `text`, and gives up after `seconds`.
    @discardableResult
    func wait(
        for goal: String, seconds: Double, showing text: (StatusReading) -> String? = { _ in nil },
        until isDone: (StatusReading) -> Bool
    ) throws -> Double {
        let start = Instant.now
        while true {
            try Stopped.check()
            try checkChildren()
            let glance = try glance()
            if isDone(glance) { return Instant.now - start }
            guard Instant.now - start < seconds else {
                throw StepFailure("not \(goal) within \(Figures.duration(seconds: seconds)): \(glance.words)")
            }
            if let text = text(glance) { line.show("       " + text) }
            Instant.sleep(seconds: 0.02)
        }
    }

    /// Watches the traffic for `seconds`; returns transactions a second. Calls `sample` every 2 ms.
    func observe(
        seconds: Double, showing text: (StatusReading, Double) -> String, sample: (StatusReading) -> Void = { _ in }
    ) throws -> Double {
        let start = Instant.now
        let first = try glance().commits
        var shown = start
        var mark = (at: start, commits: first)
        while Instant.now - start < seconds {
            try Stopped.check()
            try checkChildren()
            let glance = try glance()
            sample(glance)
            if Instant.now - shown > 0.25 {
                shown = .now
                let rate = Double(glance.commits &- mark.commits) / (shown - mark.at)
                mark = (shown, glance.commits)
                line.show("       " + text(glance, rate))
            }
            Instant.sleep(seconds: 0.002)
        }
        return Double(try glance().commits &- first) / (Instant.now - start)
    }

    /// `fraction` of the time that the demo is to take.
    func share(_ fraction: Double) -> Double { max(0.5, options.seconds * fraction) }
}
