import ArgumentParser
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
                  or the system refused
              64  the command line was wrong
            """,
        version: "unreleased",
        subcommands: [
            CreateCommand.self, ReplicateCommand.self, StatusCommand.self, VerifyCommand.self, CheckCommand.self,
            PromoteCommand.self, InspectCommand.self, LoadCommand.self, AuditCommand.self, DemoCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as TandemError {
            end(error.description, .cannot)
        } catch let error as CommandFailure {
            end(error.description, error.status)
        } catch {
            exit(withError: error)
        }
    }

    private static func end(_ message: String, _ status: ExitStatus) -> Never {
        Terminal.errors.say(Terminal.errors.styled("tandem: ", .red) + message)
        exit(withError: ExitCode(status.rawValue))
    }
}
