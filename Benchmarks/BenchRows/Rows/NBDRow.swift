internal import Glibc
internal import Tandem
internal import TandemCore

/// `nbd`: a copy at a standby on this host's loopback, without TLS and with it, beside nbdcopy and fio.
///
/// What a network adds is left out, and what is taken away is said: writer, replicator and standby share this host's
/// processors, which two hosts would not.
public struct NBDRow: BenchRow {
    public static let name = "nbd"
    public static let abstract = "A copy at a standby on loopback, without TLS and with it."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// How long each step of the search takes, and the look at half of what it found.
    public var seconds = 0.6
    /// How old 99 of 100 changes may be when they arrive.
    public var ageMilliseconds = 20.0
    public var startRate = 500_000.0
    public var rateMax = 20_000_000.0
    /// Commits of each repetition that wait for the copy, one after the other.
    public var commits = 1000

    public init() {}

    /// Why it cannot be measured here; nil where it can.
    public static var missing: String? { Loopback.missing }

    public var expectedSeconds: Double {
        let size = Double(bytes) / Double(1 << 30)
        return 5 * size + Double(common.repetitions) * (10 * size + 2 * (2 + 10 * seconds))
    }

    public mutating func makeQuick() { (bytes, seconds, commits) = (64 << 20, 0.3, 300) }

    enum Quantity: Hashable {
        case carried, written, processor
        case age(Percentile)
        case commit(Percentile)
        case bulk
        case peer(NBDClient)
    }

    struct Measured: Hashable {
        var transport: LoopbackTransport
        var quantity: Quantity
    }

    static let percentiles = [Percentile.p50, .p99, .worst]

    /// What one transport keeps from repetition to repetition.
    private struct Side {
        let transport: LoopbackTransport
        let secret: String?
        var startRate: Double
        var search: CapacitySearch?
    }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        if let missing = Self.missing { throw BenchError(missing) }
        let scratch = try Scratch()
        var sides = [Side(transport: .plain, secret: nil, startRate: startRate)]
        if let missing = Loopback.missingTLS {
            report.warn("nothing was measured with TLS-PSK: \(missing)")
        } else {
            let secret = scratch.path("secret")
            try Loopback.makeSecret(at: secret)
            sides.append(Side(transport: .tls, secret: secret, startRate: startRate))
        }
        progress.step("filling a source of \(bytes >> 20) MiB")
        let source = try BenchSource(scratch, bytes: bytes)
        try source.fill()
        try BlankFile.lay(scratch.path("file"), bytes: source.tableBytes)
        var series = Series<Measured>()
        for repetition in 0 ..< common.repetitions {
            for number in sides.indices {
                progress.repetition(repetition, of: common.repetitions, sides[number].transport.words)
                let isLast = repetition == common.repetitions - 1
                try once(source, &sides[number], scratch, verifying: common.verifies && isLast, &series, &report)
            }
        }
        add(series, sides.map(\.transport), to: &report)
        addNotes(source, sides, to: &report)
    }

    public static var parts: Int { LoopbackTransport.allCases.count }

    /// One copy's life, and then the same bytes as others bring them over.
    private func once(
        _ source: BenchSource, _ side: inout Side, _ scratch: Scratch, verifying: Bool,
        _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        let transport = side.transport
        let copy = scratch.path("copy")
        Scratch.removeFile(copy)
        defer { Scratch.removeFile(copy) }
        try BlankFile.lay(copy, bytes: source.file.layout.copyBytes)
        try follow(source, copy, &side, verifying: verifying, &series, &report)

        // Its journal is cut off.
        guard truncate(copy, source.tableBytes) == 0 else { throw BenchError("cannot shorten \(copy)") }
        let server = try LoopbackFileServer(file: scratch.path("file"), secret: side.secret, scratch)
        defer { server.end() }
        for client in NBDClient.allCases {
            do {
                let rate = try client.rate(copy, bytes: source.tableBytes, to: server.address, scratch)
                series.add(Measured(transport: transport, quantity: .peer(client)), rate)
            } catch {
                let warning = "\(client.words), \(transport.words), was not measured: \(error)"
                if !report.warnings.contains(warning) { report.warn(warning) }
            }
        }
    }

    private func follow(
        _ source: BenchSource, _ copy: String, _ side: inout Side, verifying: Bool,
        _ series: inout Series<Measured>, _ report: inout Report
    ) throws {
        let transport = side.transport
        func add(_ quantity: Quantity, _ value: Double) {
            series.add(Measured(transport: transport, quantity: quantity), value)
        }
        let standby = try LoopbackStandby(copy: copy, secret: side.secret)
        defer { standby.end() }
        let follower = try Follower(source, copy: standby.address, in: common.host, secret: side.secret)
        defer { follower.stop() }
        try follower.waitInSync(seconds: 600)
        add(.bulk, Double(source.tableBytes) / Double(max(1, source.counters[.since].load() - follower.startedAt)))
        try follower.waitIdle(keepsJournal: true)

        let delays = try WaitingCommits(source: source, count: commits).run()
        for percentile in Self.percentiles { add(.commit(percentile), percentile.microseconds(of: delays)) }

        let isFirst = side.search == nil
        var search = side.search ?? CapacitySearch(source: source, follower: follower)
        search.follower = follower
        search.bound = AgeBound(
            milliseconds: ageMilliseconds, settlingSeconds: min(0.5, seconds / 2), windowSeconds: seconds)
        search.rateMax = rateMax
        search.keepsJournal = true
        let carried = try search.carried(from: side.startRate, stride: isFirst ? 1.5 : 1.1, into: &report)
        side.search = search
        if let (held, half) = carried.map({ ($0.held, $0.half) }) {
            side.startRate = held.rate
            add(.carried, held.outcome.copy.carriedMillions)
            add(.written, held.outcome.millionsPerSecond)
            add(.processor, held.processorSeconds ?? .nan)
            for percentile in Self.percentiles {
                add(.age(percentile), percentile.microseconds(of: half.outcome.ages))
            }
        }
        if verifying {
            try follower.waitIdle()
            try source.check(copy, into: &report)
        }
    }

    private func addNotes(_ source: BenchSource, _ sides: [Side], to report: inout Report) {
        report.note(
            """
            `tandem standby`, nbdkit with Tandem's plugin, at a port of 127.0.0.1; writer, replicator and server share \
            this host's processors; one writer, random over \(source.capacity) records
            """)
        for side in sides {
            guard let search = side.search else { continue }
            report.note(search.bound.description)
            report.note("\(side.transport.words), \(search.tried)")
            if let warning = search.writerIsLimit { report.warn("\(side.transport.words), \(warning)") }
        }
        report.note("an age counts from when the change was due, so a writer that comes late makes it no younger")
        report.note("commits are a closed loop: the next one begins when the last one's cut is whole on the copy")
        report.note(
            """
            bulk: \(source.tableBytes) bytes of tables into a blank copy, its blocks touched, from the replicator's \
            start until it is in sync. nbdcopy: as many of the copy's own bytes, zeros sent as well, by as many \
            connections and requests as it takes by itself. fio: as many, 256 KiB each, 16 under way. Both flush, and \
            write to a file in memory, its blocks touched, served by nbdkit's file plugin, with the cipher of GnuTLS's \
            own choice
            """)
    }
}

extension NBDRow {
    private func add(_ series: Series<Measured>, _ transports: [LoopbackTransport], to report: inout Report) {
        for transport in transports {
            func samples(_ quantity: Quantity, _ of: LoopbackTransport) -> Samples {
                series[Measured(transport: of, quantity: quantity)]
            }
            /// Beside the same without TLS.
            func plain(_ quantity: Quantity) -> Figure.Baseline? {
                transport == .plain ? nil : .init(LoopbackTransport.plain.words, samples(quantity, .plain))
            }
            func add(
                _ id: String, _ what: String, _ quantity: Quantity, _ unit: Figure.Unit,
                beside: Figure.Baseline? = nil
            ) {
                report.add(
                    Figure(
                        "nbd.\(transport.rawValue).\(id)", "\(transport.words), \(what)", samples(quantity, transport),
                        unit, beside: beside))
            }
            add(
                "carried", "records carried, age bounded", .carried, .millionsPerSecond,
                beside: plain(.carried) ?? .init("written", samples(.written, .plain)))
            add(
                "processor", "replicator's processor, at that rate", .processor, .secondsAMillion,
                beside: plain(.processor))
            for percentile in Self.percentiles {
                add(
                    "age.\(percentile.rawValue)", "age of the copy at half of it, \(percentile.words)",
                    .age(percentile), .microseconds, beside: plain(.age(percentile)))
            }
            for percentile in Self.percentiles {
                add(
                    "commit.\(percentile.rawValue)", "a commit that waits for the copy, \(percentile.words)",
                    .commit(percentile), .microseconds, beside: plain(.commit(percentile)))
            }
            add("bulk", "a whole copy", .bulk, .gigabytesPerSecond, beside: plain(.bulk))
            for client in NBDClient.allCases where samples(.peer(client), transport).median != nil {
                add(
                    "bulk.\(client.rawValue)", "a whole copy, beside \(client.words)", .bulk, .gigabytesPerSecond,
                    beside: .init(client.words, samples(.peer(client), transport)))
            }
        }
    }
}
