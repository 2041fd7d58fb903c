internal import Glibc

/// How a client and a server speak with each other on this host.
enum LoopbackTransport: String, CaseIterable, Hashable, Sendable {
    case plain
    case tls

    var words: String { self == .plain ? "without TLS" : "with TLS-PSK" }
}

/// `tandem standby` at a port of this host's own: nbdkit with Tandem's plugin, as another host would run it.
final class LoopbackStandby {
    /// As a replicator is given it.
    let address: String
    private let conversation: Conversation

    /// - Parameters:
    ///   - secret: the key that `tandem standby --new-secret` has made; nil without TLS.
    ///   - port: for one that is started again at its address; nil for one that is free.
    /// - Throws: why it does not listen; its own words are on standard error.
    init(copy: String, secret: String?, port: UInt16? = nil) throws {
        let port = try port ?? Loopback.freePort()
        address = "\(secret == nil ? "nbd" : "nbds")://127.0.0.1:\(port)/copy"
        conversation = try Conversation(
            try Loopback.tandem(),
            ["standby", copy, "--listen", "127.0.0.1:\(port)", "--name", "copy", "--json"]
                + (secret.map { ["--secret", $0] } ?? []))
        do {
            while !(try conversation.line(within: 20).contains(#""event":"listening""#)) {}
        } catch {
            end()
            throw BenchError("tandem standby: \(error)")
        }
    }

    func end() { conversation.end(within: 0) }
}

/// nbdkit with a plain file, which is what a standby's server is without Tandem.
final class LoopbackFileServer {
    /// As libnbd's own programs are given it.
    let address: String
    private let server: ChildProcess

    init(file: String, secret: String?, _ scratch: Scratch) throws {
        guard let nbdkit = ChildProcess.find("nbdkit") else { throw BenchError("nbdkit is not installed") }
        let port = try Loopback.freePort()
        address =
            secret.map { "nbds://tandem@127.0.0.1:\(port)/?tls-psk-file=\($0)" } ?? "nbd://127.0.0.1:\(port)/"
        let ready = scratch.path("nbdkit")
        Scratch.removeFile(ready)
        let security = secret.map { ["--tls=require", "--tls-psk=\($0)"] } ?? []
        server = try ChildProcess(
            nbdkit, ["-f", "-i", "127.0.0.1", "-p", "\(port)", "-P", ready] + security + ["file", file],
            capturesOutput: false)
        for _ in 0 ..< 1000 where server.isRunning && access(ready, F_OK) != 0 { usleep(10_000) }
        guard server.isRunning, access(ready, F_OK) == 0 else {
            server.terminate()
            throw BenchError("nbdkit does not serve \(file)")
        }
    }

    func end() { server.terminate() }
}

/// What servers on this host need.
enum Loopback {
    /// Where nobody listens, a moment ago.
    static func freePort() throws -> UInt16 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { throw BenchError("no socket: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let answer = withUnsafeMutableBytes(of: &place) { bytes in
            let any = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(file, any, length) == 0 && getsockname(file, any, &length) == 0
        }
        guard answer else { throw BenchError("no port of 127.0.0.1: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: place.sin_port)
    }

    /// The command, built beside this program.
    static func tandem() throws -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let own = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        let path = own.lastIndex(of: "/").map { "\(own[..<$0])/tandem" } ?? "tandem"
        guard access(path, X_OK) == 0 else { throw BenchError("\(path) is not there: build it with `make build`") }
        return path
    }

    /// A key for TLS that was not there.
    static func makeSecret(at path: String) throws {
        let (status, said) = try ChildProcess(
            tandem(), ["standby", "--new-secret", path], capturesOutput: true, capturesErrors: true
        ).result()
        guard status == 0 else { throw BenchError(String(decoding: said, as: UTF8.self)) }
    }

    /// Why no standby can be served here; nil where one can.
    static var missing: String? {
        guard ChildProcess.find("nbdkit") != nil else { return "nbdkit is not installed: apt-get install nbdkit" }
        do { _ = try tandem() } catch { return "\(error)" }
        return nil
    }

    /// Why there is no TLS; nil where there is.
    static var missingTLS: String? {
        guard let nbdkit = ChildProcess.find("nbdkit"),
            let said = try? ChildProcess(nbdkit, ["--dump-config"], capturesOutput: true).result().output
        else { return "nbdkit does not say what it can do" }
        let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
        return lines.contains("tls=yes") ? nil : "this nbdkit was built without it"
    }
}
