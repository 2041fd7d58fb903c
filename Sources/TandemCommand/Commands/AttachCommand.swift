import ArgumentParser
import Tandem

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Have the replicator that runs keep one copy more.",
        discussion: """
            The copy gets the options that the replicator was started with, and what the others get from then on; a \
            new one is made. Nobody waits for it. It is followed until the replicator ends: name it with --to when \
            that is started again.

            Examples:
              tandem attach /dev/shm/exchange /var/lib/exchange.copy
              tandem attach /dev/shm/exchange nbd://10.0.0.2/exchange

            Exit status: 0 done, 2 it could not be, and the message says why.
            """)

    @OptionGroup var request: CopyRequest

    var json: Bool { request.json }

    func run() throws {
        try request.perform("attach", "is followed; `tandem status` shows how far it is") { try $0.attach(copy: $1) }
    }
}
