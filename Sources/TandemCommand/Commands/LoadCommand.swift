import ArgumentParser
import Glibc
import Tandem

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Put traffic on a source: worker processes that set up and release calls.",
        discussion: """
            Each worker is a process with one writer and a shard of the call slots of its own. A set-up changes a call \
            and one \
            trunk; a release changes the call, its trunk, and moves an amount between two accounts; each in one \
            transaction. \
            A worker reads off the tables which calls are up, so that traffic goes on where it was after any accident.

            With --acks, one commit in --ack-every asks to be on the copy before it counts, and is noted in FILE when \
            it is; \
            'tandem audit --acks FILE' checks those promises.

            Examples:
              tandem create /dev/shm/exchange --workload exchange --calls 1000000
              tandem load /dev/shm/exchange --workload exchange --seconds 30
              tandem load /dev/shm/exchange --processes 4 --rate 200000 --acks /tmp/acks

            Exit status: 0 when every worker ended well, 1 when one was lost, 2 when the traffic could not start.
            """)

    @Argument(help: "Source with the tables of the exchange.")
    var source: String

    @Option(help: "The workload: exchange.")
    var workload: Workload = .exchange

    @Option(
        parsing: .unconditional, help: .init("Worker processes (default: 2).", valueName: "count"),
        transform: Arguments.positive)
    var processes: Int = 2

    @Option(parsing: .unconditional, help: "How long (default: 10).", transform: Arguments.seconds)
    var seconds: Double = 10

    @Option(
        parsing: .unconditional,
        help: .init(
            "Transactions a second, of all workers together (default: as many as they can).", valueName: "per second"),
        transform: Arguments.positive)
    var rate: Int?

    @Option(
        name: .customLong("acks"), help: .init("File to note acknowledged replicated commits in.", valueName: "file"))
    var acknowledgements: String?

    @Option(
        name: .customLong("ack-every"), parsing: .unconditional,
        help: .init(
            "With --acks: one commit in so many asks to be replicated (default: 64; 1 is all).", valueName: "count"),
        transform: Arguments.positive)
    var acknowledgeEvery: Int = 64

    @Flag(help: "Report as JSON.")
    var json = false

    @Option(help: .hidden)
    var worker: Int?

    func validate() throws {
        guard processes <= 1000 else { throw ValidationError("Give at most 1000 processes.") }
        if let worker, !(0 ..< processes).contains(worker) { throw ValidationError("There is no worker \(worker).") }
    }

    func run() throws {
        Interruption.listen()
        let source = try SourceDataFile.open(at: source)
        TruncationHandler.listen(for: source)
        if let worker {
            ParentWatch.hold()
            try work(worker, on: source)
        } else {
            try LoadRun(self, on: source).run()
        }
    }

    private func work(_ number: Int, on source: SourceDataFile) throws {
        let plan = WorkerPlan(
            number: number, count: processes, seconds: seconds, rate: rate.map { Double($0) / Double(processes) },
            acknowledgements: acknowledgements, acknowledgeEvery: acknowledgeEvery)
        var worker = try Worker(plan, on: source)
        try worker.run()
        Terminal.output.say(jsonLine(worker.outcome))
    }

    /// The command line of one worker.
    func arguments(worker: Int) -> [String] {
        var words = [
            "load", source, "--workload", workload.rawValue, "--processes", "\(processes)", "--seconds", "\(seconds)",
        ]
        words += ["--worker", "\(worker)", "--ack-every", "\(acknowledgeEvery)"]
        if let rate { words += ["--rate", "\(rate)"] }
        if let acknowledgements { words += ["--acks", acknowledgements] }
        return words
    }
}
