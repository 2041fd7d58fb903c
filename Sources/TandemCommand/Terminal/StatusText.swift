import Tandem

/// A source's status for people.
struct StatusText {
    private let status: SourceStatus
    private let rates: SourceRates
    private let terminal: Terminal

    init(_ status: SourceStatus, _ rates: SourceRates, terminal: Terminal) {
        self.status = status
        self.rates = rates
        self.terminal = terminal
    }

    var lines: [String] {
        ["\(status.path.shown): source, generation \(status.generation)"] + superseded + copy + copies + tables
            + writers
            + counters
    }

    private var superseded: [String] {
        if status.isSuperseded {
            return [terminal.styled("  superseded: a promoted copy has taken over; stop writing here", .red)]
        }
        guard let copy = status.handingOverTo else { return [] }
        return [terminal.styled("  handed over to \(copy.shown): no transaction begins", .yellow)]
    }

    private var copy: [String] {
        var columns = Columns([.left, .left])
        let style: Terminal.Style =
            switch status.copyState {
            case .inSync: .green
            case .syncing: .yellow
            case .offline, .refused: .red
            }
        var state = terminal.styled(status.state, style)
        if let behind = status.behind {
            state += ", \(terminal.styled(behind.words, .yellow))"
        } else if let age = status.ageMicroseconds {
            state += ", \(Figures.age(microseconds: age))"
        }
        state +=
            status.copyState == .inSync
            ? " (for \(Figures.duration(seconds: status.secondsInState)))" : ": \(status.reason)"
        if status.isRebuildingBeside { state += "; a new copy is made beside the old one, which stays promotable" }
        columns.add("state", state)
        if status.copyState == .syncing { columns.add("expected", expected) }
        if let delay = status.slowdownMicroseconds {
            columns.add(
                "slowed", "each transaction by \(Figures.duration(seconds: delay / 1e6)), as --max-age asks for")
        }
        columns.add(
            "copy",
            status.copyPath.isEmpty
                ? "none yet: start 'tandem replicate \(status.path.shown) --to COPY'" : status.copyPath.shown)
        columns.add(
            "replicator",
            status.isReplicatorAlive ? "process \(status.replicatorProcess), \(status.driver)" : "not running")
        columns.add("cut", "\(Figures.count(status.cut)) on the copy, epoch \(Figures.count(status.epoch))")
        columns.add(
            "rates",
            """
            \(Figures.rate(rates.commitsPerSecond)) commits, \(Figures.rate(rates.cutsPerSecond)) cuts, \
            \(Figures.rate(rates.recordsPerSecond)) records, \
            \(Figures.byteRate(rates.journalBytesPerSecond)) journal, \
            \(Figures.byteRate(rates.imageBytesPerSecond)) images
            """
        )
        columns.add(
            "journal", "\(Figures.bytes(status.journalUsedBytes)) of \(Figures.bytes(status.journalBytes)) in use")
        if let wanted = status.undoBytesWanted {
            columns.add(
                "undo room",
                terminal.styled(
                    """
                    \(Figures.bytes(status.undoBytes)), too little for these writers: \(Figures.bytes(wanted)) would do
                    """, .yellow))
        }
        columns.add(
            "pages",
            """
            \(Figures.count(status.pageCount)): \(Figures.count(status.dirtyPages)) dirty, \
            \(Figures.count(status.owedPages)) owed, \(Figures.count(status.missedPages)) missed
            """
        )
        if let damage { columns.add("damaged", damage) }
        return columns.lines()
    }

    /// What there is besides the first copy.
    private var copies: [String] {
        guard status.copies.count > 1 else { return [] }
        var columns = Columns([.left, .left, .left, .left], indent: 4)
        for copy in status.copies {
            var state = copy.state
            if let age = copy.ageMicroseconds {
                state += ", \(Figures.age(microseconds: age))"
            } else {
                state += ": \(copy.reason)"
            }
            if copy.isAwaited { state += "; a commit waits for it" }
            columns.add(
                copy.path.shown, "cut \(Figures.count(copy.cut))", "\(Figures.count(copy.missedPages)) pages missed",
                state)
        }
        return ["  copies"] + columns.lines()
    }

    private var damage: String? {
        guard let last = status.lastDamagedPage else { return nil }
        let count = status.counter(.pagesDamaged)
        let pages = count == 1 ? "one page" : "\(Figures.count(count)) pages"
        return "\(pages) so far, last page \(Figures.count(last.page)) of table \(last.table.shown)"
    }

    private var expected: String {
        var words = status.expectation ?? "not known yet"
        if status.isHopeless { words = terminal.styled(words, .red) }
        guard status.bulkPagesTotal > 0 else { return words }
        let done = min(status.bulkPagesDone, status.bulkPagesTotal)
        return
            """
            \(Figures.percent(Double(done) / Double(status.bulkPagesTotal))) of \
            \(Figures.count(status.bulkPagesTotal)) pages; \(words)
            """
    }

    private var tables: [String] {
        var columns = Columns([.left, .right, .left, .right, .left], indent: 4)
        for table in status.tables {
            columns.add(
                table.name, Figures.count(table.descriptor), "of \(Figures.count(table.capacity)) copied",
                "\(table.payloadBytes) bytes", "\(table.sharing)")
        }
        return ["  tables"] + columns.lines()
    }

    private var writers: [String] {
        guard !status.writers.isEmpty else { return ["  writers: none yet"] }
        var columns = Columns([.right, .left, .left, .right, .left, .right, .left], indent: 4)
        for writer in status.writers {
            columns.add(
                "\(writer.slot)",
                writer.isAlive
                    ? "process \(writer.process)" : writer.state == .idle ? "gone" : "dead, \(writer.state)",
                writer.isAlive ? "\(writer.state)" : "", Figures.count(writer.commits), "commits",
                Figures.count(writer.conflicts),
                "conflicts\(writer.recoveries > 0 ? ", \(writer.recoveries) recovered" : "")\(slowed(writer))")
        }
        return ["  writers"] + columns.lines()
    }

    private func slowed(_ writer: SourceStatus.Writer) -> String {
        guard writer.slowedTransactions > 0 else { return "" }
        let time = Figures.duration(seconds: writer.slowedMicroseconds / 1e6)
        return ", \(Figures.count(writer.slowedTransactions)) slowed by \(time) in all"
    }

    private var counters: [String] {
        var columns = Columns([.left, .right], indent: 4)
        for counter in Counter.allCases {
            let value = status.counter(counter)
            if value > 0 { columns.add(Self.words(counter), Figures.count(value)) }
        }
        let lines = columns.lines()
        return lines.isEmpty ? [] : ["  counters"] + lines
    }

    /// `cutsCommitted` → `cuts committed`
    private static func words(_ counter: Counter) -> String {
        "\(counter)".reduce(into: "") { text, letter in
            if letter.isUppercase { text.append(" ") }
            text.append(letter.lowercased())
        }
    }
}
