import Glibc
import TestSupport

/// A server of block devices as Debian has it, with one export: on a Unix socket of the test's own, but for nbd-server,
/// whose Unix sockets do not work (3.24), on the loopback.
final class NBDServer {
    enum Kind: String, CaseIterable, CustomStringConvertible, Sendable {
        case memory = "nbdkit with memory"
        case file = "nbdkit with a file"
        case qemu = "qemu-nbd"
        case classic = "nbd-server"

        var description: String { rawValue }
        /// What it exports is a file, which is there without it.
        var hasFile: Bool { self != .memory }
        var program: String {
            switch self {
            case .memory, .file: "nbdkit"
            case .qemu: "qemu-nbd"
            case .classic: "nbd-server"
            }
        }
        var isInstalled: Bool { NBDServer.find(program) != nil }

        static let installed = allCases.filter(\.isInstalled)
        static let withFile = installed.filter(\.hasFile)
    }

    let kind: Kind
    private let scratch: Scratch
    private let bytes: Int
    private let options: [String]
    private let plugin: [String]?
    private let port: UInt16
    private(set) var process: pid_t = 0

    /// - Parameters:
    ///   - options: more words for nbdkit; a line for nbd-server's configuration instead of its flush.
    ///   - plugin: what nbdkit serves instead of the file.
    ///   - isTCP: nbdkit listens on the loopback, too.
    init(
        _ kind: Kind, in scratch: Scratch, bytes: Int, options: [String] = [], plugin: [String]? = nil,
        isTCP: Bool = false
    ) {
        self.plugin = plugin
        self.kind = kind
        self.scratch = scratch
        self.bytes = bytes
        self.options = options
        port = kind == .classic || isTCP ? Self.freePort() : 0
        if kind.hasFile {
            let file = open(path, O_RDWR | O_CREAT, 0o600)
            precondition(file >= 0 && ftruncate(file, off_t(bytes)) == 0, "no file for \(kind)")
            close(file)
        }
        start()
    }

    deinit { kill() }

    /// What it exports.
    var path: String { scratch.file("exported") }
    private var socket: String { scratch.file("socket") }
    var address: String { address(of: "copy") }
    func address(of name: String) -> String {
        port == 0 ? "nbd+unix:///\(name)?socket=\(socket)" : "nbd://127.0.0.1:\(port)/\(name)"
    }
    func secureAddress(host: String) -> String { "nbds://\(host):\(port)/copy" }
    var secureAddress: String { "nbds+unix:///copy?socket=\(socket)" }

    // MARK: Its life

    func start() {
        unlink(socket)
        unlink(scratch.file("pid"))
        process = spawn(words, log: scratch.file("server.log"))
        if kind == .classic {
            // It goes to the background by itself.
            waitpid(process, nil, 0)
            process = 0
            wait {
                let text = String(decoding: scratch.read("pid", count: 16), as: UTF8.self)
                process = pid_t(text.prefix(while: \.isNumber)) ?? 0
                return process > 0
            }
        }
        wait { isListening }
    }

    private func wait(until isThere: () -> Bool) {
        for _ in 0 ..< 1000 {
            if isThere() { return }
            usleep(10_000)
        }
        preconditionFailure("\(kind) does not listen: \(log)")
    }

    var log: String { String(decoding: scratch.read("server.log", count: 4096), as: UTF8.self) }

    /// With all that it has started, at once.
    func kill() {
        guard process > 0 else { return }
        Glibc.kill(-process, SIGKILL)
        // The one in the background is nobody's child.
        if waitpid(process, nil, 0) < 0 { while Glibc.kill(process, 0) == 0 { usleep(1000) } }
        process = 0
    }

    func freeze() { Glibc.kill(-process, SIGSTOP) }
    func thaw() { Glibc.kill(-process, SIGCONT) }

    /// Debian's nbdkit may end by an assertion of its own when replies meet a connection that was broken while it stood
    /// still (`raw_send_socket`, 1.32). Then it is started again, as whoever runs one would.
    func thawAndKeep() {
        thaw()
        for _ in 0 ..< 50 where process > 0 {
            usleep(10_000)
            guard waitpid(process, nil, WNOHANG) == process else { continue }
            process = 0
            return start()
        }
    }

    private var words: [String] {
        switch kind {
        case .memory, .file:
            // A hole that is read from a memory file system is slow to be told of.
            ["nbdkit", "-f"] + (port > 0 ? ["-i", "127.0.0.1", "-p", "\(port)"] : ["-U", socket])
                + options.filter { $0.hasPrefix("-") } + served
                + options.filter { !$0.hasPrefix("-") }
        case .qemu:
            ["qemu-nbd", "-f", "raw", "-k", socket, "-x", "copy", "--persistent", "--cache=writeback", path]
        case .classic: ["nbd-server", "-C", configuration(), "-p", scratch.file("pid")]
        }
    }

    private var served: [String] {
        plugin ?? (kind == .memory ? ["memory", "size=\(bytes)"] : ["--filter=noextents", "file", path])
    }

    private func configuration() -> String {
        let text = """
            [generic]
            listenaddr = 127.0.0.1
            port = \(port)
            [copy]
            exportname = \(path)
            \(options.first ?? "flush = true")

            """
        scratch.write(Array(text.utf8), to: "configuration")
        return scratch.file("configuration")
    }

    private var isListening: Bool {
        if port > 0 {
            let file = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(file) }
            return Self.loopback(port) { connect(file, $0, $1) } == 0
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let file = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// A port that nobody listens on.
    private static func freePort() -> UInt16 {
        while true {
            let port = UInt16.random(in: 20_000 ... 32_000)
            let file = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(file) }
            if loopback(port, { bind(file, $0, $1) }) == 0 { return port }
        }
    }

    private static func loopback(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    // MARK: Programs

    static func find(_ program: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/local/bin/"].map { $0 + program }
            .first { access($0, X_OK) == 0 }
    }

    /// Runs a program to its end. Returns its exit status.
    @discardableResult
    static func run(_ words: [String], log: String = "/dev/null") -> Int32 {
        var status: Int32 = 0
        waitpid(spawn(words, log: log), &status, 0)
        return status
    }
}

/// In a group of its own, so that it ends with what it has started.
private func spawn(_ words: [String], log: String) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    guard let path = NBDServer.find(words[0]) else { preconditionFailure("\(words[0]) is not installed") }
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for word in arguments { free(word) } }
    var process = pid_t()
    let answer = posix_spawn(&process, path, &actions, &attributes, &arguments, environ)
    precondition(answer == 0, "\(path): \(String(cString: strerror(answer)))")
    return process
}
