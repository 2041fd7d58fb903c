import ArgumentParser
import Tandem
import TandemStandby

struct SwitchoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchover",
        abstract: "Hand a source over to one of its copies, with nothing missing.",
        discussion: """
            For maintenance, not for a source that is lost: that is 'tandem promote'. The source's replicator stops \
            the writers, whose transactions fail and change nothing from then on, brings everything to the copy, and \
            says so on it; then the copy is promoted. A copy on this host is promoted by this command; one at a \
            standby, by 'tandem standby' there. The programs then attach to the promoted source. If it is not promoted \
            in time, the writers go on, once the copy says no more that it may be.

            Examples:
              tandem switchover /dev/shm/exchange /dev/shm/exchange.copy
              tandem switchover /dev/shm/exchange nbds://10.0.0.2/exchange.copy
              tandem switchover /dev/shm/exchange /var/exchange.copy --to /dev/shm/new
              tandem switchover /dev/shm/exchange --take-back

            Exit status: 0 handed over, or taken back, 1 the writers go on, 2 it could not be, and the message says why.
            """)

    @Argument(help: "Source data file.")
    var source: String

    @Argument(help: "Copy data file or a standby's export, as 'tandem status' shows it.")
    var copy: String?

    @Option(name: .customLong("to"), help: .init("Path of the new source, in memory.", valueName: "source"))
    var newSource: String?

    @Option(
        help: .init(
            "How long the writers may stand still until the copy is promoted (default 10s).", valueName: "time"),
        transform: Arguments.duration)
    var within: Duration = .seconds(10)

    @Flag(name: .customLong("take-back"), help: "Let the writers go on, if the copy was not promoted.")
    var takesBack = false

    @Flag(help: "With --take-back: without asking the copy. Two sources live if it was promoted.")
    var force = false

    @Flag(help: "Report as JSON.")
    var json = false

    func validate() throws {
        guard takesBack == (copy == nil) else {
            throw ValidationError("Give the copy that takes over, or --take-back.")
        }
        guard takesBack || !force else { throw ValidationError("--force goes with --take-back.") }
        guard newSource == nil || !takesBack else { throw ValidationError("--to goes with a copy.") }
        if let copy, newSource != nil, StandbyAddress.isAddress(copy) {
            throw ValidationError("A standby's copy becomes the source where it stands: leave --to away.")
        }
    }

    func run() throws {
        Interruption.listen()
        let source = try SourceDataFile.open(at: source)
        guard let copy else { return try takeBack(source) }
        let switchover = Switchover(source: source, copy: copy, newSource: newSource, limit: within)
        let begun = try switchover.handOver()
        let report: Switchover.Report
        do throws(TandemError) { report = try switchover.takeOver(begun) } catch {
            throw CommandFailure(error, status: .found)
        }
        Terminal.output.say(json ? jsonLine(report) : report.text)
    }

    private func takeBack(_ source: SourceDataFile) throws {
        try source.takeBack(force: force)
        let report = TakenBack(source: source.path)
        Terminal.output.say(
            json ? jsonLine(report) : "\(source.path.shown): taken back; writers go on as soon as its copy has said so")
    }

    private struct TakenBack: Encodable {
        let source: String
        let done = "taken back"
    }
}

extension SwitchoverCommand: ReportingCommand {}
