import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check the exchange workload's invariants, with code that shares nothing with the engine.",
        discussion: """
            Checked are: each call's fields match its checksum; each trunk is busy with as many calls as are up on it; \
            all \
            account balances together make zero; the numbers of transactions seen by calls, trunks and accounts agree; \
            and \
            with --acks, every commit that a worker was told is on the copy is there.

            The digest is one number for all records and their epochs: a source at rest and a copy of its last cut \
            have the same.

            A copy is read with its journal, and nothing is written to it. Stop the traffic on a source before it is \
            audited: a record held by a writer counts as a violation.

            Examples:
              tandem audit /dev/shm/exchange.new --acks /tmp/acks
              tandem audit /dev/shm/exchange.copy --json

            Exit status: 0 clean, 1 violations, 2 the file cannot be read.
            """)

    @Argument(help: "Source or copy.")
    var path: String

    @Option(
        name: .customLong("acks"),
        help: .init("File of acknowledged commits, as written by 'tandem load --acks'.", valueName: "file"))
    var acknowledgements: String?

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        let promised =
            if let acknowledgements { try AcknowledgementReader.read(acknowledgements) } else { [Acknowledgement]() }
        let report = try ExchangeAudit.run(path, acknowledgements: promised)
        Terminal.output.say(json ? jsonLine(report) : report.text)
        if !report.isClean { throw ExitCode(ExitStatus.found.rawValue) }
    }
}

extension AuditReport {
    var text: String {
        var lines = [
            """
            \(path.shown): \(role), \(Figures.count(callsUp)) of \(Figures.count(calls)) calls up, \
            \(Figures.count(transactions)) transactions
            """
        ]
        if let cut {
            lines[0] +=
                """
                ; cut \(Figures.count(cut)), with \(Figures.count(changesReplayed)) changes of \
                \(Figures.count(cutsReplayed)) cuts from its journal
                """
        }
        lines.append("digest \(digest) of \(Figures.count(records)) records")
        if acknowledgements > 0 { lines.append("acknowledged commits checked: \(Figures.count(acknowledgements))") }
        lines += violations.map { "  " + Terminal.output.styled($0, .red) }
        if violationCount > violations.count {
            lines.append("  … and \(Figures.count(violationCount - violations.count)) more")
        }
        lines.append(
            isClean
                ? Terminal.output.styled("clean: no violation", .green)
                : Terminal.output.styled(
                    "\(Figures.count(violationCount)) \(violationCount == 1 ? "violation" : "violations")", .red))
        return lines.joined(separator: "\n")
    }
}
