package import TandemCore

/// Where an export is: `nbd://HOST[:PORT]/NAME`, `nbd+unix:///NAME?socket=PATH`, and the same with `nbds`, over TLS.
package struct NBDAddress: Equatable, Sendable {
    package enum Place: Equatable, Sendable {
        case tcp(host: String, port: UInt16)
        case unix(socket: String)
    }

    /// As it was given.
    package let text: String
    package let place: Place
    /// The export's name at its server; empty for the server's own choice.
    package let name: String
    /// Whose key is used, where the address says so.
    package let user: String?
    package let usesTLS: Bool

    /// What a server has to take, as the protocol says.
    static let nameBytesMax = 4096

    /// Whether `text` is meant as an address rather than a path: it begins with a scheme.
    package static func isAddress(_ text: String) -> Bool { scheme(of: text) != nil }

    /// - Throws: `.badArgument`, saying which part is wrong.
    package init(_ text: String) throws(TandemError) {
        func wrong(_ problem: String) -> TandemError {
            TandemError(
                .badArgument, "address '\(text)'", problem,
                remedy: "Write nbd://HOST:PORT/NAME or nbd+unix:///NAME?socket=PATH, with nbds for TLS")
        }
        guard let scheme = Self.scheme(of: text) else { throw wrong("it has no scheme") }
        guard let (isTLS, isUnix) = Self.schemes[scheme] else {
            throw wrong("'\(scheme)' is none of nbd, nbds, nbd+unix and nbds+unix")
        }
        guard !text.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
            throw wrong("it contains a space or a control character")
        }
        var rest = text.dropFirst(scheme.count + 3)
        guard !rest.contains("#") else { throw wrong("it has a fragment, '#'") }
        var query: Substring?
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var authority = rest
        var path = Substring()
        if let slash = rest.firstIndex(of: "/") {
            authority = rest[..<slash]
            path = rest[rest.index(after: slash)...]
        }
        var user: String?
        if let at = authority.lastIndex(of: "@") {
            guard isTLS else { throw wrong("only a connection over TLS has a user") }
            guard let name = decoded(authority[..<at]), !name.isEmpty, !name.contains(":") else {
                throw wrong("its user is empty, or has a password")
            }
            user = name
            authority = authority[authority.index(after: at)...]
        }
        guard let name = decoded(path) else { throw wrong("its name has a '%' without two hexadecimal digits") }
        guard name.utf8.count <= Self.nameBytesMax else {
            throw wrong("its name is longer than \(Self.nameBytesMax) bytes")
        }
        self.text = text
        self.name = name
        self.user = user
        usesTLS = isTLS
        if isUnix {
            guard authority.isEmpty else {
                throw wrong("a Unix socket has no host: three slashes come before the name")
            }
            place = .unix(socket: try Self.socket(query, wrong))
        } else {
            guard query == nil else { throw wrong("it has parameters, '?'; keys are given by --secret") }
            place = try Self.host(authority, wrong)
        }
    }

    /// Whether what is sent stays on this host.
    package var isLocal: Bool {
        switch place {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || Self.isLoopback(host)
        }
    }

    // MARK: Parts

    private static let schemes: [Substring: (isTLS: Bool, isUnix: Bool)] = [
        "nbd": (false, false), "nbds": (true, false), "nbd+unix": (false, true), "nbds+unix": (true, true),
    ]

    private static func scheme(of text: String) -> Substring? {
        let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "-" || $0 == ".") }
        guard scheme.first?.isLetter == true, text[scheme.endIndex...].hasPrefix("://") else { return nil }
        return scheme
    }

    private static func socket(
        _ query: Substring?, _ wrong: (String) -> TandemError
    ) throws(TandemError) -> String {
        guard let query, query.hasPrefix("socket="), !query.contains("&") else {
            throw wrong("it wants ?socket=PATH, and no other parameter")
        }
        guard let path = decoded(query.dropFirst("socket=".count)), !path.isEmpty else {
            throw wrong("its socket has no path, or a '%' without two hexadecimal digits")
        }
        guard path.utf8.count <= socketBytesMax else {
            throw wrong("its socket's path is longer than \(socketBytesMax) bytes")
        }
        return path
    }

    /// The kernel's limit.
    private static let socketBytesMax = 107

    private static func host(
        _ authority: Substring, _ wrong: (String) -> TandemError
    ) throws(TandemError) -> Place {
        let place: HostPort
        do throws(HostPort.Problem) { place = try HostPort(authority) } catch { throw wrong(error.words) }
        guard !place.host.contains("%") else { throw wrong("its host has a '%'") }
        return .tcp(host: place.host, port: place.port)
    }

    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

/// The text without percent signs; nil where one has no two hexadecimal digits behind it, or means a zero byte.
private func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
}

private func digit(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) }
