/// What the demo survived, and the figures it saw.
struct Score: Encodable {
    struct Step: Encodable {
        let title: String
        /// What it showed, or why it did not.
        let outcome: String
    }

    struct Survived: Encodable {
        let fault: String
        let outcome: String
    }

    struct Figure: Encodable {
        let what: String
        let value: String
    }

    private(set) var steps: [Step] = []
    /// The step that failed; nil when none did.
    private(set) var failedAt: String?
    /// The step in which it was told to stop; nil when it was not.
    private(set) var stoppedAt: String?
    private(set) var survived: [Survived] = []
    private(set) var figures: [Figure] = []
    private(set) var seconds = 0.0
    /// Transactions a second without a copy, and with one in sync.
    var rateAlone = 0.0
    var rateInSync = 0.0

    mutating func pass(_ step: String, _ outcome: String) { steps.append(Step(title: step, outcome: outcome)) }

    mutating func fail(_ step: String, _ reason: String) {
        steps.append(Step(title: step, outcome: reason))
        failedAt = step
    }

    mutating func stop(_ step: String) {
        steps.append(Step(title: step, outcome: "stopped"))
        stoppedAt = step
    }

    mutating func survive(_ fault: String, _ outcome: String) {
        survived.append(Survived(fault: fault, outcome: outcome))
    }

    mutating func figure(_ what: String, _ value: String) { figures.append(Figure(what: what, value: value)) }

    mutating func end(after seconds: Double) { self.seconds = seconds }

    func show(on terminal: Terminal) {
        show("survived", survived.map { ($0.fault, $0.outcome) }, on: terminal)
        show("figures", figures.map { ($0.what, $0.value) }, on: terminal)
        terminal.say("")
        let time = Figures.duration(seconds: seconds)
        if let stoppedAt {
            return terminal.say(terminal.styled("stopped after \(time) at: \(stoppedAt)", .yellow))
        }
        terminal.say(
            failedAt.map { terminal.styled("failed after \(time) at: \($0)", .red) }
                ?? terminal.styled(
                    "all of it survived, in \(time): no call torn, none half-moved, no promise broken", .green))
    }

    private func show(_ title: String, _ rows: [(String, String)], on terminal: Terminal) {
        guard !rows.isEmpty else { return }
        terminal.say("")
        terminal.say(terminal.styled(title, .bold))
        var columns = Columns([.left, .left])
        for row in rows { columns.add(row.0, row.1) }
        for line in columns.lines() { terminal.say(line) }
    }
}
