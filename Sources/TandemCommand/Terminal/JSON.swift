/// A report for programs: one JSON object a line, keys in order, each of them always there: `null` where nothing is
/// known. What each means stands in docs/JSON.md.
func jsonLine(_ report: some Encodable) -> String {
    let root = JSONNode()
    // Reports are plain numbers and text, which always encode.
    do { try root.put(report) } catch { preconditionFailure("a report that has no JSON: \(error)") }
    return root.text
}

/// A value on its way to text.
final class JSONNode {
    private enum Content {
        case null
        /// A number, or a word.
        case plain(String)
        case text(String)
        case list([JSONNode])
        case object([String: JSONNode])
    }

    private var content = Content.null

    func put(_ value: some Encodable) throws {
        switch value {
        case let value as Bool: content = .plain("\(value)")
        case let value as String: content = .text(value)
        case let value as any BinaryInteger: content = .plain("\(value)")
        case let value as Double: put(value)
        case let value as Float: put(Double(value))
        default: try value.encode(to: JSONEncoding(node: self))
        }
    }

    /// There is no word in JSON for what is no number.
    private func put(_ value: Double) {
        let text = "\(value)"
        content = value.isFinite ? .plain(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) : .null
    }

    func beObject() { if case .object = content { return } else { content = .object([:]) } }
    func beList() { if case .list = content { return } else { content = .list([]) } }

    func child(_ key: String) -> JSONNode {
        guard case .object(var members) = content else { preconditionFailure("\(key) of what is no object") }
        let child = JSONNode()
        members[key] = child
        content = .object(members)
        return child
    }

    func append() -> JSONNode {
        guard case .list(var members) = content else { preconditionFailure("an element of what is no list") }
        members.append(JSONNode())
        content = .list(members)
        return members[members.count - 1]
    }

    var count: Int { if case .list(let members) = content { members.count } else { 0 } }

    var text: String {
        switch content {
        case .null: "null"
        case .plain(let word): word
        case .text(let text): Self.quoted(text)
        case .list(let members): "[" + members.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + ":" + $0.value.text }
                .joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
