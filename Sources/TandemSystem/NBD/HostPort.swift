/// `HOST:PORT`, `[ADDRESS]:PORT`, or either without its port: where a server listens, and where it is reached.
package struct HostPort: Equatable, Sendable {
    package let host: String
    package let port: UInt16

    /// NBD's.
    package static let usualPort: UInt16 = 10809

    /// What is wrong with a text that is none.
    package enum Problem: Error, Equatable {
        case bracketIsOpen, behindBracket, portIsMissing, addressWithoutBrackets, hostIsMissing
        case port(String)

        package var words: String {
            switch self {
            case .bracketIsOpen: "its '[' has no ']'"
            case .behindBracket: "something stands behind its ']'"
            case .portIsMissing: "its port is missing behind ':'"
            case .addressWithoutBrackets: "an IPv6 address stands in brackets: [::1]:\(HostPort.usualPort)"
            case .hostIsMissing: "its host is missing"
            case .port(let text): "its port '\(text)' is no number from 1 to 65535"
            }
        }
    }

    package init(_ text: Substring) throws(Problem) {
        var host = text
        var behind = Substring()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .bracketIsOpen }
            host = text[text.index(after: text.startIndex) ..< end]
            behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { throw .behindBracket }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            behind = text[colon...]
            if behind.dropFirst().contains(":") { throw .addressWithoutBrackets }
        }
        if behind == ":" { throw .portIsMissing }
        guard !host.isEmpty else { throw .hostIsMissing }
        self.host = String(host)
        port = behind.isEmpty ? Self.usualPort : try Self.port(behind.dropFirst())
    }

    /// Digits and nothing else: `UInt16` itself would take a sign.
    private static func port(_ text: Substring) throws(Problem) -> UInt16 {
        guard text.allSatisfy(\.isWholeNumber), let number = UInt16(text), number > 0 else { throw .port(String(text)) }
        return number
    }
}
