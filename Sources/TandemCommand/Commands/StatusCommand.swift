import ArgumentParser
import Glibc
import Tandem

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a source or a copy is doing.",
        discussion: """
            Reads shared memory only and disturbs nobody. Of a source it shows the copy's state and age, the \
            synchronization \
            descriptor of each table, dirty, owed and missed pages, rates, writers and counters; of a copy, what the \
            copy says of itself, and what the standby says that serves it here, if one runs: who writes it, by which \
            session, and what is applied.

            Examples:
              tandem status /dev/shm/exchange
              tandem status /dev/shm/exchange --watch
              tandem status /dev/shm/exchange.copy --json

            Exit status: 0 shown, 2 the file cannot be read.
            """)

    @Argument(help: "Source or copy.")
    var path: String

    @Flag(help: "Again every second, with rates, until Ctrl-C.")
    var watch = false

    @Flag(help: "Report as JSON, one line each time.")
    var json = false

    func run() throws {
        // What a copy may be to be looked at, a source may be too.
        do {
            do {
                try showCopy()
            } catch let error as TandemError where error.code == .wrongRole {
                try show(SourceDataFile.look(at: path))
            }
        } catch let error as TandemError where error.code == .notFound {
            throw Self.deleted(path) ?? error
        }
    }

    /// Nothing stands under the name, but processes go on in a file that was called so.
    private static func deleted(_ path: String) -> TandemError? {
        let processes = DeletedSource.processes(using: path)
        guard !processes.isEmpty else { return nil }
        let list = processes.map(String.init).joined(separator: ", ")
        return TandemError(
            .notFound, path, "it was deleted while in use by processes \(list), and is gone when the last of them ends",
            remedy:
                """
                To keep it, run 'tandem relink \(path)' now, then end them; or end them and promote its copy
                """)
    }

    private func show(_ source: SourceDataFile) throws {
        // One reading says how things are; how fast they move takes two.
        var before = SourceStatus.read(from: source)
        guard watch else {
            Instant.sleep(seconds: 0.1)
            try source.refresh()
            print(SourceStatus.readAround(source), since: before, KeyedFill.read(from: source))
            return
        }
        Interruption.listen()
        while !Interruption.isRequested {
            Instant.sleep(seconds: 1)
            if Interruption.isRequested { return }
            try source.refresh()
            let now = SourceStatus.readAround(source)
            print(now, since: before, KeyedFill.read(from: source))
            before = now
        }
    }

    private func print(_ status: SourceStatus, since before: SourceStatus, _ keyed: [KeyedFill]) {
        let terminal = Terminal.output
        let rates = SourceRates(from: before, to: status)
        if json { return terminal.say(jsonLine(RatedStatus(status: status, rates: rates, keyed: keyed))) }
        say(StatusText(status, rates, terminal: terminal).lines + KeyedFill.lines(keyed, terminal: terminal))
    }

    private func showCopy() throws {
        Interruption.listen()
        repeat {
            let copy = try ServedCopy.read(at: path)
            if json {
                Terminal.output.say(jsonLine(copy))
            } else {
                say(CopyStatusText(copy, terminal: .output).lines)
            }
            if watch { Instant.sleep(seconds: 1) }
        } while watch && !Interruption.isRequested
    }

    private func say(_ lines: [String]) {
        let terminal = Terminal.output
        if watch, terminal.isInteractive { return terminal.show(lines) }
        for line in lines { terminal.say(line) }
        if watch { terminal.say("") }
    }
}

/// A status with two more keys, `rates` and `keyed`.
private struct RatedStatus: Encodable {
    let status: SourceStatus
    let rates: SourceRates
    let keyed: [KeyedFill]

    private enum Key: CodingKey { case rates, keyed }

    func encode(to encoder: any Encoder) throws {
        try status.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(rates, forKey: .rates)
        try container.encode(keyed, forKey: .keyed)
    }
}
