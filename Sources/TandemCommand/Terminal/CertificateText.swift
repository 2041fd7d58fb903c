import Tandem

extension Certificate {
    /// The certificate for people.
    func text(on terminal: Terminal) -> String {
        let head =
            source.map { terminal.styled("promoted: ", .green) + "write to \($0.shown) now" }
            ?? (isPromotable ? terminal.styled("promotable", .green) : terminal.styled("not promotable", .red))
            + ": \(path.shown)"
        var columns = Columns([.left, .left])
        columns.add("generation", generation)
        columns.add("ancestor", ancestor ?? "none")
        columns.add("cut", Figures.count(cut) + (cutAgeSeconds.map { ", \(Figures.duration(seconds: $0)) ago" } ?? ""))
        if isHandedOver { columns.add("nothing", "is missing: its source has handed over to it") }
        columns.add("replayed", replayed)
        columns.add("seals", seals)
        columns.add("took", Figures.duration(seconds: milliseconds / 1e3))
        var rows = Columns([.left, .right, .left], indent: 4)
        for table in tables {
            rows.add(
                table.name, Figures.count(table.changed),
                """
                of \(Figures.count(table.records)) records in \
                use\(table.damaged > 0 ? ", \(Figures.count(table.damaged)) damaged" : "")
                """
            )
        }
        return
            ([head] + columns.lines() + ["  tables"] + rows.lines() + problems.map { terminal.styled("  " + $0, .red) })
            .joined(separator: "\n")
    }

    /// The certificate in a few words.
    var words: String {
        "cut \(Figures.count(cut)), \(replayed) replayed, \(Figures.count(sealsVerified, "seal")) verified"
    }

    private var seals: String {
        let now = sealsVerified - verifiedOnArrival
        return verifiedOnArrival == 0
            ? "\(Figures.count(sealsVerified)) verified"
            : "\(Figures.count(verifiedOnArrival)) verified as they arrived, \(Figures.count(now)) now"
    }

    private var replayed: String {
        "\(Figures.count(changesReplayed, "change")) of \(Figures.count(cutsReplayed, "cut"))"
    }
}
