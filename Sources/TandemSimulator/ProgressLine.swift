import Glibc

/// A line that moves while people watch, and is not there when nobody does.
final class ProgressLine {
    private let isTerminal = isatty(2) == 1
    private var shown: Double = 0

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// At most four times a second.
    func show(_ line: @autoclosure () -> String) {
        guard isTerminal else { return }
        let now = Self.now()
        guard now - shown > 0.25 else { return }
        shown = now
        put(line())
    }

    func clear() {
        if isTerminal { put("") }
    }

    private func put(_ line: String) {
        let text = Array("\r\u{1B}[K\(line)".utf8)
        _ = write(2, text, text.count)
    }
}
