import Glibc
import Testing

@testable import TandemCommand

/// nbdkit's clients, as scripts of Python.
enum NBDClient {
    static let python = "/usr/bin/python3"

    static let isThere: Bool = {
        guard (try? NBDServer.program()) != nil, access(python, X_OK) == 0 else { return false }
        return Tool(["-c", "import nbd"], program: python).wait()?.status == 0
    }()

    static func script(_ name: String) -> String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/\(root)/Tests/Standby/\(name)"
    }

    static func run(_ name: String, _ words: String...) -> Tool.Ended? {
        Tool([script(name)] + words, program: python).wait()
    }

    /// A case of `client.py` holds.
    static func expect(_ words: String..., at location: SourceLocation = #_sourceLocation) {
        let ended = Tool([script("client.py")] + words, program: python).wait()
        #expect(ended?.status == 0, "\(words): \(ended?.errors ?? "no end")", sourceLocation: location)
    }

    /// Nobody listens there, a moment ago.
    static var freePort: UInt16 { Listener(port: 0).port }
}

/// Somebody who listens at a port of this host.
final class Listener {
    private let file: Int32
    private(set) var port: UInt16 = 0
    private(set) var isThere = false

    /// - Parameter port: 0: any.
    init(port wanted: UInt16) {
        file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = wanted.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var count = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                isThere = bind(file, $0, count) == 0 && listen(file, 1) == 0
                getsockname(file, $0, &count)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(file) }
}
