import Glibc
import Tandem

extension Stage {
    /// Shows the bulk copy's progress until the copy is in sync; returns the seconds it took.
    func waitForSync(_ seconds: Double) throws -> Double {
        var progress = SyncProgress()
        return try wait(for: "in sync", seconds: seconds) { glance in
            glance.isSyncing ? progress.text(glance, bar: terminal.isInteractive) : glance.words
        } until: {
            $0.isInSync
        }
    }
}

struct TakeCopyAway: DemoStep {
    let title = "the copy is taken away (renamed), and comes back"

    func run(on stage: Stage) throws -> String {
        _ = try stage.waitForSync(60)
        let before = try stage.glance()
        try stage.copy.takeAway()
        let noticed = try stage.wait(for: "noticed", seconds: 10, showing: { $0.words }, until: { !$0.isInSync })
        let rate = try stage.observe(seconds: stage.share(0.06)) { glance, rate in
            "\(glance.words); \(Figures.rate(rate)) transactions all the same"
        }
        let status = try stage.glance().status
        let missed = status.missedPages + status.dirtyPages
        try stage.copy.bringBack()
        let seconds = try stage.waitForSync(60)
        let after = try stage.glance()
        let way = after.wayBack(since: before)
        stage.score.survive(
            "copy renamed away",
            "noticed after \(Figures.duration(seconds: noticed)), writers went on at \(Figures.rate(rate)); \(way)")
        return
            """
            back in sync \(Figures.duration(seconds: seconds)) after its return, \(Figures.count(missed)) pages \
            changed meanwhile: \(way)
            """
    }
}

struct KillWriter: DemoStep {
    let title = "kill -9 one writer in mid-traffic"

    func run(on stage: Stage) throws -> String {
        _ = try stage.observe(
            seconds: 0.5, showing: { glance, rate in "\(glance.words); \(Figures.rate(rate)) transactions" })
        let recoveriesBefore = try stage.glance().recoveries
        let victim = stage.writers.removeLast()
        try stage.kill(victim)
        let rate = try stage.observe(seconds: stage.share(0.06)) { _, rate in
            "the other goes on: \(Figures.rate(rate)) transactions"
        }
        guard rate > 1000 else { throw StepFailure("the other writer came to a stop") }
        _ = try stage.waitForSync(60)
        let commits = try stage.glance().commits
        stage.writers.append(try stage.startWriter(Stage.writerCount - 1, on: stage.sourcePath))
        try stage.waitForTraffic(beyond: commits)
        _ = try stage.observe(seconds: 0.5, showing: { _, rate in "both again: \(Figures.rate(rate)) transactions" })
        let recovered = try stage.glance().recoveries > recoveriesBefore
        let end = recovered ? "its half-done transaction was put right" : "it had died between two transactions"
        stage.score.survive("writer killed (SIGKILL)", "the other went on at \(Figures.rate(rate)); \(end)")
        return "the other went on at \(Figures.rate(rate)), cuts too; \(end), and a successor took over its calls"
    }
}

struct KillReplicator: DemoStep {
    let title = "kill -9 the replicator"

    func run(on stage: Stage) throws -> String {
        guard let victim = stage.replicator else { throw StepFailure("there is no replicator") }
        stage.replicator = nil
        let before = try stage.glance()
        try stage.kill(victim)
        let rate = try stage.observe(seconds: stage.share(0.06)) { _, rate in
            "no replicator: \(Figures.rate(rate)) transactions all the same"
        }
        stage.replicator = try stage.startReplicator()
        let process = stage.replicator.map { Int($0.identifier) }
        try stage.wait(for: "taken up", seconds: 10) { $0.status.replicatorProcess == process }
        let seconds = try stage.waitForSync(60)
        let way = try stage.glance().wayBack(since: before)
        stage.score.survive("replicator killed (SIGKILL)", "writers went on at \(Figures.rate(rate)); \(way)")
        return "its successor was in sync after \(Figures.duration(seconds: seconds)): \(way)"
    }
}

struct KillEverything: DemoStep {
    let title = "kill -9 everything at once"

    func run(on stage: Stage) throws -> String {
        _ = try stage.observe(seconds: stage.share(0.08)) { glance, rate in
            "\(glance.words); \(Figures.rate(rate)) transactions"
        }
        _ = try stage.waitForSync(60)
        let victims = stage.writers + [stage.replicator].compactMap { $0 }
        stage.writers = []
        stage.replicator = nil
        for victim in victims { victim.send(SIGKILL) }
        for victim in victims { try stage.kill(victim) }
        stage.source = nil
        return "\(victims.count) processes gone in mid-transaction"
    }
}
