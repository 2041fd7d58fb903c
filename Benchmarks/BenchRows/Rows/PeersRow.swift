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

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        let disk = try Scratch(in: common.disk)
        progress.step("filling Tandem's sources")
        let tandem = try TandemPeer(bytes: bytes, disk: disk, host: common.host, scale: scale)
        defer { tandem.end() }
        var peers: [Peer] = []
        defer { for peer in peers { peer.end() } }
        for name in names {
            progress.step("filling \(name)")
            do {
                peers.append(
                    try Peer(name, in: programs, bytes: bytes, disk: disk.directory, scale: scale))
                report.note("\(name): \(peers.last!.version)")
            } catch { report.warn("\(name) is missing: \(error)") }
        }
        var series = Series<Place>()
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions)
            for command in PeerWork.commands {
                note(try tandem.perform(command, into: &report), command, nil, &series)
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
        add(series, peers, to: &report)
        report.note(
            """
            records of 240 bytes, \(bytes >> 20) MiB of them with their headers, at random; what each program did for \
            its figures stands in Benchmarks/Peers/README.md
            """)
        report.noteDisk(common.disk)
    }

    private func note(_ numbers: [Double], _ command: String, _ peer: String?, _ series: inout Series<Place>) {
        for work in PeerWork.allCases where work.request.command == command {
            guard work.request.number < numbers.count else { continue }
            series.add(Place(work: work, peer: peer), numbers[work.request.number])
        }
    }

    private func add(_ series: Series<Place>, _ peers: [Peer], to report: inout Report) {
        for work in PeerWork.allCases {
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
