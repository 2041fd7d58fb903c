internal import Glibc
internal import Tandem
internal import TandemCore

/// `bulk`: how fast a whole source gets into its copy.
public struct BulkRow: BenchRow {
    public static let name = "bulk"
    public static let abstract = "How fast a source gets into its copy."
    public static var parts: Int { Place.allCases.count }
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// Which of fio's shapes is the fastest is tried first; else the first one stands for all.
    public var triesShapes = true
    /// For a look: a prepared copy in memory alone, or the same under a writer at full speed.
    public enum Only: String, Sendable, CaseIterable { case prepared, load }
    public var only: Only?
    /// The replicator's; nil: as many as it takes by itself.
    public var lanes: Int?

    public init() {}

    public var expectedSeconds: Double {
        Double(bytes) / Double(1 << 30) * (25 + 22 * Double(common.repetitions))
    }

    public mutating func makeQuick() { (bytes, triesShapes) = (128 << 20, false) }

    enum Place: String, CaseIterable { case memory, disk }

    private enum Work: Hashable {
        case fresh, prepared, preparedByEngine, cached, pwrite, fioBuffered, fioDirect, fioBest
        case underLoad, loadRate, loadStall
    }

    private struct Measured: Hashable {
        var place: Place
        var work: Work
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let (memory, disk) = (try Scratch(), try Scratch(in: common.disk))
        progress.step("filling a source of \(bytes >> 20) MiB")
        let source = try BenchSource(memory, bytes: bytes)
        try source.fill()
        let fio = FioBaseline()
        var shapes: [Place: FioBaseline.Shapes] = [:]
        var series = Series<Measured>()
        for repetition in 0 ..< common.repetitions {
            if let only {
                try look(only, source, memory.path("copy"), &series, &report)
                continue
            }
            for place in Place.allCases {
                progress.repetition(repetition, of: common.repetitions, place.rawValue)
                let path = (place == .memory ? memory : disk).path("copy")
                if let fio, shapes[place] == nil {
                    progress.step("trying fio's shapes, \(place.rawValue)")
                    try BlankFile.lay(path, bytes: source.file.layout.copyBytes)
                    shapes[place] = fio.fastest(
                        path: path, bytes: source.tableBytes, direct: place == .disk, tries: triesShapes)
                }
                try once(
                    source, place, path, fio, shapes[place], verifying: common.verifies && repetition == 0, &series,
                    &report)
            }
        }
        for place in Place.allCases where only == nil || place == .memory {
            add(place, series, hasFio: fio != nil && only == nil, to: &report)
        }
        addNotes(source, fio, shapes, to: &report)
    }

    private func look(
        _ only: Only, _ source: BenchSource, _ path: String, _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        defer { unlink(path) }
        func add(_ work: Work, _ value: Double) { series.add(Measured(place: .memory, work: work), value) }
        try BlankFile.lay(path, bytes: source.file.layout.copyBytes)
        if only == .load { return try addUnderLoad(source, path, &series, &report) }
        let prepared = try copy(source, path, verifying: common.verifies, &report)
        add(.prepared, prepared.rate)
        add(.preparedByEngine, prepared.engineRate)
    }

    private func addUnderLoad(
        _ source: BenchSource, _ path: String, _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        func add(_ work: Work, _ value: Double) { series.add(Measured(place: .memory, work: work), value) }
        let loaded = try copyUnderLoad(source, path, &report)
        add(.underLoad, loaded.seconds / (Double(source.tableBytes) / Double(1 << 30)))
        add(.loadRate, loaded.load.millionsPerSecond)
        add(.loadStall, loaded.load.delays.longestMilliseconds)
    }

    private func once(
        _ source: BenchSource, _ place: Place, _ path: String, _ fio: FioBaseline?, _ shapes: FioBaseline.Shapes?,
        verifying: Bool, _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        defer { unlink(path) }
        func add(_ work: Work, _ value: Double) { series.add(Measured(place: place, work: work), value) }
        unlink(path)
        add(.fresh, try copy(source, path, verifying: false, &report).rate)
        try BlankFile.lay(path, bytes: source.file.layout.copyBytes)
        let prepared = try copy(source, path, verifying: verifying, &report)
        add(.prepared, prepared.rate)
        add(.preparedByEngine, prepared.engineRate)
        if place == .disk {
            try BlankFile.lay(path, bytes: source.file.layout.copyBytes)
            add(.cached, try copy(source, path, direct: .off, verifying: false, &report).rate)
        }
        add(.pwrite, try PlainCopy(source: source).rate(to: path))
        if let fio, let shapes {
            let buffered = fio.rate(shapes.buffered, path, source.tableBytes)
            let direct = shapes.direct.map { fio.rate($0, path, source.tableBytes) }
            add(.fioBuffered, buffered)
            if let direct { add(.fioDirect, direct) }
            add(.fioBest, max(buffered, direct ?? 0))
        }
        guard place == .memory else { return }
        try BlankFile.lay(path, bytes: source.file.layout.copyBytes)
        try addUnderLoad(source, path, &series, &report)
    }

    /// Gigabytes a second, from the replicator's start until it is in sync, and by the engine's own clock.
    private func copy(
        _ source: BenchSource, _ path: String, direct: ReplicationOptions.Direct = .auto, verifying: Bool,
        _ report: inout Report
    ) throws -> (rate: Double, engineRate: Double) {
        let follower = try Follower(source, copy: path, in: common.host, direct: direct, lanes: lanes)
        defer { follower.stop() }
        try follower.waitInSync(seconds: 600)
        let words = source.counters
        let (begun, inSync) = (words[.syncStarted].load(), words[.since].load())
        if verifying { try source.check(path, into: &report) }
        let bytes = Double(source.tableBytes)
        return (bytes / Double(max(1, inSync - follower.startedAt)), bytes / Double(max(1, inSync &- begun)))
    }

    private func copyUnderLoad(
        _ source: BenchSource, _ path: String, _ report: inout Report
    ) throws -> (seconds: Double, load: Load.Outcome) {
        let follower = try Follower(source, copy: path, in: common.host, lanes: lanes)
        defer { follower.stop() }
        let load = try Load(source: source, awaitsCopy: false).run(until: .inSync(since: follower.startedAt))
        guard source.isInSync else {
            report.fail("not in sync after a minute under a writer at full speed")
            return (load.seconds, load)
        }
        return (Double(source.counters[.since].load() - follower.startedAt) / 1e9, load)
    }

    private func add(_ place: Place, _ series: Series<Measured>, hasFio: Bool, to report: inout Report) {
        func samples(_ work: Work) -> Samples { series[Measured(place: place, work: work)] }
        func add(_ id: String, _ what: String, _ work: Work, _ unit: Figure.Unit, beside: Figure.Baseline? = nil) {
            report.add(
                Figure(
                    "bulk.\(place.rawValue).\(id)", "\(place.rawValue), \(what)", samples(work), unit, beside: beside))
        }
        let best =
            hasFio ? Figure.Baseline("fio's best", samples(.fioBest)) : .init("pwrite, no fio here", samples(.pwrite))
        add("fresh", "a copy that is not there yet", .fresh, .gigabytesPerSecond, beside: best)
        add("prepared", "a blank copy, its blocks touched", .prepared, .gigabytesPerSecond, beside: best)
        add(
            "prepared.engine", "the same by the engine's clock", .preparedByEngine, .gigabytesPerSecond,
            beside: .init("plain pwrite", samples(.pwrite)))
        if place == .disk {
            add("cached", "prepared, written through the page cache", .cached, .gigabytesPerSecond, beside: best)
        }
        if hasFio {
            add("fio.buffered", "fio, buffered, alone", .fioBuffered, .gigabytesPerSecond)
            if place == .disk { add("fio.direct", "fio, direct, alone", .fioDirect, .gigabytesPerSecond) }
        }
        guard place == .memory else { return }
        add("under-load", "prepared, under a writer at full speed", .underLoad, .secondsAGibibyte)
        add("under-load.rate", "that writer's transactions, random", .loadRate, .millionsPerSecond)
        add("under-load.stall", "that writer's longest stall", .loadStall, .milliseconds)
    }

    private func addNotes(
        _ source: BenchSource, _ fio: FioBaseline?, _ shapes: [Place: FioBaseline.Shapes], to report: inout Report
    ) {
        report.note(
            """
            \(source.tableBytes) bytes of tables; by the clock, from the replicator's start until it is in sync; the \
            engine's clock begins when its copy is there
            """)
        report.note("pwrite: 1 MiB each from the source's own memory to the prepared file, then fsync")
        if fio == nil { report.note("fio is not installed, so plain pwrite stands in for it") }
        for place in Place.allCases {
            guard let shapes = shapes[place] else { continue }
            report.note("fio, \(place.rawValue): io_uring, the same file and bytes, end_fsync; \(shapes.words)")
        }
        report.noteDisk(common.disk)
    }
}
