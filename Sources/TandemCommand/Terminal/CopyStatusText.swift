import Tandem

/// What a copy says of itself, for people.
struct CopyStatusText {
    private let status: CopyStatus
    private let terminal: Terminal

    init(_ status: CopyStatus, terminal: Terminal) {
        self.status = status
        self.terminal = terminal
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
        let process = status.replicatorProcess.map { "process \($0), writing it" } ?? "writing it"
        columns.add("replicator", status.isLocked ? process : "none is writing it")
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
