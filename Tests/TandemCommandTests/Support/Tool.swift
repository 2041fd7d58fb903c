@preconcurrency import Glibc
import TestSupport

@testable import TandemCommand

/// The command itself, as a process of its own: what is said and what the shell is told.
final class Tool {
    struct Ended {
        /// As the shell has it: 128 and the signal's number for who was ended by one.
        let status: Int32
        let output: String
        let errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// The tests' own binary lies beside it.
    static let path: String = {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let own = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        return own[..<own.lastIndex(of: "/")!] + "/tandem"
    }()

    private let scratch = Scratch()
    private let process: pid_t
    private var status: Int32?

    /// - Parameters:
    ///   - output: takes its standard output; nil for a file that `wait` reads.
    ///   - environment: on top of this process's.
    ///   - program: another one than the command.
    init(_ words: [String], output: Int32? = nil, environment: [String] = [], program: String = Tool.path) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        } else {
            posix_spawn_file_actions_addopen(
                &actions, STDOUT_FILENO, scratch.file("output"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, scratch.file("errors"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // As a shell starts it: whoever runs the tests may have ignored or blocked signals.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = (["tandem"] + words).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        defer { for word in arguments + variables { free(word) } }
        var inherited = environ
        while let variable = inherited.pointee {
            variables.append(strdup(variable))
            inherited += 1
        }
        variables.append(nil)
        var process = pid_t()
        let answer = posix_spawn(&process, program, &actions, &attributes, &arguments, &variables)
        precondition(answer == 0, "\(program): \(String(cString: strerror(answer)))")
        self.process = process
    }

    deinit {
        guard status == nil else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    var isRunning: Bool {
        var word: Int32 = 0
        guard status == nil, waitpid(process, &word, WNOHANG) == process else { return status == nil }
        status = word & 0x7F == 0 ? word >> 8 & 0xFF : 128 + word & 0x7F
        return false
    }

    /// What it has said by now.
    var output: String { text("output") }
    var errors: String { text("errors") }

    func send(_ signal: Int32) { kill(process, signal) }

    /// Until it ends; nil when it does not within half a minute.
    func wait() -> Ended? {
        guard Self.until({ !isRunning }) else { return nil }
        return Ended(status: status!, output: output, errors: errors)
    }

    static func run(_ words: String..., output: Int32? = nil) -> Ended? { Tool(words, output: output).wait() }

    static func until(seconds: Double = 30, _ condition: () -> Bool) -> Bool {
        let end = Instant.now + seconds
        while !condition() {
            if Instant.now > end { return false }
            usleep(10_000)
        }
        return true
    }

    private func text(_ name: String) -> String {
        String(decoding: scratch.read(name, count: max(0, scratch.byteCount(name))), as: UTF8.self)
    }
}
