import Glibc

/// This program once more, as a process of its own, on a leash.
final class ChildProcess {
    typealias Ending = SpawnedProcess.Ending

    let name: String
    private let process: SpawnedProcess
    private let leash: Leash

    /// Closed behind the process's end.
    private struct Leash: ~Copyable {
        let end: Int32
        deinit { close(end) }
    }

    /// - Parameters:
    ///   - arguments: behind the program's name.
    ///   - output: takes its standard output.
    ///   - errors: takes its standard error.
    init(_ name: String, arguments: [String], output: Int32, errors: Int32) throws(CommandFailure) {
        let (held, leash) = try SpawnedProcess.pipe(for: name)
        defer { close(held) }
        self.name = name
        self.leash = Leash(end: leash)
        process = try SpawnedProcess(
            name, program: "/proc/self/exe", words: ["tandem"] + arguments,
            descriptors: [STDIN_FILENO: held, STDOUT_FILENO: output, STDERR_FILENO: errors])
    }

    var identifier: pid_t { process.identifier }
    var ending: Ending? { process.ending }

    /// How it ended; nil while it runs.
    @discardableResult
    func poll() -> Ending? { process.poll() }
    func wait(seconds: Double) -> Ending? { process.wait(seconds: seconds) }
    func send(_ signal: Int32) { process.send(signal) }
}
