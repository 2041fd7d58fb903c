import ArgumentParser
import Tandem

struct RelinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relink",
        abstract: "Keep a source that was deleted while it is in use, and give it its name back.",
        discussion: """
            A deleted file lives on in the processes that have it open, and is gone with the last of them. Linux gives \
            such a file no new name; so it is held here, and when its writers and its replicator have ended, it is \
            copied under its old name, byte for byte: everything that was committed, also what no copy has seen. Run \
            it first, then end them; start them again when it is done.

            Examples:
              tandem relink /dev/shm/exchange
              tandem relink /dev/shm/exchange --json

            Exit status: 0 the file is back, 2 nobody has it open, its name is taken, or it was interrupted.
            """)

    @Argument(help: "Path that the source had.")
    var source: String

    @Flag(help: "Report as JSON.")
    var json = false

    private struct Report: Encodable {
        let path: String
        let waitedSeconds: Double
    }

    func run() throws {
        Interruption.listen()
        let start = Instant.now
        let relinking = try Relinking(path: source)
        var line = LiveLine(on: .errors)
        while case .waiting(let processes) = try relinking.proceed() {
            guard !Interruption.isRequested else {
                throw CommandFailure("\(source): interrupted; it is still without a name, in use by \(text(processes))")
            }
            if !json { line.show("\(source.shown): held; end its writers and its replicator: \(text(processes))") }
            Instant.sleep(seconds: 0.1)
        }
        line.end()
        let waited = Instant.now - start
        Terminal.output.say(
            json
                ? jsonLine(Report(path: source, waitedSeconds: waited))
                : """
                \(source.shown): it is back, as its last process has left it; start its replicator and its writers \
                again
                """)
    }

    private func text(_ processes: [Int]) -> String {
        processes.isEmpty
            ? "no process that is known"
            : (processes.count == 1 ? "process " : "processes ")
                + processes.map { $0 == 0 ? "unknown" : "\($0)" }.joined(separator: ", ")
    }
}
