internal import Tandem
internal import TandemCore

/// Tandem, given the same work in the same minutes.
final class TandemPeer {
    private let memory: Scratch
    private let source: BenchSource
    private let durableSource: BenchSource
    private let durable: Follower
    private let host: FollowerHost
    private let updates: Int
    private let commits: Int
    /// From each repetition's bulk copy on.
    private var follower: Follower?

    init(bytes: Int, disk: Scratch, host: FollowerHost, scale: Double) throws {
        memory = try Scratch()
        source = try BenchSource(memory, bytes: bytes)
        try source.fill()
        durableSource = try BenchSource(memory, name: "durable", bytes: min(bytes, 64 << 20))
        try durableSource.fill()
        durable = try Follower(durableSource, copy: disk.path("copy"), in: host, durable: true)
        self.host = host
        updates = max(20_000, Int(2_000_000 * scale))
        commits = max(100, Int(2000 * scale))
        try durable.waitIdle()
    }

    func perform(_ work: String, into report: inout Report) throws -> [Double] {
        switch work {
        case "bulk": return [try bulk()]
        case "updates":
            let outcome = try Load(source: source).run(until: .transactions(updates))
            if !outcome.copy.stayedInSync { report.fail("the copy did not stay in sync while records were updated") }
            return [Double(outcome.transactions) / (outcome.seconds + outcome.lagSeconds) / 1e6]
        case "commits":
            try follower?.waitIdle()
            return try delays(of: source, commits)
        default: return try delays(of: durableSource, max(50, commits / 4))
        }
    }

    private func bulk() throws -> Double {
        follower?.stop()
        let copy = memory.path("copy")
        Scratch.removeFile(copy)
        try BlankFile.lay(copy, bytes: source.file.layout.copyBytes)
        let follower = try Follower(source, copy: copy, in: host)
        self.follower = follower
        try follower.waitInSync(seconds: 600)
        let seconds = Double(source.counters[.since].load() - follower.startedAt) / 1e9
        try follower.waitIdle()
        return Double(source.tableBytes) / 1e9 / seconds
    }

    private func delays(of source: BenchSource, _ count: Int) throws -> [Double] {
        let delays = try WaitingCommits(source: source, count: count).run()
        return [delays.microseconds(50), delays.microseconds(99)]
    }

    func end() {
        follower?.stop()
        durable.stop()
    }
}
