import ArgumentParser
import Glibc
import Tandem
import TandemStandby

/// Where a standby is to be reached.
enum ListenAddress: Equatable {
    case network(host: String, port: UInt16)
    case local(path: String)

    /// `HOST:PORT`, `[ADDRESS]:PORT`, or either without its port.
    static func network(_ text: String) throws -> ListenAddress {
        do throws(TandemError) {
            let place = try StandbyAddress.listening(text)
            return .network(host: place.host, port: place.port)
        } catch { throw ValidationError(error.description) }
    }

    /// As the other host names it.
    func address(name: String, isSecret: Bool) -> String {
        switch self {
        case .network(let host, let port):
            let place = host.contains(":") ? "[\(host)]" : host
            return "\(isSecret ? "nbds" : "nbd")://\(place):\(port)/\(name)"
        case .local(let path): return "\(isSecret ? "nbds" : "nbd")+unix:///\(name)?socket=\(path)"
        }
    }

    /// Reached from this host alone?
    func isLocal() throws(CommandFailure) -> Bool {
        guard case .network(let host, let port) = self else { return true }
        return try Self.resolved(host, port).allSatisfy(Self.isLoopback)
    }

    /// Asked before the server is started, which would end in its own words.
    func requireFree() throws(CommandFailure) {
        switch self {
        case .network(let host, let port):
            for address in try Self.resolved(host, port) {
                switch Self.trial(address) {
                case 0: break
                case EADDRINUSE:
                    throw CommandFailure(
                        "\(host):\(port): another process listens there. End it, or give another port.")
                case EADDRNOTAVAIL:
                    throw CommandFailure(
                        "\(host): it is no address of this host. Give one of its own, or 0.0.0.0 for all of them.")
                case let error: throw CommandFailure.system("listen there", "\(host):\(port)", error)
                }
            }
        case .local(let path):
            guard LocalSocket.removeLeft(at: path) else {
                throw CommandFailure(
                    "\(path): something is there already, or listens there. Remove or end it, or give another path.")
            }
        }
    }

    /// The socket addresses that the name stands for.
    private static func resolved(_ host: String, _ port: UInt16) throws(CommandFailure) -> [[UInt8]] {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let answer = getaddrinfo(host, String(port), &hints, &found)
        guard answer == 0 else {
            throw CommandFailure("\(host): it is no host's name or address: \(String(cString: gai_strerror(answer))).")
        }
        defer { freeaddrinfo(found) }
        return sequence(first: found!) { $0.pointee.ai_next }.map {
            Array(UnsafeRawBufferPointer(start: $0.pointee.ai_addr, count: Int($0.pointee.ai_addrlen)))
        }
    }

    private static func family(_ address: [UInt8]) -> Int32 {
        address.withUnsafeBytes { Int32($0.loadUnaligned(as: sockaddr.self).sa_family) }
    }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        switch family(address) {
        case AF_INET: address[4] == 127
        case AF_INET6: address[8 ..< 23].allSatisfy { $0 == 0 } && address[23] == 1
        default: false
        }
    }

    /// 0, or why nobody can listen at the address.
    private static func trial(_ address: [UInt8]) -> Int32 {
        let file = socket(family(address), Int32(SOCK_STREAM.rawValue), 0)
        // A family that this host does not have is left out by the server, too.
        guard file >= 0 else { return errno == EAFNOSUPPORT ? 0 : errno }
        defer { close(file) }
        var yes: Int32 = 1
        setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if family(address) == AF_INET6 {
            setsockopt(file, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        return address.withUnsafeBytes {
            let at = $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(file, at, socklen_t(address.count)) == 0 && listen(file, 1) == 0 ? 0 : errno
        }
    }
}
