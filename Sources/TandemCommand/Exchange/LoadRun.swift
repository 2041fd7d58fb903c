import ArgumentParser
import FoundationEssentials
import Glibc
import Tandem
import TandemCore

/// Starts the workers, shows how they do, and adds up what they did.
struct LoadRun {
    private struct Hand {
        let process: ChildProcess
        /// Where its outcome can be read.
        let output: Int32
    }

    private struct Report: Encodable {
        var path: String
        var transactions = 0
        var setUps = 0
        var releases = 0
        var acknowledged = 0
        var unacknowledged = 0
        var callsFound = 0
        var seconds: Double = 0
        var perSecond: Double = 0
        var lost: [String] = []
        var workers: [WorkerOutcome] = []
    }

    private let command: LoadCommand
    private let source: SourceDataFile

    init(_ command: LoadCommand, on source: SourceDataFile) throws {
        self.command = command
        self.source = source
        // The workers would say the same, all at once.
        let tables = try ExchangeTables(in: source)
        guard command.processes <= tables.calls.capacity else {
            throw CommandFailure(
                "\(source.path): \(command.processes) workers are too many for \(tables.calls.capacity) call slots")
        }
        guard command.processes <= source.layout.writerCount else {
            throw CommandFailure(
                """
                \(source.path): it has room for \(source.layout.writerCount) writers. Give fewer --processes, or \
                create it with more --writers.
                """
            )
        }
        _ = try ShardLock(0 ..< tables.calls.capacity, in: source)
        if let path = command.acknowledgements { _ = try AcknowledgementLog(appendingTo: path) }
    }

    func run() throws {
        let hands = try (0 ..< command.processes).map(start)
        watch(hands)
        let report = collect(hands)
        Terminal.output.say(command.json ? jsonLine(report) : text(report))
        if !report.lost.isEmpty { throw ExitCode(ExitStatus.found.rawValue) }
    }

    private func start(_ number: Int) throws -> Hand {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CommandFailure.system("make a pipe", "worker \(number)", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        let process = try ChildProcess(
            "worker \(number)", arguments: command.arguments(worker: number), output: ends[1], errors: STDERR_FILENO)
        return Hand(process: process, output: ends[0])
    }

    /// Until all have ended, or have had ten seconds more than they need.
    private func watch(_ hands: [Hand]) {
        let start = Instant.now
        var line = LiveLine(on: .errors)
        var progress = Progress()
        var told = false
        while hands.contains(where: { $0.process.poll() == nil }), Instant.now - start < command.seconds + 10 {
            if Interruption.isRequested, !told {
                told = true
                for hand in hands { hand.process.send(SIGTERM) }
            }
            Instant.sleep(seconds: 0.05)
            progress.note(StatusReading(of: source).commits)
            guard !command.json, progress.elapsed > 0.5 else { continue }
            let left = max(0, command.seconds - (Instant.now - start))
            line.show(
                "\(Figures.rate(progress.rate)) transactions, \(Figures.duration(seconds: left.rounded(.up))) left")
        }
        line.end()
        for hand in hands where hand.process.poll() == nil { hand.process.send(SIGKILL) }
    }

    private func collect(_ hands: [Hand]) -> Report {
        var report = Report(path: source.path)
        for hand in hands {
            defer { close(hand.output) }
            switch hand.process.wait(seconds: 5) {
            case .exited(ExitStatus.fine.rawValue): break
            case .exited(let status): report.lost.append("\(hand.process.name) ended with status \(status)")
            case .killed(let signal): report.lost.append("\(hand.process.name) was ended by signal \(signal)")
            case nil: report.lost.append("\(hand.process.name) does not end")
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = max(0, read(hand.output, &bytes, bytes.count))
            guard let outcome = try? JSONDecoder().decode(WorkerOutcome.self, from: Data(bytes[..<count])) else {
                continue
            }
            report.workers.append(outcome)
            report.transactions += outcome.transactions
            report.setUps += outcome.setUps
            report.releases += outcome.releases
            report.acknowledged += outcome.acknowledged
            report.unacknowledged += outcome.unacknowledged
            report.callsFound += outcome.callsFound
            report.seconds = max(report.seconds, outcome.seconds)
        }
        if report.seconds > 0 { report.perSecond = (Double(report.transactions) / report.seconds).rounded() }
        return report
    }

    private func text(_ report: Report) -> String {
        var lines = [
            """
            \(Figures.count(report.transactions)) transactions in \(Figures.duration(seconds: report.seconds)): \
            \(Figures.rate(report.perSecond))
            """,
            """
              \(Figures.count(report.setUps)) set-ups, \(Figures.count(report.releases)) releases; \
            \(Figures.count(report.callsFound)) calls were up at the start
            """,
        ]
        if command.acknowledgements != nil {
            lines.append(
                """
                  \(Figures.count(report.acknowledged)) commits acknowledged as replicated, \
                \(Figures.count(report.unacknowledged)) not in time
                """
            )
        }
        lines += report.lost.map { Terminal.output.styled("  \($0)", .red) }
        return lines.joined(separator: "\n")
    }
}
