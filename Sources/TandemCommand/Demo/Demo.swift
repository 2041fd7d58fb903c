/// The main job, shown: a busy exchange, its copy, everything killed, the copy taking over.
struct Demo {
    struct Options {
        var calls: Int
        /// About how long all of it takes.
        var seconds: Double
        /// The copy's file, to be made, on a disk perhaps; nil: beside the source.
        var copy: String?
        var keepsFiles: Bool
    }

    /// In this order; each builds on what the ones before left.
    private static let steps: [any DemoStep] = [
        CreateSource(), StartTraffic(), BulkCopyUnderLoad(), FollowInSync(), TakeCopyAway(), KillWriter(),
        KillReplicator(),
        KillEverything(), PromoteCopy(), AuditPromoted(), RestartTraffic(),
    ]

    /// What the steps came to; ends with the first that failed.
    static func run(_ options: Options, on terminal: Terminal) throws -> Score {
        Interruption.listen()
        // Whoever watches may go: then it stops, and its files are removed.
        Output.isOptional()
        let stage = try Stage(options, terminal: terminal)
        defer { stage.strike() }
        let start = Instant.now
        for (number, step) in steps.enumerated() {
            terminal.say(terminal.styled("\(padded("\(number + 1)", 2))/\(steps.count)  \(step.title)", .bold))
            do {
                let outcome = try step.run(on: stage)
                stage.line.end("       " + terminal.styled("✓ ", .green) + outcome)
                stage.score.pass(step.title, outcome)
            } catch  where error is Stopped || Interruption.isRequested {
                stage.line.end("       " + terminal.styled("stopped", .yellow))
                stage.score.stop(step.title)
                break
            } catch {
                stage.line.end("       " + terminal.styled("✗ \(error)", .red))
                for line in stage.lastLogLines() { terminal.say("         \(line)") }
                stage.score.fail(step.title, "\(error)")
                break
            }
        }
        stage.score.end(after: Instant.now - start)
        stage.score.show(on: terminal)
        return stage.score
    }
}

/// One thing that the demo shows. It has shown it when `run` returns, in the words that `run` returns.
protocol DemoStep: Sendable {
    var title: String { get }
    func run(on stage: Stage) throws -> String
}

/// Somebody wants it to end, or nobody watches any more.
struct Stopped: Error {
    static func check() throws {
        if Interruption.isRequested || Output.hasNoReader { throw Stopped() }
    }
}

/// Why a step did not show what it was to show.
struct StepFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
