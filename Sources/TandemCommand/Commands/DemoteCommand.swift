import ArgumentParser
import Tandem

struct DemoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demote",
        abstract: "Make a source that was superseded a copy, where it lies.",
        discussion: """
            When a copy was promoted, and the old source is back, this makes the old source a copy of the new one \
            without copying it: its records are sealed where they lie, and the new source's replicator, given this \
            path, brings only what differs. Until it has, the copy is not promotable. What the old source had that the \
            new one lacks is given up with that. End its writers and its replicator first. Killed inside, demote \
            again. 'tandem standby' does it by itself.

            Examples:
              tandem demote /dev/shm/exchange
              tandem replicate /dev/shm/exchange.copy --to /dev/shm/exchange

            A source of which its replicator has not found out that it was superseded is refused, as what it has \
            might be nowhere else; --force gives it up.

            Exit status: 0 it is a copy, 2 it was not superseded, is in use, is no source, or there is no room.
            """)

    @Argument(help: "Source data file that a promoted copy has taken over from.")
    var source: String

    @Flag(help: "Give a source up of which nothing says that it was superseded, and all that no copy has with it.")
    var force = false

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        let report = try patiently { () throws(TandemError) in try Demotion.demote(source: source, force: force) }
        Terminal.output.say(json ? jsonLine(report) : report.text(on: .output))
    }
}

extension DemoteCommand: ReportingCommand {}
