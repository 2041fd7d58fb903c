extension Terminal {
    /// The line in rows of at most `columns`, cut between words where there are some; what follows the first row
    /// stands further in. Escape sequences take no room and are never cut.
    static func fold(_ line: String, to columns: Int) -> [String] {
        let width = max(columns, 8)
        let cells = cells(of: line)
        let lead = line.prefix { $0 == " " }.count
        let indent = String(repeating: " ", count: min(lead + 4, width / 2))
        var rows: [String] = []
        var start = 0
        while start < cells.count || rows.isEmpty {
            let room = rows.isEmpty ? width : width - indent.count
            let end = row(of: cells, from: start, room, isFirst: rows.isEmpty, lead)
            let text = cells[start ..< end].map(\.text).joined()
            rows.append(rows.isEmpty ? text : indent + text)
            start = end
            // What the words were cut at.
            if start < cells.count { while start < cells.count, cells[start].text == " " { start += 1 } }
        }
        return rows
    }

    private static func row(
        of cells: [(text: String, isSeen: Bool)], from start: Int, _ room: Int, isFirst: Bool, _ lead: Int
    ) -> Int {
        var seen = 0
        var space: (place: Int, seen: Int)?
        var slash: Int?
        for place in start ..< cells.count {
            if cells[place].isSeen {
                if seen == room {
                    if cells[place].text == " " || cells[place].text == "/" { return place }
                    // A path in pieces rather than most of a row empty.
                    if let space, slash == nil || space.seen >= room / 2 { return space.place }
                    return slash ?? place
                }
                seen += 1
            }
            // Spaces at the front are the line's own.
            guard place > start, !isFirst || seen > lead + 1 else { continue }
            if cells[place].text == " " { space = (place, seen) }
            if cells[place].text == "/" { slash = place }
        }
        return cells.count
    }

    /// Characters, and escape sequences as one cell each.
    private static func cells(of line: String) -> [(text: String, isSeen: Bool)] {
        var cells: [(text: String, isSeen: Bool)] = []
        var escape: String?
        for character in line {
            if character == "\u{1B}" { escape = "" }
            if let begun = escape {
                escape = begun + String(character)
                guard character.isLetter else { continue }
                cells.append((escape!, false))
                escape = nil
            } else {
                cells.append((String(character), true))
            }
        }
        return cells
    }
}
