import ArgumentParser
import Tandem

struct PromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Make a copy the source.",
        discussion: """
            The copy is brought to its last whole cut, every seal is verified, and it gets a new generation; the old \
            source, \
            should it come back, sees that and stops. Without --to the copy becomes the source where it stands, which \
            is right \
            when it is in memory; with --to its tables are loaded into a new source, and it stays that source's copy. \
            Killed \
            inside, promote again. End the replicator of the copy before: what it has locked is not promoted.

            Examples:
              tandem promote /dev/shm/exchange.copy
              tandem promote /var/lib/exchange.copy --to /dev/shm/exchange.new

            Exit status: 0 promoted, 1 the copy is not promotable, 2 it cannot be read, is in use, or there is no room.
            """)

    @Argument(help: "Copy data file.")
    var copy: String

    @Option(name: .customLong("to"), help: .init("Path of the new source, in memory.", valueName: "source"))
    var source: String?

    @Flag(help: "Promote a copy that is not whole or has broken seals: records may be torn, transactions half there.")
    var force = false

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        do {
            let certificate = try Promotion.promotePatiently(copy: copy, to: source, force: force)
            Terminal.output.say(json ? jsonLine(certificate) : certificate.text(on: .output))
        } catch let error where error.code == .notPromotable {
            throw CommandFailure(error, status: .found)
        }
    }
}
