import TandemCore

/// What the seeds so far came to, with a line that moves while people watch.
struct Tally {
    private let total: Int
    private var seeds = 0
    private var transactions = 0
    private var steps: UInt64 = 0
    private var checks = 0
    private var arrivals = 0
    private var counters = [UInt64](repeating: 0, count: Counter.allCases.count)
    private var faults = 0
    private var keyed = KeyedReach()
    private var keyedSeeds = 0
    private var network = NetworkReach()
    private var networkSeeds = 0
    private let start = ProgressLine.now()
    private let line = ProgressLine()

    init(total: Int) { self.total = total }

    mutating func add(_ outcome: Simulation.Outcome) {
        seeds += 1
        transactions += outcome.transactions
        steps += outcome.steps
        checks += outcome.checks
        arrivals += outcome.arrivals
        for place in counters.indices { counters[place] += outcome.counters[place] }
        faults += outcome.faults
        if let reach = outcome.keyed {
            keyed += reach
            keyedSeeds += 1
        }
        if let reach = outcome.network {
            network += reach
            networkSeeds += 1
        }
        line.show(progress)
    }

    private var progress: String {
        let rate = Double(seeds) / max(ProgressLine.now() - start, 0.001)
        return "\(seeds) of \(total) seeds, \(Int(rate))/s, \(Int(Double(total - seeds) / rate)) s left"
    }

    func clearLine() { line.clear() }

    func end() {
        clearLine()
        let passed = ProgressLine.now() - start
        print(
            """
            \(seeds) seeds in \(Int(passed)) s (\(Int(Double(seeds) / max(passed, 0.001)))/s): \(transactions) \
            transactions, \(faults) faults, \(checks) states of the copy examined, \(steps) steps
            """
        )
        // A promise that held in states that were never reached would mean little.
        let reached = Counter.allCases.map { "\($0) \(counters[$0.rawValue])" }
        print("reached: " + reached.joined(separator: ", "))
        print("as it arrived at a standby: \(arrivals) states of the copy examined")
        print("over a network \(networkSeeds) seeds: \(network.summary)")
        print("with a keyed table \(keyedSeeds) seeds: \(keyed.summary)")
    }
}
