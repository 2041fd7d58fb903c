/// Text in lines of 120 columns, for terminals and for docs.
enum Wrapped {
    /// Broken at blanks; what follows the first line is set in by `indent` as well.
    static func lines(_ text: String, first: String = "", indent: String = "") -> [String] {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        for word in text.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > 120 {
                lines.append(line)
                (line, isEmpty) = (indent, true)
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        return lines + [line]
    }
}
