import ArgumentParser
import Tandem

struct DetachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Have the replicator that runs keep a copy no more.",
        discussion: """
            The copy stays as it is, and can be promoted if it could before. What it misses from now on is remembered: \
            attached again, it lacks only that. Answered when nothing is under way to it any more.

            Examples:
              tandem detach /dev/shm/exchange /var/lib/exchange.copy

            Exit status: 0 done, 2 it could not be, and the message says why.
            """)

    @Argument(help: "Source data file.")
    var source: String

    @Argument(help: "The copy, as `tandem status` shows it.")
    var copy: String

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        try SourceDataFile.open(at: source).detach(copy: copy)
        Terminal.output.say(
            json
                ? jsonLine(CopyRequestReport(source: source, copy: copy, done: "detach"))
                : "\(copy.shown): is followed no more; what it misses is remembered")
    }
}
