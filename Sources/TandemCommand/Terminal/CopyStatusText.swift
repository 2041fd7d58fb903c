import Tandem
import TandemCore
import TandemStandby

/// What a copy says of itself, and its standby of it, for people.
struct CopyStatusText {
    private let status: CopyStatus
    private let standby: ServedCopy.Answer
    private let terminal: Terminal

    init(_ copy: ServedCopy, terminal: Terminal) {
        (status, standby) = (copy.status, copy.standby)
        self.terminal = terminal
    }

    /// Who writes it, and what of that is in its tables.
    private func add(_ report: StandbyReport, to columns: inout Columns) {
        let session = report.lastSession.map { "session \(Figures.count($0))" }
        let words =
            switch report.state {
            case .free: session.map { "nobody writes it; the last was \($0)" } ?? "nobody has written it yet"
            case .held: "\(report.peer?.shown ?? "somebody") writes it, as \(session ?? "a session")"
            case .promoting: "it is being promoted: no session is taken"
            case .promoted: "it was promoted: no session is taken any more"
            }
        columns.add("standby", "process \(report.process); \(words)")
        guard report.state == .held else { return }
        if let cut = report.appliedCut {
            columns.add("applied", "cut \(Figures.count(cut)), and each later one as it arrives")
        } else {
            columns.add(
                "applied",
                report.appliesCuts ? "each cut as it arrives" : "images as they arrive; the journal at a promotion")
        }
    }

    private func source(_ path: String) -> String {
        guard status.isSourceDeleted == true else { return path.shown }
        return terminal.styled("\(path.shown), deleted while it is in use", .red)
            + ": run 'tandem relink \(path.shown)' before its last process ends"
    }

    var lines: [String] {
        var columns = Columns([.left, .left])
        let isWhole = status.role == .consistent
        columns.add(
            "state",
            isWhole
                ? terminal.styled("consistent", .green) + ", cut \(Figures.count(status.slotCut)) or later"
                : terminal.styled("syncing", .yellow) + ": it is no whole state yet, and not promotable")
        switch standby {
        case .none:
            let process = status.replicatorProcess.map { "process \($0), writing it" } ?? "writing it"
            columns.add("replicator", status.isLocked ? process : "none is writing it")
        case .silent: columns.add("standby", terminal.styled("there is one, and it does not answer", .red))
        case .report(let report): add(report, to: &columns)
        }
        if let source = status.sourcePath { columns.add("source", self.source(source)) }
        columns.add("ancestor", status.ancestors.first ?? "none")
        columns.add(
            "size", "\(Figures.bytes(status.bytes)), of which \(Figures.bytes(status.journalBytes)) are journal")
        var tables = Columns([.left, .right, .left], indent: 4)
        for (name, capacity) in status.tables.sorted(by: { $0.key < $1.key }) {
            tables.add(name, Figures.count(capacity), "records")
        }
        return ["\(status.path.shown): copy, generation \(status.generation)"] + columns.lines() + ["  tables"]
            + tables.lines()
    }
}
