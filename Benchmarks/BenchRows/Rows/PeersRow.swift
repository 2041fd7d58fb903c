/// `peers`: the same work for Tandem and for programs that people use for such work, in turn and in the same minutes.
public struct PeersRow: BenchRow {
    public static let name = "peers"
    public static let abstract = "The same work, done by Tandem and by its peers."
    public var common = CommonOptions()
    public var bytes = 1 << 30
    /// 1 for as many operations as a figure needs.
    public var scale = 1.0
    /// Where the peers' programs are, as `make peers` builds them.
    public var programs = ".build/peers"
    /// Which of them are asked.
    public var names = Peer.names
    /// Which of them find records by their keys: first and by themselves, as there is no room for all of them at once.
    public var finders = Peer.finders

    public init() {}

    public var expectedSeconds: Double {
        let size = Double(bytes) / Double(1 << 30)
        return 60 * size + Double(common.repetitions) * (20 * size + 20 * scale)
    }

    public mutating func makeQuick() {
        bytes = 64 << 20
        scale = 0.05
    }

    private struct Place: Hashable {
        var work: PeerWork
        /// Nil: Tandem's.
        var peer: String?
    }

    public static var parts: Int { 2 }

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let disk = try Scratch(in: common.disk)
        var series = Series<Place>()
        try measureFinds(disk, &series, &report, progress)
        progress.step("filling Tandem's sources")
        let tandem = try TandemPeer(bytes: bytes, disk: disk, host: common.host, scale: scale)
        defer { tandem.end() }
        try ask(names, PeerWork.commands, disk, &series, &report, progress) { work, report in
            try tandem.perform(work, into: &report)
        }
        report.note(
            """
            records of 240 bytes, \(bytes >> 20) MiB of them with their headers, at random; what each program did for \
            its figures stands in Benchmarks/Peers/README.md
            """)
        report.noteDisk(common.disk)
    }

    private func measureFinds(
        _ disk: Scratch, _ series: inout Series<Place>, _ report: inout Report, _ progress: BenchProgress
    ) throws {
        progress.step("filling Tandem's keyed table")
        let tandem = try TandemFinds(bytes: bytes, scale: scale)
        try ask(finders, [PeerWork.finds.request.command], disk, &series, &report, progress) { _, _ in
            [try tandem.nanosecondsEach()]
        }
    }

    /// Each work in turn of Tandem and of those of the programs that do it, so often.
    private func ask(
        _ names: [String], _ commands: [String], _ disk: Scratch, _ series: inout Series<Place>,
        _ report: inout Report, _ progress: BenchProgress,
        tandem: (_ work: String, _ report: inout Report) throws -> [Double]
    ) throws {
        var peers: [Peer] = []
        defer { for peer in peers { peer.end() } }
        for name in names {
            progress.step("filling \(name)")
            do {
                peers.append(
                    try Peer(name, in: programs, bytes: bytes, disk: disk.directory, scale: scale))
                let version = "\(name): \(peers.last!.version)"
                if !report.notes.contains(version) { report.note(version) }
            } catch { report.warn("\(name) is missing: \(error)") }
        }
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions, commands[0])
            for command in commands {
                note(try tandem(command, &report), command, nil, &series)
                for peer in peers {
                    do {
                        guard let numbers = try peer.perform(command) else { continue }
                        note(numbers, command, peer.name, &series)
                    } catch {
                        report.fail("\(peer.name), \(command): \(error)")
                    }
                }
            }
        }
        add(series, peers, of: commands, to: &report)
    }

    private func note(_ numbers: [Double], _ command: String, _ peer: String?, _ series: inout Series<Place>) {
        for work in PeerWork.allCases where work.request.command == command {
            guard work.request.number < numbers.count else { continue }
            series.add(Place(work: work, peer: peer), numbers[work.request.number])
        }
    }

    private func add(
        _ series: Series<Place>, _ peers: [Peer], of commands: [String], to report: inout Report
    ) {
        for work in PeerWork.allCases where commands.contains(work.request.command) {
            for peer in peers {
                let theirs = series[Place(work: work, peer: peer.name)]
                guard theirs.median != nil else { continue }
                report.add(
                    Figure(
                        "peers.\(work.rawValue).\(peer.name)", work.words, series[Place(work: work, peer: nil)],
                        work.unit, beside: .init(peer.version, theirs)))
            }
        }
    }
}
