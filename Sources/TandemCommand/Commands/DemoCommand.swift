import ArgumentParser

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch it work: traffic, copy, faults, take-over, audit, in about a minute.",
        discussion: """
            Two writer processes and a replicator are started, and then: bulk copy under load; in sync; the copy taken \
            away and \
            brought back; a writer, the replicator, and everything at once killed with kill -9; promotion; audit; \
            traffic \
            again. Files are made in /dev/shm under a name of their own and removed at the end, also after Ctrl-C. \
            With --copy the \
            copy is the file of that name, which must be free, and PATH.away and PATH.rebuild too; it is removed at \
            the end. \
            Nothing that was there before is ever overwritten, moved or removed.

            Examples:
              tandem demo
              tandem demo --calls 4000000 --seconds 120
              tandem demo --copy /var/tmp/exchange.copy

            Exit status: 0 when every step succeeded, 1 when one failed, 2 when it could not start, 130 after Ctrl-C \
            (128 and the signal's number).
            """)

    @Option(parsing: .unconditional, help: "Call slots (default: 1048576).", transform: Arguments.positive)
    var calls: Int = 1_048_576

    @Option(parsing: .unconditional, help: "About how long it takes (default: 60).", transform: Arguments.seconds)
    var seconds: Double = 60

    @Option(help: .init("Where the copy is made, on a disk perhaps: a name that is free.", valueName: "path"))
    var copy: String?

    @Flag(help: "Leave the files behind.")
    var keep = false

    @Flag(help: "Report as JSON at the end; the steps are then shown on standard error.")
    var json = false

    func validate() throws {
        guard calls >= Stage.writerCount else {
            throw ValidationError("Give at least \(Stage.writerCount) call slots.")
        }
        guard calls <= 1 << 30 else { throw ValidationError("Give at most 1073741824 call slots.") }
    }

    func run() throws {
        let options = Demo.Options(calls: calls, seconds: seconds, copy: copy, keepsFiles: keep)
        let report = try Demo.run(options, on: json ? .errors : .output)
        if json { Terminal.output.say(jsonLine(report)) }
        if report.stoppedAt != nil { throw ExitCode(Interruption.exitStatus) }
        if report.failedAt != nil { throw ExitCode(ExitStatus.found.rawValue) }
    }
}
