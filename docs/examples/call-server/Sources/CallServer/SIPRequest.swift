import TandemTables

/// As much of a SIP request as this server needs.
struct SIPRequest {
    let method: Substring
    let uri: Substring
    let callID: String
    private let headers: [(name: Substring, value: Substring)]

    /// Nil for what is none.
    init?(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "SIP/2.0" else { return nil }
        (method, uri) = (words[0], words[1])
        headers = lines.dropFirst().prefix { !$0.isEmpty }.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon], line[line.index(after: colon)...])
        }
        guard let callID = headers.first(where: { $0.name == "Call-ID" })?.value.drop(while: \.isWhitespace) else {
            return nil
        }
        self.callID = String(callID)
    }

    /// The call's, where the request was sent to this server's Contact: `sip:HANDLE@…`.
    var handle: RecordHandle? {
        guard let colon = uri.firstIndex(of: ":"), let at = uri.firstIndex(of: "@"), colon < at else { return nil }
        return RecordHandle(String(uri[uri.index(after: colon) ..< at]))
    }

    func response(_ status: String, contact: String? = nil) -> String {
        var lines = ["SIP/2.0 \(status)"]
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for header in headers where header.name == name { lines.append("\(name):\(header.value)") }
        }
        if let contact { lines.append("Contact: \(contact)") }
        return (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n")
    }
}
