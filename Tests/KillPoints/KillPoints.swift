import ArgumentParser
import CLinuxTrace
import Glibc

@main
struct KillPoints: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "KillPoints",
        abstract: "Kills a writer after every machine instruction of the write API, and recovers it in every way.")

    @Option(help: "Kill after every n-th instruction only.") var every = 1
    @Option(help: "Only the scenarios whose name contains this.") var only = ""

    /// As test tools say that they were skipped.
    static let skipped = ExitCode(77)

    func validate() throws {
        guard every > 0 else { throw ValidationError("--every takes a number from 1 on") }
    }

    func run() throws {
        let reason = trace_allowed()
        guard reason == 0 else {
            print("skipped: no child can be traced here: \(Failure.text(reason))")
            throw Self.skipped
        }
        // Victim and tracer take turns: on one processor a step costs a third of what it costs across two.
        _ = trace_stay()
        let directory = try Directory()
        let stand = try KillPointFixture(path: directory.path("source"))
        var total = Tally()
        print(Tally.header)
        for scenario in Scenario.all where only.isEmpty || scenario.name.contains(only) {
            var series = Series(scenario: scenario, stand: stand, every: every)
            let tally = try series.run()
            print(tally.line(scenario.name))
            total += tally
        }
        print(total.line("all"))
        print(
            "\(total.killed) writers killed, each before another instruction, and each recovered in "
                + "\(Recovery.allCases.count) ways: \(total.violations) violations")
        // One in two hundred takes another way through registering, and is examined as well: what its parent has
        // allocated since the walk sends it another way through malloc. Many would say that the walk is not the
        // victims' any more.
        let isWalked = total.elsewhere * 50 <= total.killed
        guard total.killed > 0, total.violations == 0, isWalked else { throw ExitCode.failure }
    }
}

/// Why the experiment itself could not be done.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    /// In the kernel's words.
    static func text(_ answer: Int32) -> String { answer < 0 ? String(cString: strerror(-answer)) : "it ended" }
}

/// The run's own directory in memory.
final class Directory {
    private let name: String

    init() throws {
        var template = Array("/dev/shm/tandem-killpoints-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("no directory in /dev/shm: \(Failure.text(-errno))") }
        name = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        unlink(path("source"))
        rmdir(name)
    }

    func path(_ file: String) -> String { "\(name)/\(file)" }
}
