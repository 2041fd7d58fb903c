import CLinuxTrace
import TandemSystem

/// One scenario, with a death after every n-th instruction.
struct Series {
    var scenario: Scenario
    let stand: KillPointFixture
    let every: Int

    mutating func run() throws -> Tally {
        let start = MonotonicClock.now()
        let first = try Victim(of: scenario, on: stand)
        let path = try first.walk()
        if scenario.isKeyed {
            stand.done.take()
            scenario.changes = stand.changes
        }
        try first.kill()
        var tally = Tally()
        tally.instructions = path.addresses.count
        var stage = scenario.stages.lowerBound
        for point in stride(from: 0, to: path.addresses.count, by: every) {
            let victim = try Victim(of: scenario, on: stand)
            let isOnPath = victim.execute(point, of: path)
            if !isOnPath { tally.elsewhere += 1 }
            let place = trace_instruction(victim.process)
            try victim.kill()
            stand.dead.take()
            tally.killed += 1
            tally.count(Autopsy(stand: stand, scenario: scenario).outcome)
            // One that took another way may have come further than those behind it on this one.
            var bound = isOnPath ? stage : scenario.stages.lowerBound
            if !examine(
                &bound, "instruction \(point) of \(path.addresses.count), before \(Self.name(place))", tally.violations)
            {
                tally.violations += 1
            }
            if isOnPath { stage = bound }
        }
        tally.seconds = Double(MonotonicClock.now() - start) / 1e9
        return tally
    }

    /// Looks at the death in every way; false if something is not as it must be, of which the first few are told.
    private func examine(_ stage: inout Int, _ point: @autoclosure () -> String, _ told: Int) -> Bool {
        let autopsy = Autopsy(stand: stand, scenario: scenario)
        var way: Recovery?
        do {
            let seen = try autopsy.stageSeen()
            guard seen >= stage else {
                throw Violation("stage \(stage) was committed some instructions ago, and now \(seen) is seen")
            }
            stage = seen
            for next in Recovery.allCases {
                way = next
                try autopsy.recover(by: next, to: seen)
            }
            return true
        } catch {
            if told < 5 {
                print("\(scenario.name), \(point())\(way.map { ", recovered by \($0.rawValue)" } ?? ""): \(error)")
            }
            return false
        }
    }

    private static func name(_ address: UInt64) -> String {
        var distance: UInt64 = 0
        guard let function = trace_function(address, &distance) else { return "0x" + String(address, radix: 16) }
        return "\(String(cString: function)) + \(distance)"
    }
}
