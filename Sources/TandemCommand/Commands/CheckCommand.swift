import ArgumentParser
import Tandem

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Recover a copy on paper, verify every seal, and print its certificate. Changes nothing.",
        discussion: """
            Examples:
              tandem check /dev/shm/exchange.copy
              tandem check /dev/shm/exchange.copy --json

            Exit status: 0 it can be promoted, 1 it cannot (the certificate says why), 2 it cannot be read.
            """)

    @Argument(help: "Copy data file.")
    var copy: String

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        let certificate = try CopyCheck.check(at: copy)
        Terminal.output.say(json ? jsonLine(certificate) : certificate.text(on: .output))
        if !certificate.isPromotable { throw ExitCode(ExitStatus.found.rawValue) }
    }
}
