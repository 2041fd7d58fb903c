/// Names come from people and programs: one with a line's end in it would look like two lines, one with an escape
/// sequence could paint over what was said.
extension String {
    /// Characters that move the cursor, end a line or turn the writing round, as Swift would write them.
    var shown: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.isControl: text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// Its beginning and its end, so that it takes no more than `columns`.
    func shortened(to columns: Int) -> String {
        let room = max(columns, 9)
        guard count > room else { return self }
        // The end says more: it has the file's own name.
        let tail = (room - 1) * 2 / 3
        return prefix(room - 1 - tail) + "…" + suffix(tail)
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch value {
        case 0 ..< 0x20, 0x7F ..< 0xA0, 0x2028 ... 0x202E, 0x2066 ... 0x2069: true
        default: false
        }
    }
}
