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

    var columns: Int {
        var size = winsize()
        guard isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    func say(_ line: String) { write(line + "\n") }

    /// All of it, at once where the kernel lets it: no buffer that a killed process would take along.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR || errno == EAGAIN else { return }
                continue
            }
            bytes = bytes.dropFirst(count)
        }
    }
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
            terminal.write("\r" + String(text.prefix(terminal.columns - 1)) + "\u{1B}[K")
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
