@preconcurrency import Glibc
import TandemStandby

/// nbdkit with Tandem's plugin, as a process that ends with this one.
final class NBDServer {
    struct Options {
        let address: ListenAddress
        let copy: String
        let name: String
        let secret: String?
    }

    let identifier: pid_t
    private var status: Int32?
    /// Lines of the plugin's, and of nbdkit's own.
    private var events: LineReader
    private var errors: LineReader

    init(_ options: Options) throws(CommandFailure) {
        // What an earlier one has left, that was killed.
        if case .local(let path) = options.address { _ = LocalSocket.removeLeft(at: path) }
        let program = try Self.program()
        let plugin = try Self.plugin()
        // The server's ends of two pipes, above those that it has by itself.
        let (told, telling) = try Self.makePipe()
        let (heard, saying) = try Self.makePipe()
        defer {
            close(telling)
            close(saying)
        }
        events = LineReader(told)
        errors = LineReader(heard)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, saying, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, telling, Self.eventsDescriptor)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C reaches this process, which ends it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        let arguments = [program] + Self.arguments(options, plugin: plugin)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier = pid_t()
        let result = posix_spawn(&identifier, program, &actions, &attributes, &words, environ)
        guard result == 0 else { throw CommandFailure.system("start it", program, result) }
        self.identifier = identifier
    }

    deinit { stop() }

    private static let eventsDescriptor: Int32 = 3

    static func arguments(_ options: Options, plugin: String) -> [String] {
        var words = ["--foreground", "--exit-with-parent"]
        switch options.address {
        case .network(let host, let port): words += ["--ipaddr", host, "--port", "\(port)"]
        case .local(let path): words += ["--unix", path]
        }
        if let secret = options.secret { words += ["--tls=require", "--tls-psk=\(secret)"] }
        return words + [
            plugin, "copy=\(options.copy)", "name=\(options.name)", "events=\(eventsDescriptor)",
        ]
    }

    private static func makePipe() throws(CommandFailure) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CommandFailure.system("make a pipe", "nbdkit", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }

    /// The one in the path. Kept out of `posix_spawnp`, so that what is missing is told before anything is begun.
    static func program() throws(CommandFailure) -> String {
        let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/usr/sbin"
        for folder in folders.split(separator: ":") where access("\(folder)/nbdkit", X_OK) == 0 {
            return "\(folder)/nbdkit"
        }
        throw CommandFailure(
            "nbdkit: it is not installed, and serves the copy to the other host. Install it: apt-get install nbdkit.")
    }

    /// Beside the command where it was built, or where `make install` puts it.
    static func plugin() throws(CommandFailure) -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let own = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
        let places = [
            "\(folder)/libnbdkit-tandem-plugin.so", "\(folder)/../lib/nbdkit/plugins/nbdkit-tandem-plugin.so",
        ]
        guard let found = places.first(where: { access($0, R_OK) == 0 }) else {
            throw CommandFailure(
                "\(places[1]): Tandem's plugin for nbdkit is missing. Install Tandem anew: make install.")
        }
        return found
    }

    func takeEvents() -> [StandbyEvent] { events.take().compactMap { StandbyEvent(line: $0) } }
    /// What nbdkit says for itself; what the plugin says is told as events.
    func takeErrors() -> [String] { errors.take().filter { !$0.contains("nbdkit: tandem") } }

    func takeAllErrors() -> [String] { errors.take() }

    /// How it ended, as `waitpid` has it; nil while it runs.
    func poll() -> Int32? {
        guard status == nil else { return status }
        var ended: Int32 = 0
        guard waitpid(identifier, &ended, WNOHANG) == identifier else { return nil }
        status = ended
        return status
    }

    /// It waits for its connections when it is asked to end; whoever has sent nothing for a second has no more to say.
    func stop() {
        guard poll() == nil else { return }
        kill(identifier, SIGTERM)
        let deadline = Instant.now + 1
        while poll() == nil, Instant.now < deadline { Instant.sleep(seconds: 0.005) }
        if poll() == nil {
            kill(identifier, SIGKILL)
            var ended: Int32 = 0
            if waitpid(identifier, &ended, 0) == identifier { status = ended }
        }
    }
}

/// Whole lines of a pipe that is not waited for.
struct LineReader: ~Copyable {
    private let file: Int32
    private var rest: [UInt8] = []

    init(_ file: Int32) { self.file = file }

    deinit { close(file) }

    mutating func take() -> [String] {
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &piece, piece.count)
            if count <= 0 { break }
            rest += piece[..<count]
        }
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { rest.removeSubrange(...end) }
        return rest[..<end].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
