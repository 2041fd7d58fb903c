import Glibc
import TandemStandby

/// nbdkit with Tandem's plugin, as a process that ends with this one.
final class NBDServer {
    struct Options {
        let address: ListenAddress
        let copy: String
        let name: String
        let secret: String?
    }

    private let process: SpawnedProcess
    /// Lines of the plugin's, and of nbdkit's own.
    private var events: LineReader
    private var errors: LineReader

    init(_ options: Options) throws(CommandFailure) {
        // What an earlier one has left, that was killed.
        if case .local(let path) = options.address { _ = LocalSocket.removeLeft(at: path) }
        let program = try Self.program()
        let plugin = try Self.plugin()
        let (told, telling) = try SpawnedProcess.pipe(for: "nbdkit")
        defer { close(telling) }
        events = LineReader(told)
        let (heard, saying) = try SpawnedProcess.pipe(for: "nbdkit")
        defer { close(saying) }
        errors = LineReader(heard)
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nowhere >= 0 else { throw CommandFailure.system("open it", "/dev/null", errno) }
        defer { close(nowhere) }
        var descriptors = [
            STDIN_FILENO: nowhere, STDOUT_FILENO: nowhere, STDERR_FILENO: saying, Self.eventsDescriptor: telling,
        ]
        // Without it the server does what it would by itself, only slower.
        let ciphers = options.secret != nil && CipherChoice.isDue ? CipherChoice.file() : nil
        defer { if let ciphers { close(ciphers) } }
        if let ciphers { descriptors[Self.ciphersDescriptor] = ciphers }
        process = try SpawnedProcess(
            program, program: program, words: [program] + Self.arguments(options, plugin: plugin),
            descriptors: descriptors,
            variables: ciphers == nil ? [] : [CipherChoice.variable(descriptor: Self.ciphersDescriptor)])
    }

    deinit { stop() }

    var identifier: pid_t { process.identifier }

    private static let eventsDescriptor: Int32 = 3
    private static let ciphersDescriptor: Int32 = 4

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

    /// Until something has happened, or the time is over.
    func awaitEvents(seconds: Double) { events.wait(seconds: seconds) }

    func takeEvents() -> [StandbyEvent] { events.take().compactMap { StandbyEvent(line: $0) } }
    /// What nbdkit says for itself; what the plugin says is told as events.
    func takeErrors() -> [String] { errors.take().filter { !$0.contains("nbdkit: tandem") } }

    func takeAllErrors() -> [String] { errors.take() }

    /// How it ended; nil while it runs.
    func poll() -> SpawnedProcess.Ending? { process.poll() }

    /// It waits for its connections when it is asked to end; whoever has sent nothing for a second has no more to say.
    func stop() {
        guard poll() == nil else { return }
        process.send(SIGTERM)
        guard process.wait(seconds: 1) == nil else { return }
        process.send(SIGKILL)
        _ = process.wait(seconds: 5)
    }
}

/// Whole lines of a pipe that is not waited for.
struct LineReader: ~Copyable {
    private let file: Int32
    private var rest: [UInt8] = []

    init(_ file: Int32) {
        self.file = file
        _ = fcntl(file, F_SETFL, O_NONBLOCK)
    }

    deinit { close(file) }

    /// Until there is something to take. Where nobody writes any more it is the whole time.
    func wait(seconds: Double) {
        var asked = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        let answer = Glibc.poll(&asked, 1, Int32(seconds * 1000))
        if answer > 0, asked.revents & Int16(POLLIN) == 0 { Instant.sleep(seconds: seconds) }
    }

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
