import FoundationEssentials

/// The tables of docs/JSON.md, one for each command.
struct JSONSchema {
    struct Key {
        let type: String
        var mayBeNull: Bool { type.contains("null") }
    }

    private let keys: [String: Key]

    /// - Parameter section: its heading.
    init?(_ section: String, in document: String) {
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "## \(section)"[...]) else { return nil }
        var keys: [String: Key] = [:]
        for line in lines[(start + 1)...].prefix(while: { !$0.hasPrefix("## ") }) where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingPrefix(" ")
            }
            let name = cells[1].filter { $0 != "`" && $0 != " " }
            keys[name] = Key(type: String(cells[2]))
        }
        self.keys = keys
    }

    /// What of `line` is not as it is documented; empty when all is.
    func problems(of line: String) -> [String] {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(line.utf8)), case .object = value else {
            return ["no object: \(line)"]
        }
        var found: [String] = []
        var seen: Set<String> = []
        look(at: value, "", &seen, &found)
        for key in keys.keys where !seen.contains(key) && isDue(key, in: value) { found.append("\(key) is missing") }
        return found
    }

    private func look(at value: JSONValue, _ path: String, _ seen: inout Set<String>, _ found: inout [String]) {
        switch value {
        case .object(let members):
            if let key = keys[path] { check(value, key, path, &found) }
            seen.insert(path)
            for (name, member) in members {
                let exact = path.isEmpty ? name : "\(path).\(name)"
                look(at: member, keys["\(path).*"] == nil ? exact : "\(path).*", &seen, &found)
            }
        case .list(let members):
            seen.insert("\(path)[]")
            for member in members { look(at: member, "\(path)[]", &seen, &found) }
        default:
            seen.insert(path)
            guard let key = keys[path] else { return found.append("\(path) is not documented") }
            check(value, key, path, &found)
        }
    }

    private func check(_ value: JSONValue, _ key: Key, _ path: String, _ found: inout [String]) {
        let isRight =
            switch value {
            case .null: key.mayBeNull
            case .bool: key.type.hasPrefix("true")
            case .whole: key.type.hasPrefix("number") || key.type.hasPrefix("decimal")
            case .decimal: key.type.hasPrefix("decimal")
            case .text: key.type.hasPrefix("text")
            case .object: key.type.hasPrefix("object")
            case .list: false
            }
        if !isRight { found.append("\(path) is \(value), not \(key.type)") }
    }

    /// Whether its parents are there: a list may be empty, an object null.
    private func isDue(_ key: String, in value: JSONValue) -> Bool {
        var value = value
        let parts = key.split(separator: ".").map(String.init)
        for (place, part) in parts.enumerated() {
            let name = part.replacing("[]", with: "")
            guard name != "*", case .object(let members) = value else { return false }
            guard let member = members[name] else { return true }
            if place == parts.count - 1 { return false }
            value = member
            if part.hasSuffix("[]") {
                guard case .list(let list) = member, let first = list.first else { return false }
                value = first
            }
        }
        return false
    }
}

enum JSONValue: Decodable {
    case null, bool(Bool), whole, decimal(Double), text(String), list([JSONValue]), object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let found = try? value.decode(Bool.self) {
            self = .bool(found)
        } else if (try? value.decode(UInt64.self)) != nil || (try? value.decode(Int64.self)) != nil {
            self = .whole
        } else if let found = try? value.decode(Double.self) {
            self = .decimal(found)
        } else if let found = try? value.decode(String.self) {
            self = .text(found)
        } else if let found = try? value.decode([JSONValue].self) {
            self = .list(found)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }
}
