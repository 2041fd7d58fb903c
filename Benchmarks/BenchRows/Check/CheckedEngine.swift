internal import Tandem
internal import TandemCore
internal import TandemSystem

/// An engine stepped by hand, in virtual time: each run takes the same steps.
final class CheckedEngine {
    static let checksum: Checksum = LinuxChecksum.crc32c
    private let source: BenchSource
    /// Nil once it has ended: the driver's writes come from `staging`, and its reads go there.
    private var agent: Agent!
    private let staging = StagingMemory()
    private var now: UInt64 = 1_000_000_000

    init(_ source: BenchSource, copy path: String) {
        self.source = source
        let layout = source.file.layout
        let file = CopyFile(
            path: path, layout: layout, checksum: Self.checksum, source: source.file.file.identity)
        let engine = ReplicationEngine(
            memory: source.file.memory, layout: layout, life: source.file.life,
            checksum: Self.checksum,
            staging: staging.staging, options: EngineOptions())
        agent = Agent(engine, driver: PwriteDriver(copy: file, source: source.file.file, layout: layout))
    }

    deinit { agent = nil }

    func poll() {
        now += 300_000
        agent.poll(at: now)
    }

    func poll(until isDone: () -> Bool) throws {
        for _ in 0 ..< 100_000 {
            if isDone() { return }
            poll()
        }
        throw BenchError("an engine did not get there in 100,000 steps: it is \(agent.engine.phase)")
    }

    /// Nothing is left to do, images and sweeps neither: what comes next is not counted with what was before.
    func rest() throws {
        var quiet = 0
        try poll {
            quiet = agent.progress().didWork || source.counters[.journalUsed].load() != 0 ? 0 : quiet + 1
            return quiet > 1000
        }
    }
}
