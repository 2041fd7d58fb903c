@preconcurrency import Glibc

/// A process that this one has started, and ends at the latest when nobody has it any more.
final class SpawnedProcess {
    enum Ending: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    let identifier: pid_t
    private(set) var ending: Ending?

    /// - Parameters:
    ///   - name: for whom it is told that it could not be started.
    ///   - words: the program's name, as it sees it, and its arguments.
    ///   - descriptors: what it has open, by its own numbers.
    ///   - variables: of its environment, as in `NAME=value`, before those of this process.
    init(
        _ name: String, program: String, words: [String], descriptors: [Int32: Int32], variables: [String] = []
    ) throws(CommandFailure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (own, descriptor) in descriptors.sorted(by: { $0.key < $1.key }) {
            posix_spawn_file_actions_adddup2(&actions, descriptor, own)
        }
        // A group of its own: Ctrl-C reaches this process, which decides in what order its children end.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let added: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) }
        defer { for word in words + added { free(word) } }
        // The first of two that have one name counts.
        var environment = added
        var next = environ
        while let variable = next.pointee {
            environment.append(variable)
            next += 1
        }
        environment.append(nil)
        var identifier = pid_t()
        let result = posix_spawn(&identifier, program, &actions, &attributes, &words, &environment)
        guard result == 0 else { throw CommandFailure.system("start a process", name, result) }
        self.identifier = identifier
    }

    deinit {
        if poll() == nil {
            send(SIGKILL)
            _ = wait(seconds: 5)
        }
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

    /// The ends of a new pipe that no child has by itself: else a child would hold what is meant for its sibling.
    static func pipe(for name: String) throws(CommandFailure) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw CommandFailure.system("make a pipe", name, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
