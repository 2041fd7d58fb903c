import ArgumentParser
import Tandem

struct ForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Remember a copy no more that nobody follows.",
        discussion: """
            A source remembers what each of its copies misses, eight at most, there or not. A copy that is forgotten \
            gives its place to another. Its file is not touched; given to a replicator again, it is refused without \
            --adopt, as nobody can tell any more whether it holds something that the source lacks.

            Examples:
              tandem forget /dev/shm/exchange /mnt/lost/exchange.copy

            Exit status: 0 done, 2 it could not be, and the message says why.
            """)

    @OptionGroup var request: CopyRequest

    var json: Bool { request.json }

    func run() throws {
        try request.perform("forget", "is forgotten") { try $0.forget(copy: $1) }
    }
}
