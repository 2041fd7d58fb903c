import ArgumentParser
import Tandem

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Recover a copy on paper, verify every seal, and print its certificate. Changes nothing.",
        discussion: """
            Of several, the last line names the newest that can be promoted.

            Examples:
              tandem check /dev/shm/exchange.copy
              tandem check /dev/shm/exchange.copy /var/lib/exchange.copy
              tandem check /dev/shm/exchange.copy --json

            Exit status: 0 each can be promoted, 1 one cannot (its certificate says why), 2 one cannot be read.
            """)

    @Argument(help: "Copy data file; several are compared.")
    var copies: [String]

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        var certificates: [Certificate] = []
        for copy in copies {
            let certificate = try CopyCheck.check(at: copy)
            certificates.append(certificate)
            Terminal.output.say(json ? jsonLine(certificate) : certificate.text(on: .output))
        }
        let promotable = certificates.filter(\.isPromotable)
        if !json, copies.count > 1, let newest = promotable.max(by: { $0.cut < $1.cut }) {
            let isOne = Set(certificates.map(\.generation)).count == 1
            Terminal.output.say(
                isOne
                    ? "newest: \(newest.path.shown), with cut \(Figures.count(newest.cut))"
                    : "they are not of one life of one source: their cuts cannot be compared")
        }
        if promotable.count < certificates.count { throw ExitCode(ExitStatus.found.rawValue) }
    }
}
