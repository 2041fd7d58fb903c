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
            inside, promote again. Of several copies the newest is the one: name the others with --among, and one that \
            is behind is refused. End the replicator of the copy before: what it has locked is not promoted.

            Examples:
              tandem promote /dev/shm/exchange.copy
              tandem promote /var/lib/exchange.copy --to /dev/shm/exchange.new
              tandem promote /dev/shm/exchange.copy --among /var/lib/exchange.copy

            Exit status: 0 promoted, 1 the copy is not promotable, 2 it cannot be read, is in use, or there is no room.
            """)

    @Argument(help: "Copy data file.")
    var copy: String

    @Option(name: .customLong("to"), help: .init("Path of the new source, in memory.", valueName: "source"))
    var source: String?

    @Option(
        name: .customLong("among"),
        help: .init("Another copy of the same source, which must not be ahead; may be given again.", valueName: "copy"))
    var others: [String] = []

    @Flag(
        help: """
            Promote a copy that is not whole, is behind another or has broken seals: records may be torn, transactions \
            half there.
            """)
    var force = false

    @Flag(help: "Report as JSON.")
    var json = false

    func run() throws {
        do {
            let certificate = try Promotion.promotePatiently(copy: copy, to: source, among: others, force: force)
            Terminal.output.say(json ? jsonLine(certificate) : certificate.text(on: .output))
        } catch let error where error.code == .notPromotable {
            throw CommandFailure(error, status: .found)
        }
    }
}
