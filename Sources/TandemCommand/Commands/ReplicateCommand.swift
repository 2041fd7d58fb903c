import ArgumentParser
import Tandem

struct ReplicateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replicate",
        abstract: "Keep one copy of a source, or several, until told to stop.",
        discussion: """
            Runs until SIGTERM or Ctrl-C and then stops cleanly; killed in any other way, the next one goes on where \
            it was. It outlives its terminal and the reader of its output. \
            The copy is an existing copy of this source, an empty or blank file or block device, or a file yet to be \
            made; \
            anything else is refused and left as it is. \
            Or it is an export of a server that speaks NBD (nbdkit, qemu-nbd, nbd-server): \
            nbd://HOST:PORT/NAME, nbd+unix:///NAME?socket=PATH, and the same with nbds over TLS. \
            With several copies none waits for another; all of them have the same options.

            Examples:
              tandem replicate /dev/shm/exchange --to /dev/shm/exchange.copy
              tandem replicate /dev/shm/exchange --to /var/lib/exchange.copy --durable
              tandem replicate /dev/shm/exchange --to /dev/shm/copy --cpu 1 --io pwrite
              tandem replicate /dev/shm/ex --to /dev/shm/copy --cpu 1 --lanes 2 --cpus 2,3
              tandem replicate /dev/shm/exchange --to nbds://b/exchange --secret key
              tandem replicate /dev/shm/exchange --to /dev/shm/copy --to /var/lib/copy

            Exit status: 0 stopped as asked, 1 superseded by a promoted copy, 2 could not start, or the copy is \
            nothing that may be written to.
            """)

    @Argument(help: "Source data file.")
    var source: String

    @Option(
        name: .customLong("to"),
        help: .init("Copy data file, or a server's export; up to eight times.", valueName: "copy"))
    var copies: [String]

    @Flag(help: "A cut counts only when it has been flushed to stable storage.")
    var durable = false

    @Option(
        name: .customLong("cut-interval"), parsing: .unconditional,
        help: .init("Least time between two cuts (default: 200us).", valueName: "time"), transform: Arguments.duration)
    var cutInterval: Duration?

    @Option(
        name: .customLong("max-age"), parsing: .unconditional,
        help: .init(
            """
            Hold writers back, at most 50 us in a transaction, so that the copy does not get older (default: never \
            held back).
            """, valueName: "time"), transform: Arguments.duration)
    var maxAge: Duration?

    @Option(
        parsing: .unconditional, help: .init("Processor to run on.", valueName: "number"),
        transform: Arguments.processor)
    var cpu: Int?

    @Option(
        parsing: .unconditional,
        help: .init(
            "Threads that read pages beside this one while a copy is made, 0 to 16 (default: auto).",
            valueName: "auto|number"), transform: Arguments.lanes)
    var lanes: ReplicationOptions.Lanes = .auto

    @Option(
        name: .customLong("cpus"), parsing: .unconditional,
        help: .init(
            "Processors for lanes, such as 2,3 or 4-7 (default: any but the one of --cpu).", valueName: "list"),
        transform: Arguments.processors)
    var laneCPUs: [Int] = []

    @Option(
        help: .init("For a copy on a server: a file with the key that both sides have, user:hex.", valueName: "file"))
    var secret: String?

    @Option(help: .init("The same by certificates: a folder with ca-cert.pem, over TCP only.", valueName: "folder"))
    var certificates: String?

    @Flag(help: "Let the copy go over a network without encryption.")
    var insecure = false

    @Option(
        name: .customLong("quiet-time"), parsing: .unconditional,
        help: .init(
            "How long a server without a fence is given to perform what a lost connection had sent (default: 10s).",
            valueName: "time"), transform: Arguments.duration)
    var quietTime: Duration?

    @Option(help: .init("How to write: auto, uring or pwrite.", valueName: "auto|uring|pwrite"))
    var io: ReplicationOptions.IO = .auto

    @Option(
        help: .init(
            "Whether a copy on a disk is written past the page cache: auto, on or off.", valueName: "auto|on|off"))
    var direct: ReplicationOptions.Direct = .auto

    @Option(
        name: .customLong("scrub"), parsing: .unconditional,
        help: .init(
            "Bytes a second at which the copy's records are read and compared with their seals, or off (default: 8M).",
            valueName: "size|off"), transform: Arguments.rate)
    var scrub: Int?

    @Flag(help: "Overwrite a copy that is newer than this source, or of an earlier life and perhaps ahead of it.")
    var adopt = false

    @Flag(name: .customLong("in-place"), help: "Copy anew over an old whole copy instead of beside it.")
    var inPlace = false

    @Flag(help: "Report as JSON, a line for each change of state.")
    var json = false

    @Flag(help: .hidden)
    var leashed = false

    func run() throws {
        // A copy is worth more than its log: neither a reader that goes nor a terminal that is closed ends it.
        Interruption.listen(survivesHangUp: true)
        Output.isOptional()
        if leashed { ParentWatch.hold() }
        let source = try SourceDataFile.open(at: source)
        TruncationHandler.listen(for: source)
        var options = ReplicationOptions()
        options.durable = durable
        if let cutInterval { options.cutInterval = cutInterval }
        options.maxAge = maxAge
        options.cpu = cpu
        options.lanes = lanes
        options.laneCPUs = laneCPUs
        options.io = io
        options.direct = direct
        options.secret = secret
        options.certificates = certificates
        options.allowsPlaintext = insecure
        if let quietTime { options.quietTime = quietTime }
        options.adopts = adopt
        if let scrub { options.scrubBytesPerSecond = scrub }
        options.rebuildsBeside = !inPlace
        let events = ReplicatorEvents()
        let replicator: Replicator
        do throws(TandemError) {
            replicator = try Replicator(source: source, to: copies, options: options, logger: events.logger)
        } catch {
            if error.code == .superseded { throw CommandFailure(error.description, status: .found) }
            throw error
        }
        var reporter = ReplicationReporter(source, copies: copies, events: events, json: json)
        defer { Output.forgive() }
        try reporter.watch(over: replicator)
    }
}

extension ReplicationOptions.IO: ExpressibleByArgument {}
extension ReplicationOptions.Direct: ExpressibleByArgument {}
