import Glibc
import Tandem
import TandemStandby

/// Keeps the server of a standby running until somebody says stop.
struct StandbySupervisor {
    private let options: NBDServer.Options
    private var reporter: StandbyReporter
    private var pause = 0.25

    init(_ options: NBDServer.Options, reporter: StandbyReporter) {
        self.options = options
        self.reporter = reporter
    }

    /// - Parameters:
    ///   - generation: of the source that the copy was promoted to be; nil where it was not.
    ///   - line: what to type on the other host.
    mutating func run(promoted generation: String?, _ line: () -> String) throws {
        var server = try started()
        if let generation { reporter.began(promoted: generation) } else { reporter.began(options, line()) }
        while !Interruption.isRequested {
            server.awaitEvents(seconds: 0.1)
            report(server)
            guard let ending = server.poll() else { continue }
            reporter.say("server ended", "the server has ended (\(Self.words(ending))), and is started again", .warning)
            Instant.sleep(seconds: pause)
            pause = min(pause * 2, 4)
            do { server = try started() } catch let failure as CommandFailure {
                reporter.say("server failed", failure.description, .warning)
            }
        }
        server.stop()
        report(server)
        if case .local(let path) = options.address { unlink(path) }
        reporter.ended()
    }

    private mutating func report(_ server: NBDServer) {
        for event in server.takeEvents() {
            reporter.tell(event)
            if case .handedOver = event { takeOver() }
        }
        for line in server.takeErrors() { reporter.say("server said", line, .warning) }
    }

    /// The primary was asked to hand over, and stands still: this copy is the source now, or the primary goes on.
    private func takeOver() {
        do throws(TandemError) {
            let certificate = try Promotion.promotePatiently(
                copy: options.copy, to: nil, onlyIfHandedOver: true, force: false)
            reporter.tell(certificate)
        } catch { reporter.say("not promoted", "the copy was not promoted: \(error)", .warning) }
    }

    /// A server that has answered.
    private func started() throws -> NBDServer {
        let server = try NBDServer(options)
        let deadline = Instant.now + 10
        while Instant.now < deadline, !Interruption.isRequested {
            if server.poll() != nil {
                let said = server.takeAllErrors().joined(separator: "; ")
                throw CommandFailure("nbdkit: it could not serve \(options.copy): \(said)")
            }
            if (try? StandbyClient(of: options.copy)?.status())?.process == server.identifier { return server }
            Instant.sleep(seconds: 0.01)
        }
        throw CommandFailure("nbdkit: it does not answer. End what holds it up, and try again.")
    }

    private static func words(_ ending: SpawnedProcess.Ending) -> String {
        switch ending {
        case .exited(let status): "exit status \(status)"
        case .killed(let signal): "signal \(signal)"
        }
    }
}

/// Tells people, or programs, what happens at a standby.
struct StandbyReporter {
    enum Level: String { case info, notice, warning }

    private struct Line: Encodable {
        var event: String
        var level: String
        var text: String
        var session: UInt64?
        var peer: String?
        var generation: String?
        var secondsRunning: Double
    }

    private let copy: String
    private let json: Bool
    private let start = Instant.now

    init(copy: String, json: Bool) {
        self.copy = copy
        self.json = json
    }

    func began(_ options: NBDServer.Options, _ line: String) {
        let guarded = options.secret.map { "encrypted, for who has the secret of \($0)" } ?? "not encrypted"
        write(
            "listening",
            """
            \(copy): a standby, \(guarded); on the other host type
              \(line)
            """, .info, isHead: true)
    }

    func began(promoted generation: String) {
        write(
            "listening",
            """
            \(copy): it was promoted, and is a source now, of generation \(generation): no session is taken, and an \
            older primary that asks is told so
              Has another copy taken over since, start this source's replicator, which finds that out, or say it:
              tandem demote \(copy) --force
            """, .notice, isHead: true)
    }

    func ended() { write("stopped", "stopped; the copy stays as it is, and can be promoted", .info, isHead: true) }

    func say(_ event: String, _ text: String, _ level: Level) { write(event, text, level) }

    func tell(_ event: StandbyEvent) {
        switch event {
        case .opened(let session, let peer, let generation):
            write(
                "opened", "\(peer) writes the copy, as session \(session) of generation \(generation)", .notice,
                session, peer, generation)
        case .fenced(let session, let peer):
            write(
                "fenced", "nothing that \(peer) sent in session \(session) is performed any more", .notice, session,
                peer)
        case .ended(let session, let peer):
            write("ended", "\(peer) has gone; session \(session) is over", .warning, session, peer)
        case .refused(let peer, let reason): write("refused", "\(peer) was refused: \(reason)", .warning, nil, peer)
        case .handedOver(let cut):
            write("handed over", "its primary stands still behind cut \(cut), and hands over", .notice)
        case .promoting: write("promoting", "the copy is being promoted: no session is taken", .notice)
        case .promoted(let generation):
            write(
                "promoted",
                """
                the copy was promoted, and is the source now, as generation \(generation); no session is ever taken \
                again, and an older primary that asks is told so
                """, .notice, nil, nil, generation)
        case .lowered: write("lowered", "the promotion came to nothing; the next session is taken", .notice)
        }
    }

    func tell(_ certificate: Certificate) {
        write(
            "taken over",
            """
            taken over with cut \(certificate.cut), nothing missing, in \
            \(Figures.duration(seconds: certificate.milliseconds / 1000)): attach the programs to \(copy)
            """, .notice, nil, nil, certificate.generation)
    }

    private func write(
        _ event: String, _ text: String, _ level: Level, _ session: UInt64? = nil, _ peer: String? = nil,
        _ generation: String? = nil, isHead: Bool = false
    ) {
        let seconds = Instant.now - start
        if json {
            return Terminal.output.say(
                jsonLine(
                    Line(
                        event: event, level: level.rawValue, text: text, session: session, peer: peer,
                        generation: generation, secondsRunning: seconds)))
        }
        let style: Terminal.Style = level == .warning ? .yellow : .green
        if isHead {
            return Terminal.output.say(text.split(separator: "\n").map { String($0).shown }.joined(separator: "\n"))
        }
        Terminal.output.say(
            "\(padded(Figures.duration(seconds: seconds), 8))  \(Terminal.output.styled(text.shown, style))")
    }
}
