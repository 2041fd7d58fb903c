import ArgumentParser
import Tandem

struct DetachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Have the replicator that runs keep a copy no more.",
        discussion: """
            The copy stays as it is, and can be promoted if it could before. What it misses from now on is remembered: \
            attached again, it lacks only that. Answered when nothing is under way to it any more.

            Examples:
              tandem detach /dev/shm/exchange /var/lib/exchange.copy

            Exit status: 0 done, 2 it could not be, and the message says why.
            """)

    @OptionGroup var request: CopyRequest

    var json: Bool { request.json }

    func run() throws {
        try request.perform("detach", "is followed no more; what it misses is remembered") { try $0.detach(copy: $1) }
    }
}
