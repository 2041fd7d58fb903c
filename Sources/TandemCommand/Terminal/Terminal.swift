import Glibc

/// Where a command talks to people: a terminal with colour and a line that moves, or a plain stream.
struct Terminal {
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    let descriptor: Int32
    /// A person watches: bars may move and colours be used.
    let isInteractive: Bool
    private let hasColour: Bool

    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let errors = Terminal(descriptor: STDERR_FILENO)

    init(descriptor: Int32) {
        self.descriptor = descriptor
        let kind = getenv("TERM").map { String(cString: $0) } ?? ""
        isInteractive = isatty(descriptor) == 1 && kind != "dumb" && !kind.isEmpty
        hasColour = isInteractive && getenv("NO_COLOR") == nil
    }

    var columns: Int { size.columns }

    private var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (100, 40)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    func say(_ line: String) { write(line + "\n") }

    /// Replaces all that the terminal shows, without a flicker. Lines that are too long are folded; of more than there
    /// are rows the end is left out, and that is said.
    func show(_ lines: [String]) {
        let size = size
        var rows = lines.flatMap { Self.fold($0, to: size.columns) }
        if rows.count > size.rows - 1 {
            let left = rows.count - (size.rows - 2)
            rows = rows.prefix(max(0, size.rows - 2)) + [styled("… \(left) more lines in a higher window", .dim)]
        }
        write("\u{1B}[H" + rows.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\n\u{1B}[J")
    }

    /// The first `columns` characters that are seen, with every escape sequence, so that a style that was begun is
    /// ended.
    static func cut(_ line: String, to columns: Int) -> String {
        var kept = ""
        var seen = 0
        var isEscape = false
        for character in line {
            if character == "\u{1B}" { isEscape = true }
            if isEscape || seen < columns { kept.append(character) }
            if isEscape { isEscape = !character.isLetter } else { seen += 1 }
        }
        return kept
    }

    func write(_ text: String) { Output.write(text, to: descriptor) }
}

/// One line that says how far something is. On a terminal it moves; elsewhere it is repeated once in two seconds.
struct LiveLine {
    private let terminal: Terminal
    private var lastPlain: Instant?
    private var isShown = false

    init(on terminal: Terminal) { self.terminal = terminal }

    mutating func show(_ text: String) {
        if terminal.isInteractive {
            isShown = true
            let room = terminal.columns - 1
            let fits = Terminal.fold(text, to: room).count == 1
            terminal.write("\r" + (fits ? text : Terminal.cut(text, to: room - 1) + "…") + "\u{1B}[K")
        } else {
            let now = Instant.now
            if let lastPlain, now - lastPlain < 2 { return }
            lastPlain = now
            terminal.say(text)
        }
    }

    /// Leaves `text` standing in its place; nil leaves nothing.
    mutating func end(_ text: String? = nil) {
        if isShown { terminal.write("\r\u{1B}[K") }
        if let text { terminal.say(text) }
        isShown = false
        lastPlain = nil
    }
}
