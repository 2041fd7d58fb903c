import ArgumentParser
import Tandem

struct ForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Remember a copy no more that nobody follows.",
        discussion: """
            A source remembers what each of its copies misses, eight at most, there or not. A copy that is forgotten \
            gives its place to another. Its file is not touched; given to a replicator again, it is refused without \
            --adopt, as nobody can tell any more whether it holds something that the source lacks.

            Examples:
              tandem forget /dev/shm/exchange /mnt/lost/exchange.copy

            Exit status: 0 done, 2 it could not be, and the message says why.
            """)

    @Argument(help: "Source data file.")
    var source: String

    @Argument(help: "The copy, as `tandem status` shows it.")
    var copy: String

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        try SourceDataFile.open(at: source).forget(copy: copy)
        Terminal.output.say(
            json
                ? jsonLine(CopyRequestReport(source: source, copy: copy, done: "forget"))
                : "\(copy.shown): is forgotten")
    }
}
