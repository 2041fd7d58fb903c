import Glibc
import TandemCore

/// What the seeds so far came to, with a line that moves while people watch.
struct Tally {
    private let total: Int
    private var seeds = 0
    private var transactions = 0
    private var steps: UInt64 = 0
    private var checks = 0
    private var counters = [UInt64](repeating: 0, count: Counter.allCases.count)
    private var faults = 0
    private let start = Tally.now()
    private var shown: Double = 0
    private let isTerminal = isatty(2) == 1

    init(total: Int) { self.total = total }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    mutating func add(_ outcome: Simulation.Outcome) {
        seeds += 1
        transactions += outcome.transactions
        steps += outcome.steps
        checks += outcome.checks
        for place in counters.indices { counters[place] += outcome.counters[place] }
        faults += outcome.faults
        guard isTerminal, seeds % 64 == 0 else { return }
        let passed = Tally.now() - start
        guard passed - shown > 0.25 else { return }
        shown = passed
        let rate = Double(seeds) / passed
        show("\(seeds) of \(total) seeds, \(Int(rate))/s, \(Int(Double(total - seeds) / rate)) s left")
    }

    func clearLine() {
        if isTerminal { show("") }
    }

    private func show(_ line: String) {
        let text = Array("\r\u{1B}[K\(line)".utf8)
        _ = write(2, text, text.count)
    }

    func end() {
        clearLine()
        let passed = Tally.now() - start
        print(
            "\(seeds) seeds in \(Int(passed)) s (\(Int(Double(seeds) / max(passed, 0.001)))/s): \(transactions) transactions, \(faults) faults, \(checks) states of the copy examined, \(steps) steps"
        )
        // A promise that held in states that were never reached would mean little.
        let reached = Counter.allCases.map { "\($0) \(counters[$0.rawValue])" }
        print("reached: " + reached.joined(separator: ", "))
    }
}
