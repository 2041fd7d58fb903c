/// How far a bulk copy is, how fast it goes, and when it will be done.
struct Progress {
    private let start: Instant
    private let unit: (Double) -> String
    private var marks: [(at: Instant, done: UInt64)] = []

    /// - Parameter unit: writes a rate.
    init(unit: @escaping (Double) -> String = Figures.rate) {
        start = .now
        self.unit = unit
    }

    /// Steps a second over the last two seconds, so that the estimate follows a change of pace.
    var rate: Double {
        guard let first = marks.first, let last = marks.last, last.at > first.at, last.done >= first.done else {
            return 0
        }
        return Double(last.done - first.done) / (last.at - first.at)
    }

    var elapsed: Double { Instant.now - start }

    mutating func note(_ done: UInt64, at now: Instant = .now) {
        if let last = marks.last, done < last.done { marks = [] }  // it began again
        marks.append((now, done))
        marks.removeAll { now - $0.at > 2 }
    }

    /// `████████░░░░  62 %  1.2 GiB/s  0.8 s left`
    ///
    /// - Parameter left: seconds; nil if nobody knows.
    func text(_ fraction: Double, left: Double?, bar: Bool) -> String {
        var parts: [String] = []
        if bar { parts.append(Self.bar(fraction, cells: 24)) }
        parts.append(padded("\(Int(min(max(fraction, 0), 1) * 100)) %", 5))
        parts.append(padded(unit(rate), 10))
        parts.append(left.map { "\(Figures.duration(seconds: $0)) left" } ?? "time left unknown")
        return parts.joined(separator: "  ")
    }

    static func bar(_ fraction: Double, cells: Int) -> String {
        let eighths = Int((min(max(fraction, 0), 1) * Double(cells * 8)).rounded(.down))
        let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let full = String(repeating: "█", count: eighths / 8) + partial
        return full + String(repeating: "░", count: cells - full.count)
    }
}

/// Right-aligned.
func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
