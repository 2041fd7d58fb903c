import Tandem

extension DemotionReport {
    /// The report for people.
    func text(on terminal: Terminal) -> String {
        var columns = Columns([.left, .left])
        columns.add("generation", "\(generation), which has ended")
        columns.add("given up", givenUp)
        columns.add("copy", "\(Figures.bytes(byteCount)), not promotable until the new source has compared it")
        columns.add("took", Figures.duration(seconds: milliseconds / 1e3))
        let head = terminal.styled("demoted: ", .green) + "\(path.shown) is a copy now"
        return ([head] + columns.lines() + ["  next: tandem replicate NEW-SOURCE --to \(path.shown)"])
            .joined(separator: "\n")
    }

    /// In a few words.
    var words: String { "\(path.shown) was superseded, and is a copy now; given up: \(givenUp)" }

    private var givenUp: String {
        """
        what was committed after cut \(Figures.count(cut)) and the new source lacks, on \
        \(Figures.count(changedPages, "page")) at most
        """
    }
}
