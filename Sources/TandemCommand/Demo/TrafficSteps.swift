import Glibc
import Tandem
import TandemCore

struct CreateSource: DemoStep {
    let title = "create the exchange's tables in shared memory"

    func run(on stage: Stage) throws -> String {
        var options = SourceOptions()
        // Writers at full speed on few processors can change all there is while the replicator waits for its turn: such
        // a cut still fits.
        options.journalBytes = max(256 << 20, stage.options.calls * 512)
        options.writers = 4
        let source = try SourceDataFile.create(
            at: stage.sourcePath, tables: ExchangeTables.definitions(calls: stage.options.calls), options: options)
        stage.source = source
        stage.copy.generation = source.generation.description
        return "\(Figures.count(stage.options.calls)) call slots, \(ExchangeTables.trunkCount) trunks, "
            + "\(Figures.count(ExchangeTables.accountCount)) accounts: \(Figures.bytes(source.layout.tablesEnd))"
    }
}

struct StartTraffic: DemoStep {
    let title = "traffic: \(Stage.writerCount) writer processes at full speed, no copy yet"

    func run(on stage: Stage) throws -> String {
        for number in 0 ..< Stage.writerCount {
            stage.writers.append(try stage.startWriter(number, on: stage.sourcePath))
        }
        try stage.waitForTraffic()
        let rate = try stage.observe(seconds: stage.share(0.1)) { _, rate in "\(Figures.rate(rate)) transactions" }
        stage.score.rateAlone = rate
        stage.score.figure("transactions, no copy", Figures.rate(rate))
        return "\(Figures.rate(rate)) transactions, each over 2 to 4 records"
    }
}

struct BulkCopyUnderLoad: DemoStep {
    let title = "bulk copy while they write"

    func run(on stage: Stage) throws -> String {
        stage.replicator = try stage.startReplicator()
        let seconds = try stage.waitForSync(60)
        let bytes = stage.options.calls * 256
        stage.score.figure(
            "bulk copy under load",
            "\(Figures.duration(seconds: seconds)), \(Figures.byteRate(Double(bytes) / seconds))")
        return "in sync after \(Figures.duration(seconds: seconds))"
    }
}

struct FollowInSync: DemoStep {
    let title = "in sync: the copy follows"

    func run(on stage: Stage) throws -> String {
        var ages: [Double] = []
        let rate = try stage.observe(seconds: stage.share(0.3)) { glance, rate in
            "\(glance.words); \(Figures.rate(rate)) transactions"
        } sample: { glance in
            if let age = glance.status.ageMicroseconds { ages.append(age) }
        }
        guard !ages.isEmpty else { throw StepFailure("it did not stay in sync: \(try stage.glance().words)") }
        ages.sort()
        let median = Figures.duration(seconds: ages[ages.count / 2] / 1e6)
        let tail = Figures.duration(seconds: ages[ages.count * 99 / 100] / 1e6)
        stage.score.rateInSync = rate
        stage.score.figure("transactions, copy in sync", Figures.rate(rate))
        stage.score.figure(
            "age of the copy",
            "\(median) in the median, \(tail) at the 99th percentile of \(Figures.count(ages.count)) looks")
        return
            """
            \(Figures.rate(rate)) transactions; the copy is \(median) old in the median, \(tail) at the 99th percentile
            """
    }
}

struct RestartTraffic: DemoStep {
    let title = "traffic again, on the promoted source"

    func run(on stage: Stage) throws -> String {
        let source = try SourceDataFile.open(at: stage.promotedPath)
        stage.source = source
        let before = try ExchangeAudit.run(stage.promotedPath)
        for number in 0 ..< Stage.writerCount {
            stage.writers.append(try stage.startWriter(number, on: stage.promotedPath))
        }
        try stage.waitForTraffic()
        let rate = try stage.observe(seconds: stage.share(0.08)) { _, rate in "\(Figures.rate(rate)) transactions" }
        for writer in stage.writers { writer.send(SIGTERM) }
        for writer in stage.writers {
            guard writer.wait(seconds: 10) == .exited(0) else {
                throw StepFailure("the \(writer.name) did not stop cleanly")
            }
        }
        stage.writers = []
        let after = try ExchangeAudit.run(stage.promotedPath)
        guard after.isClean else {
            throw StepFailure("\(after.violationCount) violations after it, first: \(after.violations[0])")
        }
        return
            """
            \(Figures.rate(rate)) transactions on \(Figures.count(before.callsUp)) calls carried over; audit clean \
            after it
            """
    }
}
