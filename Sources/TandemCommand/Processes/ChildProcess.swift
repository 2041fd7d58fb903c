@preconcurrency import Glibc

/// This program once more, as a process of its own, on a leash.
final class ChildProcess {
    enum Ending: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    let name: String
    let identifier: pid_t
    private let leash: Int32
    private(set) var ending: Ending?

    /// - Parameters:
    ///   - arguments: behind the program's name.
    ///   - output: takes its standard output.
    ///   - errors: takes its standard error.
    init(_ name: String, arguments: [String], output: Int32, errors: Int32) throws(CommandFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CommandFailure.system("make a pipe", name, errno) }
        defer { close(ends[0]) }
        // Else a child would hold its sibling's leash.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        // A group of its own: Ctrl-C reaches the parent, which decides in what order its children end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = (["tandem"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier = pid_t()
        let result = posix_spawn(&identifier, "/proc/self/exe", &actions, &attributes, &words, environ)
        guard result == 0 else {
            close(ends[1])
            throw CommandFailure.system("start a process", name, result)
        }
        self.name = name
        self.identifier = identifier
        leash = ends[1]
    }

    deinit {
        if poll() == nil {
            send(SIGKILL)
            _ = wait(seconds: 5)
        }
        close(leash)
    }

    /// How it ended; nil while it runs.
    @discardableResult
    func poll() -> Ending? {
        guard ending == nil else { return ending }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        let signal = status & 0x7F
        ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
        return ending
    }

    func wait(seconds: Double) -> Ending? {
        let deadline = Instant.now + seconds
        while poll() == nil, Instant.now < deadline { Instant.sleep(seconds: 0.005) }
        return ending
    }

    func send(_ signal: Int32) {
        if ending == nil { kill(identifier, signal) }
    }
}
