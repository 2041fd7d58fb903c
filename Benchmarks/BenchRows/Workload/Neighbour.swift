internal import Glibc
internal import Tandem
internal import TandemCore
internal import TandemSystem

/// What becomes of the copy beside the one whose age is looked at.
enum NeighbourKind: String, CaseIterable, Hashable, Sendable {
    case slow = "50 ms a write"
    case hung = "hung"
    case gone = "gone"

    var id: String {
        switch self {
        case .slow: "beside-slow"
        case .hung: "beside-hung"
        case .gone: "beside-gone"
        }
    }

    /// A server with its delays is needed for all but the one that is not there.
    var isPossible: Bool { self == .gone || Neighbour.hasServer }
}

/// That other copy: on a server of block devices that is slow, or that is stopped in the middle; or at a path where
/// nothing can be.
final class Neighbour {
    let address: String
    private let kind: NeighbourKind
    private let server: ChildProcess?

    static var hasServer: Bool {
        ChildProcess.find("nbdkit") != nil
            && ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""].contains {
                access("/usr/lib/\($0)nbdkit/filters/nbdkit-delay-filter.so", R_OK) == 0
            }
    }

    init(_ kind: NeighbourKind, of source: BenchSource, _ scratch: Scratch) throws {
        self.kind = kind
        guard kind != .gone else {
            (address, server) = (scratch.path("no folder") + "/copy", nil)
            return
        }
        guard let program = ChildProcess.find("nbdkit") else { throw BenchError("nbdkit is not installed") }
        let socket = scratch.path("socket")
        unlink(socket)
        let delay = kind == .slow ? ["--filter=delay"] : []
        server = try ChildProcess(
            program,
            ["-f", "-U", socket] + delay + ["memory", "size=\(source.file.layout.copyBytes)"]
                + (kind == .slow ? ["delay-write=50ms"] : []), capturesOutput: false)
        address = "nbd+unix:///copy?socket=\(socket)"
        for _ in 0 ..< 500 where access(socket, F_OK) != 0 { usleep(10_000) }
    }

    /// From here on it does what it is for. The slow one is so from the start.
    func misbehave() { if kind == .hung, let server { kill(server.identifier, SIGSTOP) } }
    func thaw() { if let server { kill(server.identifier, SIGCONT) } }

    /// At once: asked to end, nbdkit first waits for requests that its filter delays, and may do so for ever.
    func end() {
        guard let server else { return }
        kill(server.identifier, SIGKILL)
        server.terminate()
    }
}
