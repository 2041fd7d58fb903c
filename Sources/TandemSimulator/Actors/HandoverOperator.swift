import TandemCore

/// Somebody who hands the source over to one of its copies now and then, and whom nobody helps: the copy is not
/// promoted, and the source is taken back. What the copy says meanwhile is examined by whoever looks at it.
struct HandoverOperator {
    private var random: SeededRandom
    private var next: UInt64
    /// Since when writers have stood still.
    private var stopped: UInt64?
    /// Longer than any fault but those that last until somebody mends them.
    private static let patience: UInt64 = 400_000

    init(seed: UInt64, now: UInt64) {
        random = SeededRandom(seed: seed)
        next = now + random.around(30_000)
    }

    mutating func act(on agent: inout Agent, at now: UInt64, _ world: World) {
        guard now >= next else { return }
        if world.area.attention.load() & ControlFlags.handingOver == 0 { stopped = nil }
        let since = stopped ?? now
        stopped = since
        if now - since > Self.patience {
            // The copy does not come back, and the person knows that nobody has promoted it.
            world.tell("the source is taken back without asking the copy")
            world.isTakenBackForced = true
            agent.engine.takeBackForced()
        }
        next = now + random.around(5_000)
        let place = random.below(agent.engine.copyCount)
        switch agent.engine.handoverOutcome {
        case .underWay:
            if random.below(8) == 0 { agent.engine.takeBack() }
        case .standing:
            // Whoever was about to commit has done so by now.
            world.isExaminationDue = true
            if random.below(2) == 0 {
                world.tell("the source is taken back")
                agent.engine.takeBack()
            }
        case .busy, .copyGone, .takenBack, .superseded, nil:
            world.tell("the source is handed over to copy \(place)")
            agent.engine.handOver(to: place, within: random.around(100_000))
        }
    }

    /// Nobody hands anything over any more.
    static func end(on agent: inout Agent) {
        switch agent.engine.handoverOutcome {
        case .underWay, .standing: agent.engine.takeBack()
        case .busy, .copyGone, .takenBack, .superseded, nil: break
        }
    }
}
