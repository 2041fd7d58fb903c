import ArgumentParser
import Tandem

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare a copy with its source, record by record, also under load.",
        discussion: """
            A record counts as different only when the copy holds a cut that includes the record's last change and \
            still says \
            something else; what is merely on its way is looked at again.

            Examples:
              tandem verify /dev/shm/exchange /dev/shm/exchange.copy
              tandem verify /dev/shm/exchange /dev/shm/exchange.copy --json

            Exit status: 0 equal, 1 records differ or the copy lacks cuts, 2 a file cannot be read or the copy is not \
            whole.
            """)

    @Argument(help: "Source data file.")
    var source: String

    @Argument(help: "Copy data file.")
    var copy: String

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        var line = LiveLine(on: .errors)
        let verification = try Verification.compare(source: SourceDataFile.open(at: source), copy: copy) {
            soFar, open in
            let looks = Figures.count(soFar.rounds, "look")
            if !json {
                line.show(
                    """
                    \(Figures.count(soFar.recordsCompared)) records equal after \(looks), \(Figures.count(open)) on \
                    their way
                    """
                )
            }
        }
        line.end()
        Terminal.output.say(json ? jsonLine(verification) : text(verification))
        if !verification.isSound { throw ExitCode(ExitStatus.found.rawValue) }
    }

    private func text(_ result: Verification) -> String {
        var lines = [
            """
            \(Figures.count(result.recordsCompared)) records compared at cut \(Figures.count(result.cut)), in \
            \(Figures.count(result.rounds, "look"))
            """
        ]
        if result.recordsTooHot > 0 {
            lines.append(
                """
                  \(Figures.count(result.recordsTooHot)) kept changing, or wait for a replicator: neither equal nor \
                different
                """
            )
        }
        for difference in result.differences.prefix(20) {
            lines.append(
                Terminal.output.styled(
                    """
                      \(difference.table)[\(difference.index)]: epoch \(difference.sourceEpoch) in the source, \
                    \(difference.copyEpoch) in the copy
                    """,
                    .red))
        }
        if result.differences.count > 20 {
            lines.append("  … and \(Figures.count(result.differences.count - 20)) more")
        }
        if result.lacksCuts {
            lines.append(
                Terminal.output.styled(
                    """
                      the copy ends at cut \(Figures.count(result.cut)), and the source knows cut \
                    \(Figures.count(result.sourceCut)) to be on it: it is an older copy, or its journal is damaged
                    """,
                    .red))
        }
        lines.append(verdict(result))
        return lines.joined(separator: "\n")
    }

    private func verdict(_ result: Verification) -> String {
        let output = Terminal.output
        guard result.differences.isEmpty else {
            return output.styled("\(Figures.count(result.differences.count)) records differ", .red)
        }
        if result.lacksCuts { return output.styled("the copy lacks cuts", .red) }
        guard result.recordsTooHot == 0 else {
            return output.styled("no difference found; \(Figures.count(result.recordsTooHot)) not compared", .yellow)
        }
        return output.styled("no difference", .green)
    }
}
