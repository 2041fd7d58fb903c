import ArgumentParser
import Glibc
import Tandem

@main
struct TandemTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "An always-ready copy of live tables in shared memory.",
        discussion: """
            See it work, in about a minute:
              tandem demo

            By hand, each in a terminal of its own:
              tandem create /dev/shm/exchange --workload exchange --calls 1000000
              tandem replicate /dev/shm/exchange --to /dev/shm/exchange.copy
              tandem load /dev/shm/exchange --workload exchange --processes 2 --seconds 30
              tandem status /dev/shm/exchange --watch

            After the source is lost:
              tandem check /dev/shm/exchange.copy
              tandem promote /dev/shm/exchange.copy --to /dev/shm/exchange.new
              tandem audit /dev/shm/exchange.new

            Exit status:
              0   done, nothing found wrong
              1   done, and the answer is no: violations, differences, not promotable,
                  a worker or a step lost
              2   could not be done: a file is missing, foreign, damaged or in use,
                  the system refused, or the output could not be written
              64  the command line was wrong
              130 the demo was stopped by Ctrl-C (128 and the signal's number)

            With --json each report is an object a line, refusals too, every key always
            there, null where nothing is known; docs/JSON.md describes each.
            """,
        version: "unreleased",
        subcommands: [
            CreateCommand.self, ReplicateCommand.self, AttachCommand.self, DetachCommand.self, ForgetCommand.self,
            StandbyCommand.self, StatusCommand.self, VerifyCommand.self,
            CheckCommand.self, PromoteCommand.self, SwitchoverCommand.self, DemoteCommand.self, InspectCommand.self,
            LoadCommand.self, AuditCommand.self, RelinkCommand.self, DemoCommand.self,
        ])

    static func main() {
        TruncationHandler.listen()
        var isJSON = false
        do {
            var command = try parseAsRoot()
            isJSON = (command as? any ReportingCommand)?.json == true
            try command.run()
        } catch {
            end(error, isJSON: isJSON)
        }
        if Output.firstFailure != 0 { Output.end() }
    }

    private static func end(_ error: any Error, isJSON: Bool) -> Never {
        if let refusal = Refusal(error) {
            if isJSON { Terminal.output.say(jsonLine(refusal)) }
            Terminal.errors.say(Terminal.errors.styled("tandem: ", .red) + refusal.text)
            Glibc.exit(refusal.status)
        }
        // Help and the version are asked for, and go where reports go.
        let status = exitCode(for: error)
        let text = fullMessage(for: error)
        if !text.isEmpty { (status.isSuccess ? Terminal.output : Terminal.errors).say(text) }
        Glibc.exit(status.rawValue)
    }
}
