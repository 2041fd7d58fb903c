import CSimulation
import TandemCore

/// A scenario run once to count its operations, then once for each operation, kind of fault, and whether it lasts.
struct OperationMatrix {
    let scenario: ScenarioPlan
    let machines: Machines
    /// Only each so manyth operation, and the first of each kind.
    let every: Int

    private(set) var operationCount = 0
    private(set) var cells: [Operation: [Cell]] = [:]
    private(set) var passed = 0
    private(set) var failed = 0
    private(set) var checks = 0
    private(set) var cost = Cost()

    struct Cell {
        var passed = 0
        var count = 0
    }

    /// What the faults that were survived have cost: a promise can be kept more dearly than it need be.
    struct Cost {
        var nothing = 0
        var outage = 0
        var copiedAnew = 0
    }

    static let columns: [(kind: OperationFault.Kind, lasts: Bool)] = OperationFault.Kind.allCases.flatMap {
        [($0, false), ($0, true)]
    }

    init(_ scenario: ScenarioPlan, machines: Machines, every: Int) {
        self.scenario = scenario
        self.machines = machines
        self.every = every
    }

    /// - Parameters:
    ///   - progress: told of each operation before it is failed.
    ///   - failing: told of each run that broke a promise; says whether to go on.
    mutating func run(
        progress: (Int) -> Void, failing: (_ fault: OperationFault, _ violation: String) -> Bool
    ) {
        name(.none)
        let clean = Scenario(scenario, fault: nil, machines: machines).run()
        operationCount = clean.operations.count
        if let wrong = clean.violation ?? unreached(clean) {
            failed += 1
            _ = failing(.none, wrong)
            return
        }
        var seen: Set<Operation> = []
        for (place, operation) in clean.operations.enumerated() {
            guard seen.insert(operation).inserted || place % every == 0 else { continue }
            progress(place + 1)
            for (column, (kind, lasts)) in Self.columns.enumerated() where kind.canStrike(operation) {
                let fault = OperationFault(operation: place + 1, kind: kind, lasts: lasts)
                name(fault)
                let outcome = Scenario(scenario, fault: fault, machines: machines).run()
                let wrong = violation(outcome, clean, place)
                note(outcome, clean, operation, column, hasPassed: wrong == nil)
                if let wrong, !failing(fault, "\(operation.name): \(wrong)") { return }
            }
        }
    }

    /// For an invariant of the engine that stops the process.
    private func name(_ fault: OperationFault) {
        tandem_simulation_names("scenario \(scenario.seed), \(fault.summary)")
    }

    private func violation(_ outcome: Scenario.Outcome, _ clean: Scenario.Outcome, _ place: Int) -> String? {
        // Else it would be anybody's guess which operation has failed.
        guard outcome.operations.prefix(place + 1) == clean.operations.prefix(place + 1) else {
            return "the run before the fault is not the one that was counted"
        }
        return outcome.violation
    }

    private mutating func note(
        _ outcome: Scenario.Outcome, _ clean: Scenario.Outcome, _ operation: Operation, _ column: Int, hasPassed: Bool
    ) {
        checks += outcome.checks
        cells[operation, default: Array(repeating: Cell(), count: Self.columns.count)][column].count += 1
        guard hasPassed else {
            failed += 1
            return
        }
        passed += 1
        cells[operation]?[column].passed += 1
        if outcome[.returnsFromZero] > clean[.returnsFromZero] {
            cost.copiedAnew += 1
        } else if outcome[.outages] > clean[.outages] {
            cost.outage += 1
        } else {
            cost.nothing += 1
        }
    }

    /// A promise that held in states that were never reached would mean little.
    private func unreached(_ clean: Scenario.Outcome) -> String? {
        let operations = Operation.allCases.filter { isMeant($0) && !clean.operations.contains($0) }.map(\.name)
        let counters: [Counter] = [.sweeps, .replays, .outages, .returnsByCut, .returnsFromZero]
        let missing = operations + counters.filter { clean[$0] == 0 }.map { "\($0)" }
        return missing.isEmpty ? nil : "the scenario does not reach: \(missing.joined(separator: ", "))"
    }

    private func isMeant(_ operation: Operation) -> Bool {
        switch operation {
        case .publish, .publishFlush, .publishFolder: scenario.hasRoomBeside
        case .cutFlush: scenario.plan.options.durable
        default: true
        }
    }
}
