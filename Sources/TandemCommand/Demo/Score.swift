/// What the demo survived, and the figures it saw.
struct Score {
    private var survived: [(fault: String, outcome: String)] = []
    private var figures: [(what: String, value: String)] = []

    /// Transactions a second without a copy, for comparison.
    var rateAlone: Double = 0
    var rateInSync: Double = 0

    mutating func survive(_ fault: String, _ outcome: String) { survived.append((fault, outcome)) }
    mutating func figure(_ what: String, _ value: String) { figures.append((what, value)) }

    func summary(_ terminal: Terminal, seconds: Double, failedAt step: String?) {
        terminal.say("")
        if !survived.isEmpty {
            terminal.say(terminal.styled("survived", .bold))
            var columns = Columns([.left, .left])
            for row in survived { columns.add(row.fault, row.outcome) }
            for line in columns.lines() { terminal.say(line) }
        }
        if !figures.isEmpty {
            terminal.say(terminal.styled("figures", .bold))
            var columns = Columns([.left, .left])
            for row in figures { columns.add(row.what, row.value) }
            for line in columns.lines() { terminal.say(line) }
        }
        terminal.say("")
        let time = Figures.duration(seconds: seconds)
        terminal.say(
            step.map { terminal.styled("failed after \(time) at: \($0)", .red) }
                ?? terminal.styled(
                    "all of it survived, in \(time): no call torn, none half-moved, no promise broken", .green))
    }
}
