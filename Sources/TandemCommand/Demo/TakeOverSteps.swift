import Tandem

struct PromoteCopy: DemoStep {
    let title = "promote the copy"

    func run(on stage: Stage) throws -> String {
        let start = Instant.now
        // A copy in memory becomes the source where it stands; one on a disk is loaded into memory.
        let target = stage.options.copy == nil ? nil : stage.promotedPath
        let certificate = try Promotion.promotePatiently(copy: stage.copyPath, to: target, force: false)
        let seconds = Instant.now - start
        stage.score.figure("promotion", "\(Figures.duration(seconds: seconds)): \(certificate.words)")
        return "\(certificate.words), in \(Figures.duration(seconds: seconds))"
    }
}

struct AuditPromoted: DemoStep {
    let title = "audit the promoted source and every acknowledged commit"

    func run(on stage: Stage) throws -> String {
        let promises = try AcknowledgementReader.read(stage.acknowledgementPath)
        guard !promises.isEmpty else { throw StepFailure("no commit was ever acknowledged") }
        let report = try ExchangeAudit.run(stage.promotedPath, acknowledgements: promises)
        guard report.isClean else {
            throw StepFailure("\(report.violationCount) violations, first: \(report.violations[0])")
        }
        // The dead source still lies there, in mid-transaction: only its count of transactions is of interest.
        let dead = try ExchangeAudit.run(stage.sourcePath)
        let lost = dead.transactions &- report.transactions
        let window =
            stage.score.rateInSync > 0
            ? " (\(Figures.duration(seconds: Double(lost) / stage.score.rateInSync)) of traffic)" : ""
        stage.score.survive(
            "everything killed at once",
            """
            the copy lacks the last \(Figures.count(lost)) of \(Figures.count(dead.transactions)) \
            transactions\(window), as whole ones
            """
        )
        stage.score.survive(
            "audit",
            """
            0 violations in \(Figures.count(report.callsUp)) calls that are up; all \(Figures.count(promises.count)) \
            acknowledged commits are there
            """
        )
        return "clean: \(Figures.count(report.callsUp)) calls up, \(Figures.count(report.transactions)) transactions, "
            + "\(Figures.count(promises.count)) acknowledged commits all there"
    }
}
