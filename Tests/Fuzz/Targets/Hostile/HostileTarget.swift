import Synchronization
import TandemCore

/// Hostile shared memory: the engine follows a source while an input scribbles over anything but the engine's own
/// memory, between its polls and at any of its accesses within one, and while writers go on.
///
/// The first byte says where it begins and whether the scribbling ends: then the copy must get whole, with what is
/// written from then on.
final class HostileTarget: FuzzTarget {
    let source = FuzzMemory()
    let driver: HostileDriver
    let writers: HostileWriters
    private let staging: EngineStaging
    private let steps = Steps()
    var engine: ReplicationEngine
    var now: UInt64 = 0
    private(set) var input = FuzzInput(UnsafeRawBufferPointer(start: nil, count: 0))
    private var scribbleFinding: Finding?
    private var starts: [Start] = []
    private var completions: [CopyCompletion] = []

    /// Where inputs begin: the world as some traffic has left it.
    private final class Start {
        let source: [UInt8]
        let driver: HostileDriver.Image
        let engine: ReplicationEngine
        let now: UInt64

        init(source: [UInt8], driver: HostileDriver.Image, engine: consuming ReplicationEngine, now: UInt64) {
            self.source = source
            self.driver = driver
            self.engine = engine
            self.now = now
        }
    }

    static let seeds: [[UInt8]] = HostileSeeds.all

    init() {
        func region(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
            let region = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
            region.initializeMemory(as: UInt8.self, repeating: 0)
            return region
        }
        staging = EngineStaging(
            journal: region(768 << 10), images: region(512 << 10), state: region(EngineStaging.stateBytes))
        driver = HostileDriver(source, staging: staging)
        writers = HostileWriters(source)
        engine = Self.makeEngine(source, staging)
        let writers = writers
        driver.isAlive = { writers.isAlive($0) }
        steps.interrupt = { [unowned self] in interrupt() }
        makeStarts()
    }

    deinit {
        for region in [staging.journal, staging.images, staging.state] { region.deallocate() }
    }

    private static func makeEngine(_ source: FuzzMemory, _ staging: EngineStaging) -> ReplicationEngine {
        var options = EngineOptions()
        // A successor that finds its words as they once were takes the source for one that was put back.
        options.adopts = true
        // Windows that stay open over several polls.
        options.capture.pagesPerPoll = 2
        options.imagePagesInSync = 2
        options.imagePagesInBulk = 2
        return ReplicationEngine(
            memory: source.memory, layout: source.layout, life: Life(FuzzLayout.generation),
            checksum: fuzzChecksum,
            staging: staging,
            options: options)
    }

    // MARK: Beginnings

    private static let startNames = [
        "with a blank copy", "in the middle of the bulk copy", "in sync, with cuts in the journal",
    ]

    private func makeStarts() {
        now = 1_000_000_000
        keepStart()
        while engine.phase != .bulkCopying { poll() }
        poll()
        keepStart()
        while engine.phase != .inSync { poll() }
        for value in 1 ... 3 {
            _ = try? writers.put(UInt64(value), table: 0, index: value)
            _ = try? writers.put(UInt64(value), table: 1, index: value)
            for _ in 0 ..< 6 { poll() }
        }
        keepStart()
    }

    private func poll() { try! poll(after: 1_000_000, rest: .max) }

    private func keepStart() {
        writers.clear()
        starts.append(Start(source: source.image(), driver: driver.image(), engine: engine.copied(), now: now))
    }

    // MARK: An input

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        self.input = input
        let mode = self.input.byte()
        let start = starts[Int(mode & 3) % starts.count]
        writers.clear()
        source.restore(start.source)
        driver.restore(start.driver)
        engine = start.engine.copied()
        now = start.now
        // Its predecessor was killed there.
        if mode & 4 != 0 { restartEngine(landing: mode & 8 != 0) }
        self.input.tell(
            "begins \(Self.startNames[Int(mode & 3) % starts.count])\(mode & 4 != 0 ? ", with a new engine" : "")")
        while !self.input.isAtEnd { try step() }
        try checkCopy()
        if mode & 0x80 != 0 { try Aftermath(self).check() }
        return engine.phase == .inSync
    }

    private func step() throws(Finding) {
        let code = input.byte()
        switch code >> 4 {
        case 0 ... 3: try poll(after: 50_000 * (1 + UInt64(code & 15)), rest: .max)
        case 4: try poll(after: 1_000_000 << UInt64(code & 15), rest: .max)
        case 5 ... 8: try poll(after: 300_000, rest: nextRest())
        case 9: driver.turn(&input)
        case 10 where code & 15 == 0:
            let landing = input.byte() & 1 == 0
            input.tell("the engine is killed, its commands \(landing ? "land" : "are lost"); a new one")
            restartEngine(landing: landing)
        default: try touch(code)
        }
    }

    /// What may happen at any moment: a writer's step, or a scribble.
    private func touch(_ code: UInt8) throws(Finding) {
        let whole = UnsafeMutableRawBufferPointer(start: source.base, count: source.layout.tablesEnd)
        switch code >> 4 {
        case 11, 12: try writers.step(&input)
        case 13, 14, 10: whole.changeOne(of: RuntimePlaces.all, &input)
        default: scribble(over: source.parts[3 + input.number(below: source.parts.count - 3)])
        }
    }

    /// A run of words in one part.
    private func scribble(over part: Range<Int>) {
        let words = part.count / 8
        let first = input.number(below: words)
        let count = min(1 + input.number(below: 64), words - first)
        var word = (source.base + part.lowerBound).word(at: first * 8).load()
        input.tell("\(count) words from \(RuntimePlaces.name(part.lowerBound + first * 8)) on become nonsense")
        for place in first ..< first + count {
            word =
                place == first || count < 8
                ? input.value(near: word) : word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            (source.base + part.lowerBound).word(at: place * 8).store(word)
        }
    }

    private func restartEngine(landing: Bool) {
        driver.kill(landing: landing)
        engine = Self.makeEngine(source, staging)
    }

    // MARK: Polling

    func poll(after nanoseconds: UInt64, rest: Int) throws(Finding) {
        now += nanoseconds
        completions.removeAll(keepingCapacity: true)
        driver.reap(into: &completions)
        let commands = steps.watch(rest: rest) { engine.poll(at: now, completions: completions) }
        input.tell(
            """
            poll \(nanoseconds / 1000) µs later: \(words); \(completions.count) completions, \(commands.count) commands
            """
        )
        if let scribbleFinding { throw scribbleFinding }
        try expect(steps.count <= Self.stepsMax, "a poll takes \(steps.count) accesses to shared memory")
        driver.submit(commands)
        if let finding = driver.finding ?? driver.copy.finding { throw finding }
        _ = engine.takeEvents()
    }

    private var words: String {
        "\(engine.phase), E \(hex(source.area.epoch.load())), committed \(hex(source.area.committed.load()))"
    }

    /// Every record of the source damaged, each tried for as long as patience has it, twice: for the journal and for
    /// its image.
    private static let stepsMax = 4_000_000

    private func nextRest() -> Int {
        let code = Int(input.byte())
        return code < 128 ? code : (code - 127) * 24
    }

    /// In the middle of a poll.
    private func interrupt() -> Int {
        input.tell("within the next poll:")
        do throws(Finding) { try touch(input.byte()) } catch { scribbleFinding = error }
        let again = Int(input.byte())
        return again < 128 ? .max : (again - 127) * 4
    }

    /// Nothing is dirty, under way, or to be waited for.
    var isQuiet: Bool {
        engine.phase == .inSync && !engine.isBusy && engine.outstanding == 0
            && !source.memory.dirty.mayBeDirty(summaryCount: source.layout.runtime.summaryCount)
    }

    // MARK: What must hold

    /// While the engine says *in sync* the copy can be promoted, whatever was scribbled.
    func checkCopy() throws(Finding) {
        guard engine.phase == .inSync else { return }
        let copy = driver.copy
        let found = try reading(copy) { () throws(CopyFailure) in
            try CopyExaminer.examine(copy, expected: source.layout, path: "copy", checksum: fuzzChecksum)
        }
        guard case .copy(let slot, let journal) = found else { throw Finding("the copy is in sync, and is \(found)") }
        try expect(slot.role == .consistent, "the copy is in sync, and says \(slot)")
        try expect(journal != nil, "the copy is in sync, and its journal ends before cut \(slot.cut)")
    }
}
