import ArgumentParser
import Glibc
import Tandem
import TandemStandby

struct StandbyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standby",
        abstract: "Keep a copy in this host's memory for a source on another.",
        discussion: """
            Serves the copy to 'tandem replicate' on the other host, until SIGTERM or Ctrl-C. No sizes and no tables \
            are given: \
            the first replicator that comes has the file made. One primary at a time writes it: when a newer one \
            comes, nothing \
            that the older sent is performed any more, however late it arrives. To take over, run 'tandem promote \
            COPY' here, with \
            this running: from that moment on no primary is let in.

            A source that was superseded, as a copy of it was promoted elsewhere, is made a copy where it lies: the \
            new source's replicator brings what differs. See 'tandem demote'.

            What is sent between hosts is encrypted with a secret that both have. Make it here, and carry it there.

            Examples:
              tandem standby --new-secret /etc/tandem.key
              tandem standby /dev/shm/ex.copy --listen 10.0.0.2 --secret /etc/tandem.key
              tandem standby /dev/shm/ex.copy --unix /run/ex.nbd

            It says what to type on the other host.

            Exit status: 0 stopped as asked, 2 could not start.
            """)

    @Argument(help: "Copy data file, best in /dev/shm.")
    var copy: String?

    @Option(
        help: .init("Address to be reached at (port 10809 unless said).", valueName: "host:port"),
        transform: ListenAddress.network)
    var listen: ListenAddress?

    @Option(
        name: .customLong("unix"), help: .init("Path of a socket, for a replicator on this host.", valueName: "path"))
    var socket: String?

    @Option(help: .init("File with the secret that both hosts have.", valueName: "file"))
    var secret: String?

    @Option(
        name: .customLong("new-secret"), help: .init("Make a secret in a new file, and do no more.", valueName: "file"))
    var newSecret: String?

    @Flag(help: "Serve other hosts without a secret: whoever reaches the port reads and writes the copy.")
    var insecure = false

    @Option(help: .init("What the other host calls the copy (default: its file's name).", valueName: "name"))
    var name: String?

    @Flag(help: "Report as JSON, a line for each thing that happens.")
    var json = false

    func validate() throws {
        if newSecret != nil {
            guard copy == nil, listen == nil, socket == nil, secret == nil else {
                throw ValidationError("Give --new-secret alone.")
            }
            return
        }
        guard copy != nil else { throw ValidationError("Give the path of the copy.") }
        guard (listen == nil) != (socket == nil) else { throw ValidationError("Give either --listen or --unix.") }
        guard secret == nil || !insecure else { throw ValidationError("Give either --secret or --insecure.") }
        let bad: (Character) -> Bool = { "?&=#%/ ".contains($0) || $0.isNewline }
        guard !called.isEmpty, !called.contains(where: bad) else {
            throw ValidationError("The name '\(called)' is no part of an address. Give another: --name NAME.")
        }
    }

    private var called: String { name ?? copy?.split(separator: "/").last.map(String.init) ?? "" }

    func run() throws {
        if let newSecret { return try makeSecret(newSecret) }
        let address = try listen ?? .local(path: Self.absolute(socket!))
        let copy = try Self.absolute(copy!)
        if let secret { try StandbyAddress.checkSecret(secret) }
        guard try secret != nil || insecure || address.isLocal() else {
            throw CommandFailure(
                """
                \(address.address(name: called, isSecret: false)): without a secret whoever reaches it reads and \
                writes the copy. Make one with 'tandem standby --new-secret FILE' and give it with --secret; or \
                say --insecure.
                """)
        }
        guard StandbyClient(of: copy) == nil else {
            throw CommandFailure("\(copy): another standby serves it. End that one, or give another path.")
        }
        // A source that was superseded becomes the copy, when nothing else is in the way.
        let isOldSource = Demotion.isDue(at: copy)
        var promoted = isOldSource ? nil : try Standby.admit(copy)
        try address.requireFree()
        let reporter = StandbyReporter(copy: copy, json: json)
        if isOldSource {
            let report = try patiently { () throws(TandemError) in try Demotion.demote(source: copy) }
            reporter.say("demoted", report.words, .notice)
            promoted = try Standby.admit(copy)
        }
        Interruption.listen(survivesHangUp: true)
        Output.isOptional()
        umask(0o077)
        let options = NBDServer.Options(
            address: address, copy: copy, name: called, secret: try secret.map(Self.absolute))
        var supervisor = StandbySupervisor(options, reporter: reporter)
        defer { Output.forgive() }
        try supervisor.run(promoted: promoted?.description) {
            let place = address.address(name: called, isSecret: secret != nil)
            // A shell takes ? and & for itself.
            let words = ["tandem replicate SOURCE --to", place.contains("?") ? "'\(place)'" : place]
            return (words + (secret.map { ["--secret \($0)"] } ?? [])).joined(separator: " ")
        }
    }

    private func makeSecret(_ path: String) throws {
        try Secret.make(at: path)
        let report = SecretReport(path: path)
        Terminal.output.say(json ? jsonLine(report) : report.text)
    }

    /// The server may run elsewhere.
    private static func absolute(_ path: String) throws -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let here = getcwd(nil, 0) else { throw CommandFailure.system("find this folder", path, errno) }
        defer { free(here) }
        return "\(String(cString: here))/\(path)"
    }
}

extension StandbyCommand: ReportingCommand {}

private struct SecretReport: Encodable {
    let path: String

    var text: String {
        """
        \(path.shown): made, for whoever runs this alone to read
          1. carry it to the other host, by a way that nobody else reads: scp -p \(path.shown) OTHER:\(path.shown)
          2. here:   tandem standby COPY --listen HOST:PORT --secret \(path.shown)
          3. there:  tandem replicate SOURCE --to nbds://HOST:PORT/NAME --secret \(path.shown)
        """
    }
}
