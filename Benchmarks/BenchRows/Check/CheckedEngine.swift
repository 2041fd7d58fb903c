internal import Tandem
internal import TandemCore
internal import TandemSystem

/// An engine stepped by hand, in virtual time: each run takes the same steps.
final class CheckedEngine {
    static let checksum: Checksum = LinuxChecksum.crc32c
    private let source: BenchSource
    private let driver: PwriteDriver
    private let staging: [UnsafeMutableRawBufferPointer]
    private var engine: ReplicationEngine
    private var completions: [CopyCompletion] = []
    private var now: UInt64 = 1_000_000_000

    init(_ source: BenchSource, copy path: String) {
        self.source = source
        let layout = source.file.layout
        let file = CopyFile(
            path: path, layout: layout, checksum: Self.checksum, source: source.file.file.identity)
        driver = PwriteDriver(copy: file, source: source.file.file, layout: layout)
        staging = [EngineStaging.journalBytes, EngineStaging.imageBytes, EngineStaging.stateBytes].map {
            let region = UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 4096)
            region.initializeMemory(as: UInt8.self, repeating: 0)
            return region
        }
        engine = ReplicationEngine(
            memory: source.file.memory, layout: layout, life: source.file.life,
            platform: EnginePlatform(barrier: MemoryBarrier.issue, checksum: Self.checksum),
            staging: EngineStaging(journal: staging[0], images: staging[1], state: staging[2]),
            options: EngineOptions())
    }

    deinit { for region in staging { region.deallocate() } }

    func poll() {
        now += 300_000
        completions.removeAll(keepingCapacity: true)
        driver.reap(into: &completions)
        let commands = engine.poll(at: now, completions: completions)
        if !commands.isEmpty { driver.submit(commands) }
    }

    func poll(until isDone: () -> Bool) throws {
        for _ in 0 ..< 100_000 {
            if isDone() { return }
            poll()
        }
        throw BenchError("an engine did not get there in 100,000 steps: it is \(engine.phase)")
    }

    /// Nothing is left to do, images and sweeps neither: what comes next is not counted with what was before.
    func rest() throws {
        var quiet = 0
        try poll {
            quiet = engine.didWork || source.counters[.journalUsed].load() != 0 ? 0 : quiet + 1
            return quiet > 1000
        }
    }
}
